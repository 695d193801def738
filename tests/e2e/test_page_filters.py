"""The page Filters in a real browser: a grid is one picture, and a click on a tile its detail."""

import pytest
from playwright.sync_api import Page, expect

from fer_core.store import RunStore
from tests.e2e.conftest import Server
from tests.e2e.test_dashboard import CELL, open_page, settle
from tests.figures import filtered

pytestmark = pytest.mark.browser

COUNT = 512


def test_512_filters_are_one_picture_and_a_click_shows_the_detail_of_one(
    page: Page, server: Server
) -> None:
    with RunStore.open(server.store) as store:
        filtered.add_layer(store, "a", "conv1", count=COUNT)
    pictures = []
    page.on(
        "request",
        lambda request: (
            pictures.append(request.url)
            if request.resource_type == "image" and not request.url.startswith("data:")
            else None
        ),
    )
    open_page(page, "/?runs=a")
    seen = len(pictures)
    page.get_by_role("link", name="Filters").click()
    grid = page.locator(".js-plotly-plot").first
    grid.locator("image").first.wait_for(state="attached")
    settle(page)
    expect(grid.locator("image")).to_have_count(1)
    assert len(pictures) - seen <= 1, pictures  # at most the page's logo again
    expect(grid.locator(".point")).to_have_count(COUNT)

    commands = page.get_by_test_id("stCode")
    expect(commands.last).to_contain_text("fer-core figure filter_detail a")
    for number in (37, 6):  # in rows of 16
        row, column = divmod(number, 16)
        hovered = grid.locator(".hoverlayer").get_by_text(f"filter {number}, activation")
        for _ in range(40):  # what still loads above moves the grid from under the mouse
            x, y = page.evaluate(CELL, ["", 51 * row + 24, 51 * column + 24])
            page.mouse.move(x - 2, y)
            page.mouse.move(x, y)
            page.wait_for_timeout(250)
            if hovered.count():
                break
        expect(hovered.first).to_be_attached()
        page.mouse.click(x, y)
        expect(commands.last).to_contain_text(f"--set number={number}")
        settle(page)
        expect(page.get_by_text(f"Filter {number}: its ascent")).to_be_visible()
