"""Weights of a run stand side by side as runs do, in each figure of answers and explanations."""

import numpy as np
import pandas as pd
import pytest

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import palette
from fer_core.records import CLASS_NAMES, Predictions
from tests.figures import explained, networks

RUNS, WEIGHTS = ("kept-0", "kept-1"), ("epoch-1", "best")
ANSWERS = (
    "confusion_matrix",
    "accuracy_intervals",
    "class_scores",
    "calibration",
    "probabilities",
    "recall_against_share",
)
MAPS = ("explanations", "saliency_panel", "lime_panel", "mean_explanation")


@pytest.fixture(scope="module")
def kept(known):
    """The probabilities of two runs of two seeds, each with its best weights and those of epoch
    1: all different. Each has maps of two images; a run's methods look at other places in epoch 1.
    """
    store, found = known.store, {}
    answers = iter(("cnn", "dnn", known.long, known.chinese))
    for seed, name in enumerate(RUNS):
        with store.start_run(
            name,
            config={"rate": 1, "seed": seed},
            data="made-up",
            seed=seed,
            preset="e-cnn",
            layers=networks.layers("small"),
        ) as run:
            judged = store.evaluation_split(run.id, "validation")
        for weights, epoch in zip(WEIGHTS, (1, 17), strict=True):
            found[name, weights] = known.probabilities[next(answers)]
            given = found[name, weights], epoch, "hash", judged.fingerprint
            store.add_predictions(run.id, Predictions("validation", weights, "none", *given))
            samples = ["validation:0", "validation:1"]
            said = found[name, weights][:2].argmax(axis=1)
            explained.add(
                store,
                name,
                samples,
                ["saliency", "lime"],
                predicted=[CLASS_NAMES[each] for each in said],
                true=[CLASS_NAMES[each] for each in known.labels[:2]],
                arrays={
                    f"{method} {sample}": explained.values(f"{name}{weights}", method, sample)
                    for method in ("saliency", "lime")
                    for sample in samples
                },
                weights=weights,
            )
    yield found
    for name in RUNS:
        store.delete(name)


def build(known, name, runs=RUNS, weights="epoch-1,best", **options):
    return figures.build(name, known.store, runs, weights=weights, **options)


def texts(built):
    notes = [note.text for note in built.figure.layout.annotations]
    return {*notes, *(trace.name for trace in built.figure.data)}


@pytest.mark.parametrize("name", ANSWERS + MAPS)
def test_each_side_has_the_numbers_that_it_has_alone(known, kept, name):
    table = build(known, name).table
    sides = list(dict.fromkeys(zip(table["run"], table["weights"], strict=True)))
    assert sides == list(kept)
    for run, weights in sides:
        own = table[(table["run"] == run) & (table["weights"] == weights)]
        alone = build(known, name, [run], weights).table
        pd.testing.assert_frame_equal(own.reset_index(drop=True), alone)


@pytest.mark.parametrize("name", ANSWERS + MAPS)
def test_each_side_is_named_by_run_and_weights(known, kept, name):
    built = build(known, name, width_mm=170)
    labels = [f"{run}, {weights}" for run, weights in kept]
    assert {*labels} <= texts(built)
    lines = built.description.splitlines()[-4:]
    for line, label in zip(lines, labels, strict=True):
        assert line.startswith(f"{label} (synthetic data): ")
    assert "epoch-1 / best" in built.description
    assert "kept-0, best" not in build(known, name, weights="best").description


@pytest.mark.parametrize("name", [*ANSWERS[1:], "group_effects"])
def test_captions_say_which_epoch_was_chosen_on_these_images(known, kept, name):
    said = build(known, name).description
    assert "weights: epoch-1 / best epoch on validation; averaging: none." in said
    assert "The best epoch was chosen on these images" in said
    assert "chosen on these images" not in build(known, name, weights="epoch-1").description


def test_accuracies_are_those_of_the_probabilities(known, kept):
    table = build(known, "accuracy_intervals").table
    whole = table[table["images"] == "all"]["accuracy"].tolist()
    right = [(each.argmax(axis=1) == known.labels).mean() for each in kept.values()]
    assert whole == pytest.approx(right)
    assert len({*right}) == 4


