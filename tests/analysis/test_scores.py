"""Scores against scikit-learn, their intervals against SciPy's bootstrap and the truth."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap
from sklearn import metrics as sk

from fer_core.analysis.bootstrap import resample_weights
from fer_core.analysis.calibration import bins_of, calibration
from fer_core.analysis.scores import by_weights, scores_of
from fer_core.records import Run, Score
from tests.analysis.answers import (
    FER2013,
    answers,
    certain,
    labels_of,
    probabilities_of,
    shuffled,
)

ESTIMATES = ("balanced_accuracy", "macro_f1", "log_loss", "calibration_error")
SMALL = (60, 12, 50, 90, 70, 40, 60)


@pytest.fixture(scope="module")
def run():
    labels = labels_of()
    probabilities = probabilities_of(labels, np.random.default_rng(0))
    return answers(labels, probabilities, twins=np.arange(len(labels)) % 13 == 0)


@pytest.fixture(scope="module")
def scored(run):
    return scores_of([run])[0]


def test_scores_are_scikit_learns(run, scored):
    kept = ~run.twins
    for mine, where in ((scored.whole, slice(None)), (scored.without_twins, kept)):
        labels, said = run.labels[where], run.predicted[where]
        probabilities = run.probabilities[where].astype(float)
        assert mine.count == len(labels)
        assert mine.accuracy.value == sk.accuracy_score(labels, said)
        expected = {
            "balanced_accuracy": sk.balanced_accuracy_score(labels, said),
            "macro_f1": sk.f1_score(labels, said, average="macro"),
            "log_loss": sk.log_loss(
                labels, probabilities / probabilities.sum(axis=1, keepdims=True)
            ),
        }
        for name, value in expected.items():
            assert getattr(mine, name).value == pytest.approx(value, rel=1e-6), name
        precision, recall, f1, support = sk.precision_recall_fscore_support(labels, said)
        np.testing.assert_allclose(mine.classes.precision, precision)
        np.testing.assert_allclose(mine.classes.recall, recall)
        np.testing.assert_allclose(mine.classes.f1, f1)
        np.testing.assert_array_equal(mine.classes.support, support)


def test_every_interval_holds_its_value(scored):
    for mine in (scored.whole, scored.without_twins):
        for name in ESTIMATES:
            estimate = getattr(mine, name)
            assert estimate.low <= estimate.value <= estimate.high, name
        for name in ("precision", "recall", "f1"):
            values, intervals = (
                getattr(mine.classes, name), getattr(mine.classes, f"{name}_intervals")
            )  # fmt: skip
            assert (intervals[:, 0] <= values).all()
            assert (values <= intervals[:, 1]).all()


def test_the_interval_of_log_loss_is_scipys_bootstrap():
    """In one stratum, so that SciPy, which has no strata, draws alike."""
    labels = np.full(400, 3, np.int8)
    probabilities = probabilities_of(labels, np.random.default_rng(2))
    mine = scores_of([answers(labels, probabilities)])[0].whole.log_loss
    losses = -np.log(probabilities[:, 3].astype(float))
    theirs = bootstrap(
        (losses,), np.mean, n_resamples=4000, method="percentile",
        rng=np.random.default_rng(5), batch=500,
    ).confidence_interval  # fmt: skip
    # Two draws of thousands differ by about a fiftieth of the width.
    tolerance = 0.05 * (theirs.high - theirs.low)
    assert (mine.low, mine.high) == pytest.approx(tuple(theirs), abs=tolerance)


def test_the_interval_of_balanced_accuracy_is_scipys_bootstrap_of_each_class():
    labels = labels_of(SMALL)
    run = answers(labels, probabilities_of(labels, np.random.default_rng(3)))
    by_class = tuple(run.right[labels == label].astype(float) for label in range(7))

    def balanced(*right, axis=-1):
        return np.mean([each.mean(axis=axis) for each in right], axis=0)

    theirs = bootstrap(
        by_class, balanced, n_resamples=4000, method="percentile", vectorized=True,
        rng=np.random.default_rng(5), batch=500,
    ).confidence_interval  # fmt: skip
    mine = scores_of([run])[0].whole.balanced_accuracy
    tolerance = 0.05 * (theirs.high - theirs.low)
    assert (mine.low, mine.high) == pytest.approx(tuple(theirs), abs=tolerance)


def test_resamples_draw_as_many_of_each_stratum_as_it_has():
    weights = resample_weights((3, 0, 5), resamples=250, seed=1)
    assert weights.shape == (250, 8)
    np.testing.assert_array_equal(weights[:, :3].sum(axis=1), 3)
    np.testing.assert_array_equal(weights[:, 3:].sum(axis=1), 5)
    # Each image is drawn once on average: the standard error of 250 means is 0.06.
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.25)
    resample_weights.cache_clear()
    np.testing.assert_array_equal(weights, resample_weights((3, 0, 5), resamples=250, seed=1))
    assert resample_weights((0, 0), resamples=9).shape == (9, 0)


def test_the_calibration_error_worked_by_hand():
    # Two images in (.6, .8] of which one is right, confidence .7 and .75; one in (.2, .4] that
    # is wrong at .4: (2 * |.5 - .725| + |0 - .4|) / 3 = .2833.
    probabilities = np.full((3, 7), 0.0)
    probabilities[0, [0, 1]] = 0.7, 0.3
    probabilities[1, [2, 1]] = 0.75, 0.25
    probabilities[2, [4, 3, 5]] = 0.4, 0.3, 0.3
    found = calibration(probabilities, np.array([0, 1, 3]), bins=5)
    assert found.counts.tolist() == [0, 1, 0, 2, 0]
    assert found.error == pytest.approx((2 * 0.225 + 0.4) / 3)
    assert found.confidence[[1, 3]] == pytest.approx([0.4, 0.725])
    assert found.accuracy[[1, 3]].tolist() == [0, 0.5]
    assert np.isnan(found.accuracy[[0, 2, 4]]).all()
    assert found.intervals[3] == pytest.approx([0.0945, 0.9055], abs=1e-4)  # Wilson of 1 of 2


def test_bins_hold_their_upper_edge():
    assert bins_of(np.array([0.0, 0.2, 0.2001, 1.0]), bins=5).tolist() == [0, 0, 1, 4]


def test_the_calibration_error_of_scores_is_that_of_the_bins(run, scored):
    whole = scored.whole
    assert whole.calibration_error.value == pytest.approx(whole.calibration.error, rel=1e-6)
    np.testing.assert_allclose(
        calibration(run.probabilities, run.labels).error, whole.calibration.error
    )


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_images_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    labels = labels_of(SMALL)
    run = answers(labels, probabilities_of(labels, rng), twins=rng.random(len(labels)) < 0.1)
    mine, other = scores_of([run, shuffled(run, rng.permutation(len(labels)))], resamples=50)
    for a, b in ((mine.whole, other.whole), (mine.without_twins, other.without_twins)):
        assert a.accuracy == b.accuracy
        assert [getattr(a, name) for name in ESTIMATES] == [getattr(b, name) for name in ESTIMATES]
        np.testing.assert_array_equal(a.classes.f1_intervals, b.classes.f1_intervals)


def test_the_runs_beside_it_change_nothing(run, scored):
    other = answers(run.labels, run.probabilities[::-1], name="b", twins=run.twins)
    elsewhere = certain([0, 1, 2], [0, 1, 1], name="c", fingerprint="other")
    found = scores_of([other, run, elsewhere])[1].whole
    assert [getattr(found, name) for name in ESTIMATES] == [
        getattr(scored.whole, name) for name in ESTIMATES
    ]


def test_classes_without_images_do_not_count_and_nothing_is_known_of_no_images():
    run = certain([0, 0, 1, 1], [0, 1, 1, 2], twins=np.ones(4, bool))
    found = scores_of([run], resamples=20)[0]
    assert found.whole.balanced_accuracy.value == 0.75 - 0.25
    np.testing.assert_allclose(found.whole.macro_f1.value, (2 / 3 + 1 / 2) / 2)
    assert np.isnan(found.whole.classes.recall[2:]).all()
    assert found.whole.classes.precision[2] == 0
    assert found.without_twins.count == 0
    assert np.isnan(found.without_twins.accuracy.value)
    assert np.isnan([found.without_twins.macro_f1.value, found.without_twins.macro_f1.low]).all()


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=40))
def test_any_answers_score_as_scikit_learn_has_it(pairs):
    labels, said = np.array(pairs).T
    whole = scores_of([certain(labels, said)], resamples=5)[0].whole
    seen = np.unique(labels)
    f1 = sk.f1_score(labels, said, labels=seen, average="macro", zero_division=0)
    assert whole.macro_f1.value == pytest.approx(f1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of classes that are only predicted
        balanced = sk.balanced_accuracy_score(labels, said)
    assert whole.balanced_accuracy.value == pytest.approx(balanced)


SIMULATED = 400


@pytest.fixture(scope="module", params=[1.0, 1.5], ids=["calibrated", "too-sure"])
def covered(request):
    """How often intervals of simulated runs hold the truth, that of 200 times the images."""
    counts = np.array(FER2013) // 3
    rng = np.random.default_rng(11)

    def drawn(labels, name=""):
        shares = probabilities_of(labels, rng, sharpness=request.param)
        return answers(labels, shares, name=name)

    truth = scores_of([drawn(labels_of(counts * 200))], resamples=2)[0].whole
    runs = [drawn(labels_of(counts), str(k)) for k in range(SIMULATED)]
    hits = dict.fromkeys(("accuracy", *ESTIMATES), 0)
    for k in range(0, SIMULATED, 20):
        for found in scores_of(runs[k : k + 20], resamples=500, seed=k):
            for name in hits:
                estimate = getattr(found.whole, name)
                hits[name] += estimate.low <= getattr(truth, name).value <= estimate.high
    return {name: hit / SIMULATED for name, hit in hits.items()}


@pytest.mark.parametrize("name", ["accuracy", *ESTIMATES])
def test_intervals_of_simulated_runs_cover_the_truth(covered, name):
    assert 0.93 <= covered[name] <= 0.97


def test_weights_stand_side_by_side_in_one_order():
    scores = tuple(
        Score(split, weights, averaging, 10, correct, 8, correct - 1)
        for split, weights, averaging, correct in (
            ("validation", "average", "none", 6),
            ("validation", "best", "flip", 9),
            ("validation", "last", "none", 5),
            ("test", "best", "none", 3),
            ("validation", "epoch-3", "none", 4),
            ("validation", "best", "none", 7),
        )
    )
    run = Run(
        "id", "run", "e-cnn", "finished", "faces", "d", False, 0, 1, 1, 1, 1, None, 1.0, 0.0, 0.0,
        1, scores=scores,
    )  # fmt: skip
    found = by_weights(run, "validation")
    assert [(each.weights, each.averaging, each.accuracy.correct) for each in found] == [
        ("best", "none", 7),
        ("last", "none", 5),
        ("average", "none", 6),
        ("epoch-3", "none", 4),
        ("best", "flip", 9),
    ]
    assert (found[0].without_twins.correct, found[0].without_twins.count) == (6, 8)
