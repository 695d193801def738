import io

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import palette
from fer_core.records import CLASS_NAMES


def build(known, runs=("cnn",), **options):
    return figures.build("confusion_matrix", known.store, runs, **options)


def expected(known, name, **options):
    answers = known.probabilities[name].argmax(axis=1)
    return confusion_matrix(known.labels, answers, labels=range(7), **options)


def test_counts_and_shares_are_scikit_learns(known):
    for by, theirs in (("true", "true"), ("predicted", "pred"), ("all", "all"), ("counts", None)):
        run = build(known, normalise=by).info.runs[0]
        np.testing.assert_array_equal(run.counts, expected(known, "cnn"))
        # scikit-learn has 0 where nothing is divided by nothing.
        np.testing.assert_allclose(
            np.nan_to_num(run.values), expected(known, "cnn", normalize=theirs), rtol=1e-12
        )


def test_a_class_without_images_has_no_shares(known):
    by_true = build(known).info.runs[0].values
    assert np.isnan(by_true).all(axis=1).tolist() == [False] * 6 + [True]
    by_predicted = build(known, normalise="predicted").info.runs[0].values
    assert np.isnan(by_predicted).all(axis=0).tolist() == [False, True] + [False] * 5
    assert build(known).figure.data[1].text[-7:] == ("–",) * 7


def test_accuracy_has_its_interval_with_and_without_twins(known):
    run = build(known).info.runs[0]
    right = known.probabilities["cnn"].argmax(axis=1) == known.labels
    for accuracy, kept in ((run.accuracy, right), (run.without_twins, right[~known.twins])):
        assert (accuracy.correct, accuracy.count) == (kept.sum(), len(kept))
        theirs = binomtest(int(kept.sum()), len(kept)).proportion_ci(method="wilson")
        assert (accuracy.low, accuracy.high) == pytest.approx((theirs.low, theirs.high))
    assert run.without_twins.count == 180
    assert known.store.run("cnn").score("validation").correct == run.accuracy.correct


def test_cells_show_two_decimals_in_a_colour_that_contrasts(known):
    built = build(known)
    heatmap, cells = built.figure.data
    np.testing.assert_array_equal(heatmap.z, built.info.runs[0].values)
    assert (cells.x[8], cells.y[8], cells.text[8]) == (1, 1, f"{heatmap.z[1][1]:.2f}")
    assert list(cells.customdata[9]) == [1, 2, built.info.runs[0].run.id]
    for value, colour in zip(np.nan_to_num(heatmap.z).ravel(), cells.textfont.color, strict=True):
        light = sorted((palette.luminance(palette.shade(value)), palette.luminance(colour)))
        assert (light[1] + 0.05) / (light[0] + 0.05) >= 4.5


def test_rows_are_true_classes_from_the_top_in_the_official_order(known):
    layout = build(known).figure.layout
    assert layout.xaxis.ticktext == layout.yaxis.ticktext == CLASS_NAMES
    assert layout.yaxis.range == (6.5, -0.5)
    notes = [a.text for a in layout.annotations]
    assert "True label" in notes
    assert "Predicted label" in notes


@pytest.mark.parametrize(
    ("by", "label"),
    [
        ("true", "Share of the true class, n = 200"),
        ("predicted", "Share of the predicted class, n = 200"),
        ("all", "Share of all images, n = 200"),
        ("counts", "Images, n = 200"),
    ],
)
def test_the_normalisation_and_n_are_always_written(known, by, label):
    assert label in [a.text for a in build(known, normalise=by).figure.layout.annotations]


def test_several_runs_share_one_scale_and_name_themselves(known):
    built = build(known, ("cnn", "dnn"), normalise="counts")
    scale = built.figure.layout.coloraxis
    assert (scale.cmin, scale.cmax) == (0, max(run.counts.max() for run in built.info.runs))
    assert [t.coloraxis for t in built.figure.data if t.type == "heatmap"] == ["coloraxis"] * 2
    built = build(known, ("cnn", "dnn"))
    assert built.figure.layout.coloraxis.cmax == 1
    notes = [a.text for a in built.figure.layout.annotations]
    for run in built.info.runs:
        a = run.accuracy
        share = f"{100 * a.value:.1f} % [{100 * a.low:.1f}, {100 * a.high:.1f}]"
        assert run.run.name in notes
        assert f"accuracy {share}, n = 200" in notes


def test_many_runs_fit_on_a_page(known):
    runs = [name for name in known.probabilities if name != "real"]
    for count in range(1, 6):
        for width in (85, 170):
            height = build(known, runs[:count], width_mm=width).figure.layout.height
            assert height <= 250 * 96 / 25.4


@pytest.mark.parametrize("by", ["true", "predicted", "counts"])
def test_the_csv_is_the_info(known, by):
    built = build(known, ("cnn", "dnn"), normalise=by)
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    assert len(table) == 2 * 49
    assert table["synthetic"].all()
    for run in built.info.runs:
        rows = table[table["run_id"] == run.run.id]
        np.testing.assert_array_equal(rows["count"], run.counts.ravel())
        if by == "counts":
            assert not [column for column in rows if column.startswith("share")]
        else:
            np.testing.assert_array_equal(rows[f"share_of_{by}"], run.values.ravel())
        assert rows["true"].tolist() == [name for name in CLASS_NAMES for _ in range(7)]
        assert rows["predicted"].tolist() == list(CLASS_NAMES) * 7


def test_the_description_states_the_facts_of_a_caption(known):
    built = build(known, ("cnn",))
    shares = expected(known, "cnn", normalize="true") * (1 - np.eye(7))
    i, j = np.unravel_index(shares.argmax(), (7, 7))
    text = built.description
    assert "on validation, each row divided by the images of the true class" in text
    assert "weights: best epoch on validation; averaging: none" in text
    assert "cnn (synthetic data): epoch 17, accuracy " in text
    assert "of 200 images" in text
    assert "of the 180 without a twin in its training data" in text
    assert f"Most often taken: {CLASS_NAMES[i]} for {CLASS_NAMES[j]} ({shares[i, j]:.2f})" in text
    assert "Readings" not in text


def test_readings_of_test_are_told(known):
    text = build(known, ("cnn",), split="test").description
    assert "on test" in text
    assert "of 50 images" in text
    assert "Readings of test so far: 1." in text


def test_runs_on_different_images_are_told(known):
    assert "different images" in build(known, ("cnn", "real")).description
    assert "different images" not in build(known, ("cnn", "dnn")).description


def test_missing_predictions_name_the_command(known):
    with pytest.raises(InputError, match="fer-core evaluate cnn --split test --average flip"):
        build(known, split="test", averaging="flip")
    with pytest.raises(InputError, match="normalise 'rows' is none of: true, predicted, all"):
        build(known, normalise="rows")
