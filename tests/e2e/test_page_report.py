"""The page Report in a real browser: words that are typed are kept, and a zip is taken home."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fer_core.store import RunStore
from tests.e2e.conftest import PATIENCE, Server
from tests.e2e.test_dashboard import open_page, settle

pytestmark = pytest.mark.browser

WORDS = "What we saw.\n\nAnd what we think of it."
KEPT = "Changes are kept in the store."


def test_an_answer_is_there_after_a_reload_and_in_the_zip(page: Page, server: Server) -> None:
    open_page(page, "/?runs=a&runs=b")
    page.get_by_role("link", name="Report").click()
    page.get_by_role("radio", name="3 training").click()
    # While the next section is collected, the one before is still there.
    answer = page.locator('[class*="st-key-report-3-training-"]').get_by_label("Answer")
    expect(answer).to_have_value(re.compile("Recipe of a"))
    settle(page)
    assert "section=3-training" in page.url

    answer.fill(WORDS)
    title = page.get_by_label("Title", exact=True)
    title.fill("Two runs")  # leaves the answer, which is saved meanwhile
    title.press("Enter")
    expect(page.get_by_role("button", name="Back to the draft")).to_be_visible()
    expect(page.get_by_text(KEPT)).to_be_visible()
    page.reload()
    expect(answer).to_have_value(WORDS)
    expect(title).to_have_value("Two runs")

    answer.fill(f"{WORDS} Quickly.")
    answer.press("Control+Enter")
    expect(page.get_by_text(KEPT)).to_have_count(0)  # the change has reached the server
    page.reload()  # while it is being saved
    expect(page.get_by_text(KEPT)).to_be_visible()
    expect(answer).to_have_value(f"{WORDS} Quickly.")
    with RunStore.open(server.store, read_only=True) as store:
        draft = store.report_draft(["a", "b"], "comparison", "en")
    assert draft
    assert (draft["title"], draft["texts"]) == ("Two runs", {"3-training": f"{WORDS} Quickly."})

    for other in ("docx", "tex", "html"):
        page.get_by_role("button", name=other, exact=True).click()
    expect(page.get_by_test_id("stCode").first).to_contain_text("--formats md -o report.zip")
    page.get_by_role("button", name="Build the report").click()
    download = page.get_by_role("button", name="Download report.zip")
    expect(download).to_be_visible(timeout=4 * PATIENCE)
    with page.expect_download() as event:
        download.click()
    assert event.value.suggested_filename == "report.zip"
    with zipfile.ZipFile(io.BytesIO(Path(event.value.path()).read_bytes())) as archive:
        assert archive.testzip() is None
        text = archive.read("report.md").decode()
    assert "Two runs" in text
    assert "And what we think of it. Quickly." in text
