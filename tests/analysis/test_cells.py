import numpy as np
import pytest
from sklearn.metrics import confusion_matrix
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from fer_core.analysis.cells import cell_differences
from fer_core.analysis.proportions import unpaired_p
from tests.analysis.answers import answers, labels_of, probabilities_of

COUNTS = (60, 12, 50, 90, 70, 40, 0)


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    labels = labels_of(COUNTS)
    good, poor = (
        answers(labels, probabilities_of(labels, rng, skill=skill), name=str(skill))
        for skill in (3.0, 1.0)
    )
    return good, poor


def test_differences_are_those_of_the_matrices(pair):
    a, b = pair
    found = cell_differences(a, b)
    expected = [
        confusion_matrix(a.labels, each.predicted, labels=range(7), normalize="true")
        for each in pair
    ]
    np.testing.assert_allclose(np.nan_to_num(found.values), expected[0] - expected[1], atol=1e-12)
    np.testing.assert_allclose(found.values[:6].sum(axis=1), 0, atol=1e-12)
    assert np.isnan(found.values[6]).all()


def test_each_cell_has_mcnemars_test_corrected_for_all_with_images(pair):
    a, b = pair
    found = cell_differences(a, b)
    p = []
    for true in range(6):
        of = a.labels == true
        for said in range(7):
            by_a, by_b = a.predicted[of] == said, b.predicted[of] == said
            table = [
                [(by_a & by_b).sum(), (by_a & ~by_b).sum()],
                [(by_b & ~by_a).sum(), (~by_a & ~by_b).sum()],
            ]
            p.append(mcnemar(table, exact=True).pvalue)
    theirs = multipletests(p, method="holm")[1].reshape(6, 7)
    np.testing.assert_allclose(found.p_holm[:6], theirs)
    assert np.isnan(found.p_holm[6]).all()
    np.testing.assert_array_equal(found.supported[:6], theirs < 0.05)
    assert found.supported.any()
    assert not found.supported[6].any()


def test_swapping_flips_the_signs_and_a_run_against_itself_changes_nothing(pair):
    a, b = pair
    there, back = cell_differences(a, b), cell_differences(b, a)
    np.testing.assert_array_equal(there.values, -back.values)
    np.testing.assert_array_equal(there.p_holm, back.p_holm)
    same = cell_differences(a, a)
    assert np.nanmax(np.abs(same.values)) == 0
    assert not same.supported.any()


def test_on_different_images_the_shares_are_compared_unpaired(pair):
    a, _ = pair
    labels = labels_of((20, 20, 20, 20, 20, 20, 20))
    shares = probabilities_of(labels, np.random.default_rng(3))
    b = answers(labels, shares, fingerprint="other")
    found = cell_differences(a, b)
    by_a, by_b = (each.predicted[each.labels == 3] == 3 for each in (a, b))
    p = unpaired_p(int(by_a.sum()), 90, int(by_b.sum()), 20)
    assert p <= found.p_holm[3, 3] <= min(1, 42 * p)
    assert np.isnan(found.p_holm[6]).all()
