"""The page Explanations in a real browser: one picture for a grid of maps, and the way to it."""

from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, expect

from fer_core import figures
from fer_core.figures.export import export
from fer_core.records import EXPLANATION_METHODS
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.e2e.conftest import Server
from tests.e2e.test_dashboard import download, open_page, settle

pytestmark = pytest.mark.browser

METHODS = list(EXPLANATION_METHODS)
IMAGES = ".js-plotly-plot image"


@pytest.fixture
def samples(server: Server) -> list[str]:
    """One image of each class, explained for the runs a and b by all methods."""
    with RunStore.open(server.store) as store:
        labels = store.evaluation_split("a", "validation").labels.tolist()
        found = [f"validation:{labels.index(label)}" for label in range(7)]
        for run in ("a", "b"):
            stores.explain(store, run, found, METHODS)
    return found


def test_sixty_tiles_are_one_picture_and_the_figure_is_the_command_s(
    page: Page, server: Server, samples: list[str]
) -> None:
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
    page.get_by_role("link", name="Explanations").click()
    page.locator(IMAGES).first.wait_for(state="attached")
    settle(page)
    # 7 images and 56 maps are one picture; the others are the scales of colours.
    expect(page.locator(IMAGES)).to_have_count(3)
    assert len(pictures) - seen <= 1, pictures  # at most the page's logo again
    expect(page.get_by_text("7 of 7 images are shown.")).to_be_visible()
    texts = page.locator(".js-plotly-plot .textpoint").all_text_contents()
    assert sum("70 %" in text for text in texts) == 7 * len(METHODS)

    file = download(page, "SVG")
    with RunStore.open(server.store, read_only=True) as store:
        options = {"samples": ",".join(samples), "methods": ",".join(METHODS)}
        built = figures.build("explanations", store, ["a"], **options)
        assert file.path().read_bytes() == export(built, "svg")


def test_images_are_picked_and_methods_taken_away(
    page: Page, server: Server, samples: list[str]
) -> None:
    open_page(page, "/explanations?runs=a&runs=b")
    page.locator(IMAGES).first.wait_for(state="attached")
    page.get_by_test_id("stButtonGroup").get_by_text("a class", exact=True).click()
    expect(page.get_by_text("such images; the most confident first.")).to_be_visible()
    settle(page)
    page.get_by_test_id("stButtonGroup").get_by_text("by name", exact=True).click()
    page.get_by_role("textbox", name="Images, with commas").fill(f"{samples[3]}, {samples[5]}")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 of 2 images are shown.")).to_be_visible()
    assert parse_qs(urlparse(page.url).query)["sample"] == [f"{samples[3]}, {samples[5]}"]
    expect(page.locator(IMAGES)).to_have_count(4)
    page.get_by_test_id("stButtonGroup").get_by_text("Occlusion", exact=True).click()
    command = page.get_by_test_id("stCode").last
    expect(command).not_to_contain_text("occlusion")
    expect(command).to_contain_text("fer-core figure explanations a b")


def test_a_click_on_a_face_of_a_cell_opens_its_explanations(
    page: Page, server: Server, samples: list[str]
) -> None:
    open_page(page, "/confusion?runs=a&runs=b")
    face = page.locator(".faces a").first
    name = face.locator("i").get_attribute("aria-label")
    assert name
    with RunStore.open(server.store) as store:
        for run in ("a", "b"):
            stores.explain(store, run, [name], METHODS)
    face.click()
    page.get_by_role("heading", name="Explanations").wait_for()
    settle(page)
    expect(page.get_by_role("textbox", name="Images, with commas")).to_have_value(name)
    expect(page.get_by_text("1 of 1 images are shown.")).to_be_visible()
    command = page.get_by_test_id("stCode").last
    expect(command).to_contain_text("fer-core figure explanations a b -o explanations.svg --set")
    expect(command).to_contain_text(f"samples={name}")
