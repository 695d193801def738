"""The page Compare in a real browser: from the sentence to a changed cell to its faces."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fer_core.analysis.answers import read_answers
from fer_core.analysis.cells import cell_differences
from fer_core.analysis.pairs import compare
from fer_core.analysis.wording import pair_sentence
from fer_core.store import RunStore
from tests.e2e.conftest import Server
from tests.e2e.test_dashboard import open_page, settle, tick_row, wait_for_picked

pytestmark = pytest.mark.browser

# Where on the screen a cell of the difference lies, the second figure of the page.
CELL = """([i, j]) => {
    const chart = document.querySelector(".st-key-paper-confusion_difference .js-plotly-plot");
    const box = chart.getBoundingClientRect();
    const x = chart._fullLayout.xaxis, y = chart._fullLayout.yaxis;
    return [box.left + x._offset + x.d2p(j), box.top + y._offset + y.d2p(i)];
}"""


def test_two_runs_are_picked_compared_in_words_and_a_cell_opens_its_faces(
    page: Page, server: Server
) -> None:
    with RunStore.open(server.store, read_only=True) as store:
        a, c = read_answers(store, ["a", "c"], split="validation")
    changes = np.nan_to_num(cell_differences(c, a).values)
    np.fill_diagonal(changes, 0)
    true, predicted = (int(index) for index in np.unravel_index(changes.argmax(), (7, 7)))
    cell = (c.labels == true) & (c.predicted == predicted)
    changed = np.flatnonzero(cell & (a.predicted != predicted))

    open_page(page, "/")
    page.get_by_test_id("stMultiSelect").get_by_role("combobox").fill("a")
    page.get_by_role("option", name="a", exact=True).click()
    wait_for_picked(page, ["a"])
    tick_row(page, 2)
    wait_for_picked(page, ["a", "c"])
    page.mouse.click(1270, 890)  # closes the list of runs, which hides what is behind it
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_text(pair_sentence(compare(a, c)))).to_be_visible()

    page.locator(".st-key-paper-confusion_difference .textpoint").first.wait_for(state="attached")
    settle(page)
    page.locator(".st-key-paper-confusion_difference").scroll_into_view_if_needed()
    x, y = page.evaluate(CELL, [true, predicted])
    page.mouse.move(x + 12, y + 6)
    page.mouse.click(x + 12, y + 6)
    faces = page.locator(".faces figure")
    expect(faces).to_have_count(int(cell.sum()))
    page.get_by_text("Only those that the other run takes for another").click()
    expect(faces).to_have_count(len(changed))
    settle(page)
    names = {face.get_attribute("aria-label") for face in page.locator(".faces i").all()}
    assert names == {f"validation:{index}" for index in changed}
