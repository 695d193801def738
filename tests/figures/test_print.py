"""Every figure as it is printed: its size in mm and pt, its place on a page of A4, its parts."""

import io

import numpy as np
import pytest
from pypdf import PdfReader

from fer_core import figures
from fer_core.figures import palette, text
from fer_core.figures.canvas import PX_PER_PT
from fer_core.records import KERNELS
from tests.figures import boxes, filtered, networks

WIDTHS = (85, 170)
SMALLEST = 6  # pt
# Figures with text that is smaller than asked: labels of small images, and subscripts.
SMALLER = {
    *("flips", "saliency_panel", "explanations", "lime_panel", "mean_explanation"),
    *("class_images", "adversarial", "layer_arithmetic"),
}
IN_PARTS = {name for name in figures.FIGURES if hasattr(figures.FIGURES[name], "FACETS")}


def subjects(known, name, count):
    if figures.subject_of(name) == "run":
        return ("cnn", "dnn", known.long, known.chinese)[:count]
    return ("made-up", "photographs", known.long, known.chinese)[:count]


def inked(figure):
    """The widths of all lines that are drawn, in px."""
    layout = figure.layout.to_plotly_json()
    for axis in (value for key, value in layout.items() if key[1:5] == "axis"):
        yield from (axis[k] for k in ("linewidth", "gridwidth", "tickwidth") if k in axis)
    for shape in layout.get("shapes", ()):
        if shape["line"].get("color") != "#ffffff":
            yield shape["line"].get("width", 2)
    for trace in figure.data:
        given = trace.to_plotly_json()
        line = given.get("line", {})
        if "lines" in given.get("mode", "") and line.get("color") not in ("#ffffff", None):
            yield line["width"]
        for bars in ("error_x", "error_y"):
            if given.get(bars, {}).get("array") is not None:
                yield given[bars]["thickness"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", figures.FIGURES)
def test_a_figure_of_the_least_runs_fits_a_page_whole_and_more_fit_in_parts(known, name, width):
    least = figures.build(name, known.store, subjects(known, name, figures.least_of(name)))
    assert least.height_mm <= figures.TALLEST_MM
    names = subjects(known, name, 4)
    parts = figures.build_pages(name, known.store, names, width_mm=width)
    assert all(part.height_mm <= figures.TALLEST_MM for part in parts)
    assert all(part.width_mm == width for part in parts)
    whole = figures.build(name, known.store, names, width_mm=width)
    assert (len(parts) > 1) == (whole.height_mm > figures.TALLEST_MM)
    assert [part.part for part in parts] == [(i, len(parts)) for i in range(1, len(parts) + 1)]
    if len(parts) == 1:
        assert parts[0].figure == whole.figure


@pytest.mark.parametrize("name", sorted(IN_PARTS - {"configuration_difference"}))
def test_the_parts_together_show_what_the_whole_shows(known, name):
    names = subjects(known, name, 4)
    whole = figures.build(name, known.store, names)
    parts = figures.build_pages(name, known.store, names, tallest_mm=1)
    kept = figures.least_of(name) - 1  # the first, which others are compared with
    assert len(parts) == 4 - kept
    assert [part.subjects for part in parts] == [
        (*whole.subjects[:kept], each) for each in whole.subjects[kept:]
    ]
    together = [row for part in parts for row in part.table.itertuples(index=False)]
    assert [repr(row) for row in together] == [
        repr(row) for row in whole.table.itertuples(index=False)
    ]
    assert all(len(part.description) < len(whole.description) for part in parts)


def test_parts_are_as_few_and_as_equal_as_they_can_be_and_keep_their_colours(known):
    names = subjects(known, "calibration", 4)
    height = figures.build("calibration", known.store, names[:2]).height_mm
    parts = figures.build_pages("calibration", known.store, names, tallest_mm=height)
    assert [len(part.subjects) for part in parts] == [2, 2]
    lines = [trace for trace in parts[1].figure.data if trace.error_y.array is not None]
    assert [line.marker.color for line in lines] == list(palette.OKABE_ITO[2:4])


def test_runs_that_lie_over_each_other_are_never_parted(known):
    names = subjects(known, "learning_curves", 4)
    [only] = figures.build_pages("learning_curves", known.store, names, tallest_mm=1)
    assert only.figure == figures.build("learning_curves", known.store, names).figure


def test_several_weights_of_a_run_stay_together(tiny_store):
    with tiny_store.start_run("one", config={}, layers=networks.layers("small")) as run:
        pass
    for weights in ("best", "last"):
        record = filtered.record(KERNELS, filtered.kernels("one"), layer="conv1", weights=weights)
        tiny_store.add_tensor(run.id, record)
    [only] = figures.build_pages("kernels", tiny_store, ["one"], weights="best,last", tallest_mm=1)
    assert len(only.info.sides) == 2


@pytest.mark.parametrize("name", figures.FIGURES)
def test_no_line_is_thinner_than_half_a_point(known, name):
    built = figures.build(name, known.store, subjects(known, name, 2))
    assert min(inked(built.figure), default=1.0) >= 0.5 * PX_PER_PT


def test_marks_of_class_scores_can_be_told_apart_in_a_column(known):
    narrow, wide = (
        figures.build("class_scores", known.store, subjects(known, "class_scores", 2), width_mm=w)
        for w in WIDTHS
    )
    assert {trace.marker.size for trace in narrow.figure.data} == {6}
    # Two panels side by side and one below in a column; three in a row on a page.
    for built, rows in ((narrow, 2), (wide, 1)):
        layout = built.figure.layout
        domains = {tuple(axis.domain) for axis in (layout.yaxis, layout.yaxis2, layout.yaxis3)}
        assert len(domains) == rows
    many = figures.build("class_scores", known.store, (*known.probabilities,))
    assert many.height_mm <= figures.TALLEST_MM


def test_a_difference_of_matrices_stands_in_the_middle_as_a_matrix_does(known):
    for name in ("confusion_matrix", "confusion_difference"):
        built = figures.build(
            name, known.store, ("cnn", "dnn")[: figures.least_of(name)], width_mm=170
        )
        left, right = built.figure.layout.xaxis.domain
        labels = 1 - right
        assert 0.15 < left < 0.35
        assert labels > 0.1, name


def test_axes_of_counts_are_written_as_counts_are(known):
    built = figures.build("complexity", known.store, ("cnn", "dnn"), by="run")
    axis = built.figure.layout.xaxis
    assert axis.tickvals[0] == 0
    assert np.allclose(np.diff(axis.tickvals), axis.tickvals[1])
    assert axis.ticktext[:2] == ("0", f"{axis.tickvals[1] / 1000:.2f} k")


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_every_figure_is_printed_in_its_size_with_all_text_in_its_place(
    known, drawing, browser, width
):
    page = browser.new_page()
    for name in figures.FIGURES:
        built = figures.build(name, known.store, subjects(known, name, 2), width_mm=width)
        svg = figures.export(built, "svg").decode()
        page.set_content(f'<body style="margin:0">{svg}</body>')
        texts = page.evaluate(boxes.OF_TEXTS)
        layout = built.figure.layout
        assert boxes.outside(texts, layout.width, layout.height) == [], name
        assert boxes.overlapping(texts) == [], name

        [sheet] = PdfReader(io.BytesIO(figures.export(built, "pdf"))).pages
        size = [float(edge) / 72 * 25.4 for edge in (sheet.mediabox.width, sheet.mediabox.height)]
        assert size == pytest.approx([width, built.height_mm], abs=0.2), name
        points = sizes(sheet)
        assert max(points) == pytest.approx(9, abs=0.1), name
        least = SMALLEST if name in SMALLER else 9
        assert min(points) >= least - 0.1, name
    page.close()


def sizes(sheet):
    """The sizes of all text on a page of a PDF, in pt."""
    found = set()

    def visit(content, cm, tm, _font, size):
        if content.strip():
            area = (tm[0] * tm[3] - tm[1] * tm[2]) * (cm[0] * cm[3] - cm[1] * cm[2])
            found.add(size * abs(area) ** 0.5)

    sheet.extract_text(visitor_text=visit)
    return found


@pytest.mark.parametrize("costs", [(1e6, 25e6), (3e5, 30e6), (2e4, 1e9), (7e5, 9e5)])
@pytest.mark.parametrize("width", WIDTHS)
def test_numbers_of_an_axis_of_costs_do_not_touch(known, costs, width):
    info = figures.build("complexity", known.store, ("cnn", "dnn"), by="run").info
    points = [
        point._replace(costs={**point.costs, "parameters": cost})
        for point, cost in zip(info.points, costs, strict=True)
    ]
    styles = palette.run_styles([point.run.id for point in points])
    draw = figures.FIGURES["complexity"].draw
    layout = draw(info._replace(points=tuple(points)), styles=styles, width_mm=width).layout
    axis, em = layout.xaxis, layout.font.size
    places = np.log10(axis.tickvals) if axis.type == "log" else np.array(axis.tickvals)
    px = layout.width * (axis.domain[1] - axis.domain[0]) / (axis.range[1] - axis.range[0])
    assert len(places) >= 2
    widths = [text.text_width(label, em) for label in axis.ticktext]
    between = np.diff(places) * px - (np.array(widths[1:]) + widths[:-1]) / 2
    assert between.min() > 0.2 * em
