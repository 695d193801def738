"""The main job in a real browser; the fixture `page` also sees that no other host is asked."""

from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Download, Page, expect
from playwright.sync_api import TimeoutError as TooLate

from fer_core import figures
from fer_core.figures.export import export
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.e2e.conftest import HOSTILE, PATIENCE, Server

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

# Where on the screen a cell of the second matrix lies: centre of row i, column j.
CELL = """([panel, i, j]) => {
    const chart = document.querySelector(".js-plotly-plot"), box = chart.getBoundingClientRect();
    const x = chart._fullLayout["xaxis" + panel], y = chart._fullLayout["yaxis" + panel];
    return [box.left + x._offset + x.d2p(j), box.top + y._offset + y.d2p(i)];
}"""


def settle(page: Page) -> None:
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def open_page(page: Page, path: str) -> None:
    page.goto(path)
    page.get_by_role("heading").first.wait_for()
    settle(page)


def picked(page: Page) -> list[str]:
    """The runs in the URL, in their order."""
    return page.evaluate("new URLSearchParams(location.search).getAll('runs')")


def tick_row(page: Page, row: int) -> None:
    """Click the box in front of a row; the table is one canvas."""
    box = page.get_by_test_id("stDataFrame").first.locator("canvas").first.bounding_box()
    assert box
    page.mouse.click(box["x"] + 17, box["y"] + 33 * (row + 1) + 16)


def wait_for_picked(page: Page, runs: list[str]) -> None:
    page.wait_for_function(
        "runs => JSON.stringify(new URLSearchParams(location.search).getAll('runs')) == runs",
        arg=str(runs).replace("'", '"').replace(", ", ","),
    )
    settle(page)


def test_from_the_start_to_the_first_page(page: Page) -> None:
    open_page(page, "/")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(1)
    expect(page).to_have_title("Runs · FER Lab")


def test_runs_picked_in_the_sidebar_and_by_row_stay_in_the_url(page: Page, server: Server) -> None:
    open_page(page, "/")
    page.get_by_test_id("stMultiSelect").get_by_role("combobox").fill("b")
    page.get_by_role("option", name="b", exact=True).click()
    wait_for_picked(page, ["b"])
    tick_row(page, 0)  # the newest: a
    wait_for_picked(page, ["b", "a"])
    expect(page.get_by_text("Best validation accuracy")).to_be_visible()

    page.reload()
    page.get_by_role("heading", name="Runs").wait_for()
    settle(page)
    assert picked(page) == ["b", "a"]

    page.get_by_role("link", name="Learning curves").click()
    page.locator(".js-plotly-plot").wait_for(state="attached")
    assert picked(page) == ["b", "a"]
    command = page.get_by_test_id("stCode").first
    expect(command).to_contain_text("fer-core figure learning_curves b a")

    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_role("heading", name="Runs").wait_for()
    settle(page)
    tick_row(page, 1)  # b was picked: unticked now
    wait_for_picked(page, ["a"])


def test_a_click_on_a_cell_opens_its_faces(page: Page, server: Server) -> None:
    with RunStore.open(server.store, read_only=True) as store:
        labels = store.evaluation_split(store.run("b").id, "validation").labels
        probabilities = store.predictions(store.run("b").id, "validation").probabilities
    guessed = probabilities.argmax(axis=1)
    # The cell off the diagonal with the most images.
    counts = np.zeros((7, 7), int)
    np.add.at(counts, (labels, guessed), 1)
    np.fill_diagonal(counts, 0)
    true, predicted = (int(index) for index in np.unravel_index(counts.argmax(), (7, 7)))
    members = np.flatnonzero((labels == true) & (guessed == predicted))
    members = members[np.argsort(-probabilities[members, predicted], kind="stable")]

    open_page(page, "/confusion?runs=a&runs=b")
    page.locator(".js-plotly-plot .textpoint").first.wait_for(state="attached")
    x, y = page.evaluate(CELL, ["2", true, predicted])
    page.mouse.move(x + 12, y + 6)
    page.mouse.click(x + 12, y + 6)
    faces = page.locator(".faces figure")
    first = page.get_by_role("img", name=f"validation:{members[0]}", exact=True)
    expect(first).to_be_visible()
    settle(page)
    assert faces.count() == len(members) <= 24
    names = [face.get_attribute("aria-label") for face in page.locator(".faces i").all()]
    assert names == [f"validation:{index}" for index in members]
    expected = [f"{100 * share:.0f}" for share in probabilities[members[0]]]
    assert faces.first.locator("em").all_inner_texts() == expected


