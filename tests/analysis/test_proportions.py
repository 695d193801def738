"""Intervals and tests against statsmodels and scikit-learn, and against the methods' own words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

from fer_core.analysis.metrics import wilson_interval
from fer_core.analysis.proportions import (
    cohen_kappa,
    holm,
    mcnemar_p,
    paired_interval,
    unpaired_interval,
    unpaired_p,
)

counts = st.integers(1, 4000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
discordant = st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(0, 3000))


@given(counts)
def test_wilson_is_statsmodels(pair):
    theirs = proportion_confint(*pair, method="wilson")
    assert wilson_interval(*pair) == pytest.approx(theirs, abs=1e-12)


@given(discordant)
def test_mcnemar_is_statsmodels(case):
    a_only, b_only, both = case
    theirs = mcnemar([[both, a_only], [b_only, 5]], exact=True).pvalue
    assert mcnemar_p(a_only, b_only) == pytest.approx(theirs, rel=1e-9, abs=1e-300)


def test_mcnemar_worked_by_hand():
    # 1 of 8 tosses: 2 (1 + 8) / 256.
    assert mcnemar_p(7, 1) == pytest.approx(18 / 256)
    assert mcnemar_p(0, 0) == 1


@settings(max_examples=10)  # a tenth of a second each, for statsmodels
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_statsmodels(values):
    theirs = multipletests(values, method="holm")[1]
    np.testing.assert_allclose(holm(np.array(values)), theirs, atol=1e-12)


def test_holm_of_nothing_is_nothing():
    assert holm(np.empty(0)).shape == (0,)


@given(counts, counts)
def test_the_unpaired_interval_is_newcombes(a, b):
    theirs = confint_proportions_2indep(*a, *b, method="newcomb", compare="diff")
    assert unpaired_interval(*a, *b) == pytest.approx(theirs, abs=1e-9)


@given(counts, counts)
def test_the_unpaired_test_is_statsmodels_z_test(a, b):
    if a[0] + b[0] in (0, a[1] + b[1]):
        assert unpaired_p(*a, *b) == 1
        return
    theirs = proportions_ztest([a[0], b[0]], [a[1], b[1]])[1]
    assert unpaired_p(*a, *b) == pytest.approx(theirs, rel=1e-6, abs=1e-12)


def test_the_paired_interval_worked_by_hand():
    # The airway example of Fagerland, Lydersen & Laake: 1 and 7 of 21. 2/23 and 8/23, their
    # difference -0.2609, variance (10/23 - (6/23)^2) / 23 = 0.015945, times 1.96 in error 0.2475.
    assert paired_interval(1, 7, 21) == pytest.approx((-0.5083, -0.0134), abs=1e-4)


@given(discordant)
def test_the_paired_interval_holds_the_difference_and_stays_in_range(case):
    a_only, b_only, other = case
    count = a_only + b_only + other
    low, high = paired_interval(a_only, b_only, count)
    value = (a_only - b_only) / count if count else 0
    assert -1 <= low <= value <= high <= 1
    assert paired_interval(b_only, a_only, count) == pytest.approx((-high, -low), abs=1e-15)


def test_nothing_is_known_of_no_images():
    assert paired_interval(0, 0, 0) == (-1, 1)
    assert unpaired_interval(0, 0, 3, 4) == (-1, 1)
    assert unpaired_p(0, 0, 3, 4) == 1
    assert np.isnan(cohen_kappa(np.empty(0, int), np.empty(0, int), classes=7))


@pytest.mark.parametrize("seed", range(3))
def test_kappa_is_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 7, 300)
    b = np.where(rng.random(300) < 0.6, a, rng.integers(0, 7, 300))
    assert cohen_kappa(a, b, classes=7) == pytest.approx(cohen_kappa_score(a, b))
    assert cohen_kappa(a, a, classes=7) == pytest.approx(1)
    assert np.isnan(cohen_kappa(np.full(9, 3), np.full(9, 3), classes=7))


@pytest.mark.parametrize(("a_share", "b_share"), [(0.70, 0.68), (0.45, 0.66), (0.97, 0.96)])
def test_the_paired_interval_covers_the_truth(a_share, b_share):
    """400 images, of which both get some right by what they share."""
    rng = np.random.default_rng(7)
    shared = rng.random((2000, 400))
    own = rng.random((2, 2000, 400))
    right = [
        np.where(own[k] < 0.5, shared, rng.random(shared.shape)) < share
        for k, share in enumerate((a_share, b_share))
    ]
    a_only, b_only = ((right[k] & ~right[1 - k]).sum(axis=1) for k in (0, 1))
    intervals = np.array([paired_interval(*pair, 400) for pair in zip(a_only, b_only, strict=True)])
    truth = a_share - b_share
    covered = ((intervals[:, 0] <= truth) & (truth <= intervals[:, 1])).mean()
    assert 0.93 <= covered <= 0.97


def test_the_exact_test_finds_chance_in_at_most_one_of_twenty():
    rng = np.random.default_rng(3)
    a_only = rng.binomial(60, 0.5, 4000)
    rejected = np.mean([mcnemar_p(int(a), 60 - int(a)) < 0.05 for a in a_only])
    assert 0.01 < rejected <= 0.05
