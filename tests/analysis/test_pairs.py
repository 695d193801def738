"""Two runs compared: what swapping, permuting and a run against itself must give."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from fer_core.analysis import proportions
from fer_core.analysis.pairs import compare, compare_all
from fer_core.analysis.wording import pair_sentence
from fer_core.errors import InputError
from tests.analysis.answers import answers, certain, labels_of, probabilities_of, shuffled

SMALL = (60, 12, 50, 90, 70, 40, 60)


def runs(count, seed=0, counts=SMALL, step=0.2):
    """Runs on the same images, each better than the one before."""
    rng = np.random.default_rng(seed)
    labels = labels_of(counts)
    common = rng.normal(0, 1, (len(labels), 7))
    twins = rng.random(len(labels)) < 0.1
    return [
        answers(
            labels,
            probabilities_of(labels, rng, skill=1.2 + step * k, common=common),
            name=f"run-{k}",
            twins=twins,
        )
        for k in range(count)
    ]


seeds = st.integers(0, 2**32 - 1)


def numbers(difference):
    return (difference.value, difference.low, difference.high, difference.p, difference.p_holm)


@given(seeds)
def test_swapping_two_runs_flips_the_signs_and_nothing_else(seed):
    a, b = runs(2, seed)
    there, back = compare(a, b), compare(b, a)
    for one, other in (
        (there.whole, back.whole),
        (there.without_twins, back.without_twins),
        *zip(there.classes, back.classes, strict=True),
    ):
        value, low, high, *rest = numbers(other)
        assert numbers(one) == pytest.approx((-value, -high, -low, *rest), abs=1e-15)
        assert (one.a_only, one.b_only) == (other.b_only, other.a_only)
    np.testing.assert_array_equal(there.a_only, back.b_only)
    np.testing.assert_array_equal(there.b_only, back.a_only)
    assert there.kappa == pytest.approx(back.kappa)


@given(seeds)
def test_permuting_the_images_changes_nothing_but_their_places(seed):
    a, b = runs(2, seed)
    order = np.random.default_rng(seed).permutation(len(a.labels))
    as_is, moved = compare(a, b), compare(shuffled(a, order), shuffled(b, order))
    assert as_is.whole == moved.whole
    assert as_is.without_twins == moved.without_twins
    assert as_is.classes == moved.classes
    assert set(order[moved.a_only]) == set(as_is.a_only)
    assert set(order[moved.b_only]) == set(as_is.b_only)


@given(seeds)
def test_a_run_against_itself_does_not_differ(seed):
    [a] = runs(1, seed)
    pair = compare(a, replace(a))
    for each in (pair.whole, pair.without_twins, *pair.classes):
        assert (each.value, each.p, each.p_holm) == (0, 1, 1)
        assert each.low == -each.high
        assert not each.supported
    assert pair.kappa == pytest.approx(1)
    assert len(pair.a_only) == len(pair.b_only) == 0


def test_flips_are_the_images_that_one_of_them_gets_right():
    labels = [0, 1, 2, 3, 4, 5]
    a = certain(labels, [0, 1, 2, 0, 0, 5], name="a")
    b = certain(labels, [0, 0, 2, 3, 4, 6], name="b", twins=np.arange(6) == 4)
    pair = compare(a, b)
    assert pair.a_only.tolist() == [1, 5]
    assert pair.b_only.tolist() == [3, 4]
    assert (pair.whole.a_only, pair.whole.b_only, pair.whole.value) == (2, 2, 0)
    assert (pair.without_twins.a_count, pair.without_twins.b_only) == (5, 1)
    assert [each.value for each in pair.classes][:6] == [0, 1, 0, -1, -1, 1]
    assert np.isnan(pair.classes[6].value)
    assert pair.classes[6].p == 1


def test_each_class_is_tested_and_corrected_for_the_seven():
    a, b = runs(2, step=0.6)
    pair = compare(a, b)
    p = []
    for label, each in enumerate(pair.classes):
        of = a.labels == label
        table = [
            [(a.right & b.right & of).sum(), (a.right & ~b.right & of).sum()],
            [(~a.right & b.right & of).sum(), (~a.right & ~b.right & of).sum()],
        ]
        p.append(mcnemar(table, exact=True).pvalue)
        assert each.p == pytest.approx(p[-1])
        assert each.a_count == SMALL[label]
    theirs = multipletests(p, method="holm")[1]
    np.testing.assert_allclose([each.p_holm for each in pair.classes], theirs)


def test_all_pairs_are_corrected_for_their_number():
    pairs = compare_all(runs(4, step=0.3))
    assert [(pair.a.run.name, pair.b.run.name) for pair in pairs][:3] == [
        ("run-0", "run-1"),
        ("run-0", "run-2"),
        ("run-0", "run-3"),
    ]
    theirs = multipletests([pair.whole.p for pair in pairs], method="holm")[1]
    np.testing.assert_allclose([pair.whole.p_holm for pair in pairs], theirs)
    assert compare_all(runs(1)) == []


def test_on_different_images_nothing_is_paired():
    [a] = runs(1)
    b = replace(runs(1, seed=5, counts=(30,) * 7)[0], fingerprint="other")
    pair = compare(a, b)
    assert not pair.paired
    assert np.isnan(pair.kappa)
    assert len(pair.a_only) == len(pair.b_only) == 0
    whole = pair.whole
    assert (whole.a_only, whole.b_only) == (None, None)
    assert (whole.a_count, whole.b_count) == (382, 210)
    counts = int(a.right.sum()), 382, int(b.right.sum()), 210
    assert (whole.low, whole.high) == proportions.unpaired_interval(*counts)
    assert whole.p == proportions.unpaired_p(*counts)
    assert pair.without_twins.b_count == (~b.twins).sum()


def test_two_splits_are_not_compared():
    a, b = runs(2)
    with pytest.raises(InputError, match="validation and test are two splits"):
        compare(a, replace(b, split="test"))


def test_the_sentence_names_the_better_run_first_and_what_the_data_support():
    a, b = runs(2, step=1.5)
    said = pair_sentence(compare(a, b))
    points = 100 * (b.right.mean() - a.right.mean())
    assert said.startswith(f"run-1 is {points:.2f} points more accurate than run-0 ")
    assert "on the same 382 images; exact McNemar test: p < 0.0001. So the data support a" in said
    assert said.replace("run-0", "x") == pair_sentence(compare(b, a)).replace("run-0", "x")


def test_the_sentence_does_not_claim_what_may_be_chance():
    [a] = runs(1)
    said = pair_sentence(compare(a, replace(a)), pairs=3)
    assert "run-0 and run-0 are equally accurate" in said
    assert "p = 1, p = 1 after Holm's correction for 3 pairs" in said
    assert said.endswith("So the data do not tell which one is better.")
    other = pair_sentence(compare(a, replace(a, fingerprint="other")))
    assert "on different images (382 and 382), so that they are not compared one by one" in other
    nobody = certain([], [], fingerprint="none")
    assert pair_sentence(compare(nobody, a)) == "There are no images to compare a and run-0 by."
