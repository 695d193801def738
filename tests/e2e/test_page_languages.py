"""The language in a real browser: the browser's own, another one picked, and after a reload."""

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import PATIENCE, Server
from tests.e2e.test_dashboard import open_page, settle

pytestmark = pytest.mark.browser


def test_the_browsers_language_then_the_picked_one_also_after_a_reload(
    browser: Browser, server: Server
) -> None:
    context = browser.new_context(locale="zh-TW", base_url=server.url)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_page(page, "/confusion?runs=a&runs=b")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("混淆矩陣")
    expect(page.get_by_role("link", name="學習曲線")).to_be_visible()
    chart = page.locator(".js-plotly-plot .ytick").first
    expect(chart).to_have_text("生氣")
    page.get_by_label("語言").click()
    page.get_by_role("option", name="English").click()
    expect(heading).to_have_text("Confusion")
    expect(chart).to_have_text("Angry")
    settle(page)
    assert "language=English" in page.url
    page.reload()
    expect(heading).to_have_text("Confusion")
    page.get_by_role("link", name="Compare").click()
    expect(heading).to_have_text("Compare")
    assert "language=English" in page.url
    context.close()
