"""One colour and symbol a run, whichever of a report's runs a figure shows."""

import numpy as np
import pytest

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import palette
from fer_core.records import ROBUSTNESS
from tests.figures import filtered

STYLED = {
    "learning_curves": {},
    "accuracy_intervals": {},
    "class_scores": {},
    "probabilities": {},
    "calibration": {},
    "group_effects": {},
    "ensemble_curve": {},
    "complexity": {"by": "run"},
    "filter_detail": {"number": 1},
    "robustness_curve": {},
}
MARKED = [name for name in STYLED if name != "probabilities"]  # bars have no symbols


def ids(known, *names):
    return [known.store.run(name).id for name in names]


def looks(built):
    """The colours and symbols of all marks and bars."""
    colours, symbols = set(), set()
    for trace in built.figure.data:
        marker = trace.marker.to_plotly_json()
        for part in (marker, marker.get("line", {})):
            found = part.get("color", [])
            colours |= {found} if isinstance(found, str) else set(found)
        found = marker.get("symbol", [])
        symbols |= {found} if isinstance(found, str) else set(found)
    return colours & set(palette.OKABE_ITO) - {palette.OKABE_ITO[2]}, symbols


@pytest.mark.parametrize("name", STYLED)
def test_a_run_alone_looks_as_in_the_report(known, name):
    order = ids(known, "cnn", "dnn")
    built = figures.build(name, known.store, ["dnn"], colours=order, **STYLED[name])
    colours, symbols = looks(built)
    assert colours == {palette.OKABE_ITO[1]}
    if name in MARKED:
        assert palette.SYMBOLS[1] in symbols
    # Without a report its place among the figure's own runs counts.
    assert looks(figures.build(name, known.store, ["dnn"], **STYLED[name]))[0] == {
        palette.OKABE_ITO[0]
    }


@pytest.mark.parametrize("name", STYLED)
def test_the_order_of_the_runs_in_a_figure_changes_no_look(known, name):
    order = ids(known, "cnn", "dnn")
    both = [
        figures.build(name, known.store, runs, colours=order, **STYLED[name])
        for runs in (order, order[::-1])
    ]
    assert looks(both[0]) == looks(both[1])
    assert looks(both[0])[0] == set(palette.OKABE_ITO[:2])


def test_bars_by_layer_have_the_run_s_colour(known):
    built = figures.build("complexity", known.store, ["dnn"], colours=ids(known, "cnn", "dnn"))
    assert looks(built)[0] == {palette.OKABE_ITO[1]}


@pytest.mark.parametrize("name", [name for name in figures.FIGURES if name not in STYLED])
def test_a_figure_whose_colours_mean_something_else_stays_as_it_is(known, name):
    runs = ids(known, "dnn", "cnn")[: figures.least_of(name)]
    order = ids(known, "cnn", "dnn")
    built = figures.build(name, known.store, runs, colours=order)
    assert built.figure == figures.build(name, known.store, runs).figure


def test_runs_that_the_order_does_not_name_follow(known):
    order = ids(known, "cnn")
    built = figures.build("calibration", known.store, ["dnn", "cnn"], colours=order)
    lines = [trace for trace in built.figure.data if trace.error_y.array is not None]
    assert [trace.marker.color for trace in lines] == [palette.OKABE_ITO[1], palette.OKABE_ITO[0]]


def test_an_unknown_run_among_the_colours_is_an_error(known):
    with pytest.raises(InputError, match="no run 'vgg'"):
        figures.build("calibration", known.store, ["cnn"], colours=["vgg"])


def test_weights_of_one_run_share_its_colour_and_differ_in_symbol_and_line(tiny_store):
    with tiny_store.start_run("one", config={}) as run:
        pass
    curve = np.stack([filtered.EPSILONS, filtered.ACCURACIES], axis=1)
    for weights in ("best", "last"):
        key = {"method": "fgsm", "sample": "validation", "weights": weights}
        said = {"n": filtered.IMAGES, "source": "validation"}
        tiny_store.add_tensor(run.id, filtered.record(ROBUSTNESS, curve, **key, **said))
    built = figures.build("robustness_curve", tiny_store, ["one"], weights="best,last")
    first, second = built.figure.data
    assert first.line.color == second.line.color == palette.OKABE_ITO[0]
    assert (first.marker.symbol, second.marker.symbol) == ("circle", "circle-open")
    assert first.line.dash != second.line.dash
