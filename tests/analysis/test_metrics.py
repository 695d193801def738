import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix, recall_score

from fer_core.analysis import metrics


@pytest.mark.parametrize(("correct", "count"), [(0, 10), (10, 10), (3, 7), (2640, 3589), (1, 1)])
def test_wilson_interval_is_scipys(correct, count):
    expected = binomtest(correct, count).proportion_ci(0.95, method="wilson")
    low, high = metrics.wilson_interval(correct, count)
    assert low == pytest.approx(expected.low, abs=1e-12)
    assert high == pytest.approx(expected.high, abs=1e-12)


def test_wilson_interval_worked_by_hand():
    # 8 of 10 at z = 1.959964: the textbook's 0.490 to 0.943.
    low, high = metrics.wilson_interval(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="11 correct of 10"):
        metrics.wilson_interval(11, 10)


@given(st.integers(0, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_value_and_stays_in_range(pair):
    result = metrics.accuracy_of(*pair)
    assert 0 <= result.low <= result.high <= 1
    if result.count:
        assert result.low <= result.value <= result.high


def test_accuracy_with_and_without_twins():
    labels = np.array([0, 1, 2, 3, 4], dtype=np.int8)
    predicted = np.array([0, 1, 2, 0, 0])
    twins = np.array([True, False, False, False, True])
    whole = metrics.accuracy(labels, predicted)
    without = metrics.accuracy(labels, predicted, leave_out=twins)
    assert (whole.correct, whole.count, whole.value) == (3, 5, 0.6)
    assert (without.correct, without.count) == (2, 3)
    assert whole.value == accuracy_score(labels, predicted)


def test_of_no_images_nothing_is_known():
    nothing = metrics.accuracy(np.zeros(0, np.int8), np.zeros(0, np.int64))
    assert np.isnan(nothing.value)
    assert (nothing.low, nothing.high) == (0.0, 1.0)


def test_ties_go_to_the_first_class():
    assert metrics.predicted_classes(np.full((2, 7), 1 / 7, np.float32)).tolist() == [0, 0]


@pytest.fixture
def answers():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, 500).astype(np.int8)
    predicted = np.where(rng.random(500) < 0.6, labels, rng.integers(0, 7, 500))
    return labels, predicted


def test_confusion_is_scikit_learns(answers):
    labels, predicted = answers
    counts = metrics.confusion_counts(labels, predicted)
    assert counts.dtype == np.int64
    for by in ("true", "predicted", "all"):
        expected = confusion_matrix(labels, predicted, normalize={"predicted": "pred"}.get(by, by))
        np.testing.assert_allclose(metrics.normalise_confusion(counts, by), expected, rtol=1e-12)
    np.testing.assert_array_equal(counts, confusion_matrix(labels, predicted))
    np.testing.assert_array_equal(metrics.normalise_confusion(counts, "counts"), counts)
    np.testing.assert_allclose(
        metrics.recall(counts), recall_score(labels, predicted, average=None), rtol=1e-12
    )


def test_shares_of_nothing_are_not_a_number():
    counts = metrics.confusion_counts(np.array([0, 0, 2]), np.array([0, 2, 2]))
    by_true = metrics.normalise_confusion(counts, "true")
    assert np.isnan(by_true[1]).all()
    assert by_true[0].tolist() == [0.5, 0, 0.5, 0, 0, 0, 0]
    by_predicted = metrics.normalise_confusion(counts, "predicted")
    assert np.isnan(by_predicted[:, 1]).all()
    assert by_predicted[:, 2].tolist() == [0.5, 0, 0.5, 0, 0, 0, 0]
    assert np.isnan(metrics.normalise_confusion(np.zeros((7, 7), np.int64), "all")).all()
    assert np.isnan(metrics.recall(counts)[[1, 3, 4, 5, 6]]).all()


def test_unlabelled_images_are_refused():
    with pytest.raises(ValueError, match=r"labels must be in 0\.\.6, got -1\.\.3"):
        metrics.confusion_counts(np.array([-1, 3]), np.array([0, 0]))
