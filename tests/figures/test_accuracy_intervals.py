import io

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from fer_core import figures
from fer_core.errors import InputError


def build(known, runs=("cnn", "dnn"), **options):
    return figures.build("accuracy_intervals", known.store, runs, **options)


def test_accuracies_have_wilsons_intervals_with_and_without_twins(known):
    info = build(known).info
    for name, whole, without in zip(("cnn", "dnn"), info.whole, info.without_twins, strict=True):
        right = known.probabilities[name].argmax(axis=1) == known.labels
        for found, kept in ((whole, right), (without, right[~known.twins])):
            assert (found.correct, found.count) == (kept.sum(), len(kept))
            theirs = proportion_confint(int(kept.sum()), len(kept), method="wilson")
            assert (found.low, found.high) == pytest.approx(theirs)


def test_the_marks_and_their_ends_are_the_numbers(known):
    built = build(known)
    whole, without = built.figure.data[:2]
    for trace, accuracies in ((whole, built.info.whole), (without, built.info.without_twins)):
        np.testing.assert_allclose(trace.x, [100 * each.value for each in accuracies])
        ends = trace.x + trace.error_x.array, trace.x - trace.error_x.arrayminus
        np.testing.assert_allclose(ends[0], [100 * each.high for each in accuracies])
        np.testing.assert_allclose(ends[1], [100 * each.low for each in accuracies])
    low, high = built.figure.layout.xaxis.range
    assert low < (100 * min(each.low for each in built.info.without_twins))
    assert high > (100 * max(each.high for each in built.info.whole))
    # From top to bottom: a run's two marks, then the next run's.
    order = [whole.y[0], without.y[0], whole.y[1], without.y[1]]
    assert order == sorted(order)


def test_names_and_numbers_stand_over_the_marks(known):
    built = build(known)
    notes = [note.text for note in built.figure.layout.annotations]
    first = built.info.whole[0]
    written = f"{100 * first.value:.1f} % [{100 * first.low:.1f}, {100 * first.high:.1f}]"
    assert {"cnn", "dnn", written, "n = 200, synthetic data"} <= set(notes)
    mixed = [note.text for note in build(known, ("cnn", "real")).figure.layout.annotations]
    assert {"cnn (synthetic)", "real"} <= set(mixed)


def test_the_csv_is_the_info(known):
    built = build(known)
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    assert table["images"].tolist() == ["all", "without_twins"] * 2
    assert table["accuracy"].tolist()[::2] == [each.value for each in built.info.whole]
    assert table["count"].tolist() == [200, 180, 200, 180]


def test_the_description_states_the_facts_of_a_caption(known):
    words = build(known).description
    assert "On validation; weights: best epoch on validation; averaging: none." in words
    assert "chosen on these images, which flatters it here" in words
    assert "of 200 images" in words
    assert "of the 180 without a twin in its training data" in words
    assert "different images" not in words
    assert "different images" in build(known, ("cnn", "real")).description
    test = build(known, split="test").description
    assert "Readings of test so far: 1." in test
    assert "flatters" not in test


def test_missing_predictions_name_the_command(known):
    with pytest.raises(InputError, match="fer-core evaluate cnn --split test --average flip"):
        build(known, split="test", averaging="flip")