def test_weights_of_one_run_share_its_colour_and_differ_otherwise(known, kept):
    marks = [each for each in build(known, "class_scores").figure.data if each.showlegend]
    blue, orange = palette.OKABE_ITO[:2]
    assert [(each.marker.color, each.marker.symbol) for each in marks] == [
        (blue, "circle"),
        (blue, "circle-open"),
        (orange, "square"),
        (orange, "square-open"),
    ]
    bars = [each for each in build(known, "probabilities").figure.data if each.showlegend]
    assert [(bar.marker.color, bar.marker.pattern.shape) for bar in bars] == [
        (blue, ""),
        (blue, "/"),
        (orange, ""),
        (orange, "/"),
    ]


def test_an_early_epoch_of_one_run_is_compared_with_its_best(known, kept):
    early, best = (kept["kept-0", each].argmax(axis=1) for each in WEIGHTS)
    right = early == known.labels, best == known.labels
    flips = build(known, "flips", ["kept-0"], most=70)
    [(first, second)] = flips.info.sides
    assert (first.total, second.total) == (
        (right[0] & ~right[1]).sum(),
        (right[1] & ~right[0]).sum(),
    )
    pairs = {*zip(flips.table["weights"], flips.table["wrong_weights"], strict=True)}
    assert pairs == {WEIGHTS, WEIGHTS[::-1]}
    difference = build(known, "confusion_difference", ["kept-0"])
    [cells] = difference.info.differences
    for label in range(6):
        own = known.labels == label
        shares = [np.bincount(each[own], minlength=7) / own.sum() for each in (early, best)]
        np.testing.assert_allclose(cells.values[label], shares[1] - shares[0])
    assert {*difference.table["weights"]} == {"best"}
    assert {*difference.table["minus_weights"]} == {"epoch-1"}
    assert {"kept-0, best", "− kept-0, epoch-1"} <= texts(difference)
    parts = figures.build_pages(
        "confusion_difference", known.store, ["kept-0"], weights="epoch-1,best", tallest_mm=1
    )
    assert [part.figure for part in parts] == [difference.figure]


@pytest.mark.parametrize("name", ["flips", "confusion_difference"])
def test_one_run_with_the_same_weights_twice_is_nothing_to_compare(known, kept, name):
    for weights in ("best", "best,best"):
        with pytest.raises(InputError, match=f"{name} compares 2 or more different runs"):
            build(known, name, ["kept-0"], weights)


def test_seeds_are_grouped_by_weights(known, kept):
    built = build(known, "group_effects")
    right = [(each.argmax(axis=1) == known.labels).mean() for each in kept.values()]
    means = [(right[0] + right[2]) / 2, (right[1] + right[3]) / 2]
    np.testing.assert_allclose([group.mean for group in built.info.groups], means)
    assert built.table["group"].tolist() == [1, 1, 2, 2]
    assert built.table["weights"].tolist() == ["epoch-1", "epoch-1", "best", "best"]
    assert {"kept-0, epoch-1 ×2", "kept-0, best ×2"} <= texts(built)
    assert "They differ in weights: epoch-1 / best." in built.description


def test_maps_are_those_of_their_weights(known, kept):
    drawn = build(known, "explanations").info.runs
    for each, (run, weights) in zip(drawn, kept, strict=True):
        for sample, found in zip(each.maps.samples, each.maps.maps["saliency"], strict=True):
            expected = explained.values(f"{run}{weights}", "saliency", sample)
            np.testing.assert_array_equal(found.values, expected)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        *((each, "evaluate kept-0 --split validation --weights last") for each in ANSWERS),
        ("flips", "evaluate kept-0 --split validation --weights last"),
        ("explanations", "explain kept-0 --weights last"),
        ("lime_panel", "explain kept-0 --methods lime --weights last"),
    ],
)
def test_what_is_not_stored_names_the_command_with_its_weights(known, kept, name, command):
    with pytest.raises(InputError, match=f"fer-core {command}$"):
        build(known, name, weights="best,last")


@pytest.mark.parametrize("name", [*ANSWERS, *MAPS, "flips", "filters"])
@pytest.mark.parametrize("weights", ["best,worst", "", "epoch-0"])
def test_weights_that_there_cannot_be_are_refused(known, kept, name, weights):
    with pytest.raises(InputError, match=f"weights is '{weights}'; use best, last, average or"):
        build(known, name, weights=weights)