def test_the_download_is_what_the_command_writes(page: Page, server: Server) -> None:
    open_page(page, "/confusion?runs=a&runs=b")
    for width in (85, 170):
        page.get_by_text(f"{width} mm wide").click()
        settle(page)
        file = download(page, "SVG")
        with RunStore.open(server.store, read_only=True) as store:
            built = figures.build("confusion_matrix", store, ["a", "b"], width_mm=width)
            assert file.path().read_bytes() == export(built, "svg")
        assert file.suggested_filename == "confusion_matrix.svg"


@pytest.mark.parametrize(
    ("section", "figure"),
    [
        ("Diagram", "architecture_diagram"),
        ("Table", "architecture"),
        ("Arithmetic", "layer_arithmetic"),
        ("Complexity", "complexity"),
    ],
)
def test_figures_of_networks_download_as_the_command_writes_them(
    page: Page, server: Server, section: str, figure: str
) -> None:
    open_page(page, "/architecture?runs=a&runs=b")
    page.get_by_role("radio", name=section).click()
    command = page.get_by_test_id("stCode").first
    expect(command).to_contain_text(f"fer-core figure {figure} a b -o {figure}.svg")
    page.locator(".js-plotly-plot").first.wait_for(state="attached")
    settle(page)
    file = download(page, "SVG")
    with RunStore.open(server.store, read_only=True) as store:
        assert file.path().read_bytes() == export(figures.build(figure, store, ["a", "b"]), "svg")
    assert file.suggested_filename == f"{figure}.svg"


def download(page: Page, button: str) -> Download:
    """Click a download button. Streamlit gives it a new id whenever the page is drawn again; a
    click that still carries the old one fails, and a person clicks once more."""
    for patience in (20_000, 20_000, 60_000):
        try:
            with page.expect_download(timeout=patience) as started:
                page.get_by_role("button", name=button).click()
            return started.value
        except TooLate as error:
            last = error
    raise last


def test_learning_curves_grow_while_a_run_trains(page: Page, server: Server) -> None:
    chart = "document.querySelector('.js-plotly-plot')"
    drawn = f"epochs => {chart}?._fullData?.some(trace => trace._length == epochs)"
    with RunStore.open(server.store) as store:
        with stores.training(store, "live", epochs=2, planned=9, best=0.7) as run:
            open_page(page, "/learning_curves?runs=live")
            expect(page.get_by_text("epoch 2 of 9")).to_be_visible()
            page.wait_for_function(drawn, arg=2)
            run.add_epoch(stores.epoch(3, 0.7))
            expect(page.get_by_text("epoch 3 of 9")).to_be_visible()
            page.wait_for_function(drawn, arg=3)
        expect(page.get_by_text("Training now")).to_have_count(0)
        store.delete("live")


def test_markup_in_a_name_is_text_on_every_page(page: Page) -> None:
    query = urlencode({"runs": HOSTILE})
    for path in ("/", "/learning_curves", "/confusion", "/architecture"):
        open_page(page, f"{path}?{query}")
        if path != "/":
            page.locator(".js-plotly-plot").wait_for(state="attached")
        assert page.locator('img[src*="evil"]').count() == 0
        assert page.locator('[data-testid="stSidebar"] b').count() == 0
        shown = page.get_by_test_id("stMultiSelect").inner_text()
        assert "<b>x</b> **y**" in shown
