import io

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import precision_recall_fscore_support

from fer_core import figures
from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES


def build(known, runs=("cnn", "dnn"), **options):
    return figures.build("class_scores", known.store, runs, **options)


def test_scores_are_scikit_learns_and_of_nothing_there_are_none(known):
    built = build(known)
    for name, scores in zip(("cnn", "dnn"), built.info.scores, strict=True):
        said = known.probabilities[name].argmax(axis=1)
        precision, recall, f1, support = precision_recall_fscore_support(
            known.labels, said, labels=range(7), zero_division=np.nan
        )
        np.testing.assert_array_equal(scores.support, support)
        np.testing.assert_allclose(scores.precision, precision)
        np.testing.assert_allclose(scores.recall, recall)
        np.testing.assert_allclose(scores.f1, np.where(support | scores.predicted, f1, np.nan))
        assert np.isnan(scores.recall[6])  # no image is Neutral
        assert np.isnan(scores.precision[1])  # Disgust is never said


def test_a_panel_for_each_measure_holds_a_mark_for_each_class(known):
    built = build(known)
    shown = {}
    for trace in built.figure.data:
        shown.setdefault(trace.xaxis, []).append(trace)
    for axis, measure in (("x1", "recall"), ("x2", "precision"), ("x3", "f1")):
        traces = shown["x" if axis == "x1" and "x" in shown else axis]
        for trace, scores in zip(traces, built.info.scores, strict=True):
            values = getattr(scores, measure)
            intervals = getattr(scores, f"{measure}_intervals")
            np.testing.assert_allclose(trace.x, 100 * values)
            known_ = ~np.isnan(values)
            np.testing.assert_allclose(
                (trace.x + trace.error_x.array)[known_], 100 * intervals[known_, 1]
            )
    assert [trace.name for trace in built.figure.data if trace.showlegend] == ["cnn", "dnn"]


def test_the_number_of_images_stands_at_the_class_where_it_is_one(known):
    ticks = build(known).figure.layout.yaxis.ticktext
    support = np.bincount(known.labels, minlength=7)
    assert list(ticks) == [f"{n} ({c})" for n, c in zip(CLASS_NAMES, support, strict=True)]
    assert build(known, ("cnn", "real")).figure.layout.yaxis.ticktext == CLASS_NAMES


def test_the_csv_is_the_info(known):
    built = build(known)
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    assert table["class"].tolist() == list(CLASS_NAMES) * 2
    for column in ("recall", "precision", "f1"):
        values = np.concatenate([getattr(scores, column) for scores in built.info.scores])
        np.testing.assert_array_equal(table[column], values)
        ends = np.concatenate([getattr(s, f"{column}_intervals") for s in built.info.scores])
        np.testing.assert_array_equal(table[[f"{column}_low", f"{column}_high"]], ends)


def test_the_description_names_the_f1_of_each_class(known):
    words = build(known, ("cnn",)).description
    assert "On validation; weights: best epoch on validation; averaging: none." in words
    assert "cnn (synthetic data): F1 of Angry " in words
    assert "Readings of test so far: 1." in build(known, split="test").description


def test_missing_predictions_name_the_command(known):
    with pytest.raises(InputError, match="fer-core evaluate cnn --split validation --weights last"):
        build(known, weights="last")
