import numpy as np
import pytest
from scipy.stats import permutation_test, spearmanr

from fer_core.analysis.class_share import recall_against_share
from fer_core.analysis.metrics import wilson_interval


def test_correlation_and_exact_p_are_scipys():
    train = np.repeat(np.arange(7), [3995, 436, 4097, 7215, 4830, 3171, 4965])
    labels = np.repeat(np.arange(7), 50)
    right = (25, 20, 18, 45, 22, 40, 30)
    said = np.concatenate([[k] * r + [(k + 1) % 7] * (50 - r) for k, r in enumerate(right)])
    found = recall_against_share(labels, said, train)
    np.testing.assert_allclose(found.shares, np.bincount(train) / 28709)
    np.testing.assert_allclose(found.recall, np.array(right) / 50)
    assert tuple(found.intervals[3]) == wilson_interval(45, 50)
    assert found.correlation == pytest.approx(spearmanr(found.shares, found.recall).statistic)
    theirs = permutation_test(
        (found.recall,), lambda x: spearmanr(found.shares, x).statistic,
        permutation_type="pairings", n_resamples=np.inf, vectorized=False,
    )  # fmt: skip
    assert found.p == pytest.approx(theirs.pvalue, abs=1e-9)


def test_perfect_order_and_ties():
    labels = np.repeat(np.arange(7), 10)
    said = np.concatenate([[k] * (k + 1) + [6 - k if k != 3 else 0] * (9 - k) for k in range(7)])
    found = recall_against_share(labels, said, np.repeat(np.arange(7), np.arange(1, 8)))
    assert found.correlation == pytest.approx(1)
    assert found.p == pytest.approx(2 / 5040)
    tied = recall_against_share(labels, said, np.repeat(np.arange(7), [1, 1, 2, 2, 3, 3, 3]))
    theirs = spearmanr([1, 1, 2, 2, 3, 3, 3], found.recall).statistic
    assert tied.correlation == pytest.approx(theirs)
    level = recall_against_share(labels, said, np.arange(7))
    assert np.isnan([level.correlation, level.p]).all()
    unseen = recall_against_share(labels[10:], said[10:], np.repeat(np.arange(7), np.arange(1, 8)))
    assert np.isnan(unseen.recall[0])
    assert unseen.p == pytest.approx(2 / 720)
