"""The page Data in a real browser: a finding opens its faces, and a figure is the command's."""

import pytest
from playwright.sync_api import Page, expect

from fer_core import figures
from fer_core.figures.export import export
from fer_core.store import RunStore
from tests.e2e.conftest import Server
from tests.e2e.test_dashboard import download, open_page, settle

pytestmark = pytest.mark.browser


def choose(page: Page, name: str) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()
    settle(page)


def test_a_finding_opens_its_faces_and_the_figure_is_the_commands(
    page: Page, server: Server
) -> None:
    open_page(page, "/")
    page.get_by_role("link", name="Data").click()
    page.get_by_role("heading", name="Data").wait_for()
    settle(page)
    for name in ("synthetic", "flagged"):
        page.get_by_role("combobox", name="Data set").click()
        page.get_by_role("option", name=name, exact=True).click()
        page.wait_for_function("name => location.search == '?data=' + name", arg=name)
        settle(page)

    page.reload()
    page.locator(".js-plotly-plot").wait_for(state="attached")
    settle(page)
    assert "data=flagged" in page.url
    expect(page.get_by_test_id("stCode").first).to_contain_text(
        "fer-core figure class_counts flagged -o class_counts.svg"
    )

    choose(page, "Audit")
    choose(page, "twin (5)")
    groups = page.locator(".tiles section")
    expect(groups).to_have_count(2)
    first = [face.get_attribute("aria-label") for face in groups.first.locator("i").all()]
    assert first == ["train:3", "validation:2", "test:0"]
    box = groups.first.locator("i").first.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (96, 96)

    file = download(page, "SVG")
    with RunStore.open(server.store, read_only=True) as store:
        built = figures.build("audit", store, ["flagged"])
        assert file.path().read_bytes() == export(built, "svg")
    assert file.suggested_filename == "audit.svg"


def test_a_figure_of_faces_shows_its_pixels_and_names_them(page: Page, server: Server) -> None:
    open_page(page, "/data?data=flagged")
    choose(page, "Samples")
    expect(page.locator(".tiles figure")).to_have_count(40)
    choose(page, "Some of each class")
    picture = page.locator(".js-plotly-plot image")
    picture.wait_for(state="attached")
    with RunStore.open(server.store, read_only=True) as store:
        built = figures.build("samples", store, ["flagged"])
        sample = built.info.datasets[0].indices[0]
    marker = page.locator(".js-plotly-plot .points path").first
    marker.wait_for(state="attached")
    settle(page)
    marker.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 15, box["y"] + 15)
    expect(page.locator(".hovertext")).to_contain_text(f"train:{sample} train/")
    file = download(page, "SVG")
    assert file.path().read_bytes() == export(built, "svg")
