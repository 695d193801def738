"""Groups of seeds against SciPy and statsmodels; configurations that differ."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from fer_core.analysis.configurations import MISSING, configuration_difference, seed_groups
from fer_core.analysis.groups import compare_groups, detectable_difference, groups_of, welch
from fer_core.analysis.wording import group_sentence
from fer_core.config import RunConfig
from tests.analysis.answers import certain


def test_only_what_differs_is_returned_nested_settings_with_their_place():
    a = {
        "epochs": 3,
        "augment": "none",
        "architecture": {"family": "sequential", "layers": [{"conv": 8}, {"dense": 7}]},
        "sources": {"epochs": "given"},
        "seed": 1,
    }
    b = {**a, "augment": "full", "sources": {}, "seed": 2, "drop": ""}
    b["architecture"] = {"family": "sequential", "layers": [{"conv": 16}, {"dense": 7}]}
    assert configuration_difference([a, b]) == {
        "augment": ("none", "full"),
        "architecture.layers.1.conv": (8, 16),
        "seed": (1, 2),
        "drop": (MISSING, ""),
    }
    assert "seed" not in configuration_difference([a, b], ignore=("seed",))
    assert configuration_difference([a, a, a]) == {}
    assert configuration_difference([a]) == {}
    everything = configuration_difference([a, b], everything=True)
    assert everything["epochs"] == (3, 3)
    assert everything["architecture.layers.2.dense"] == (7, 7)
    assert "sources" not in everything


def test_lists_of_different_lengths_and_tables_against_values_differ_as_a_whole():
    a, b = {"layers": [1, 2], "x": {"y": 1}}, {"layers": [1], "x": 3}
    assert configuration_difference([a, b]) == {"layers": ([1, 2], [1]), "x": ({"y": 1}, 3)}
    assert configuration_difference([{"x": {"y": 1}}, {}]) == {"x": ({"y": 1}, MISSING)}


def test_a_run_that_is_older_than_a_setting_was_trained_with_its_default():
    new = RunConfig("cnn", {"family": "sequential"}, "faces").to_dict()
    old = {key: value for key, value in new.items() if key not in ("sides", "teacher", "dropout")}
    assert configuration_difference([old, new]) == {}
    assert configuration_difference([old, {**new, "sides": "32:0.5"}]) == {"sides": ("", "32:0.5")}
    assert seed_groups([old, new], [0, 1]) == [(0, 1)]
    # A loop of one's own has no defaults of ours.
    own = {"epochs": 3}
    assert configuration_difference([own, {**own, "sides": ""}]) == {"sides": (MISSING, "")}


def test_runs_that_differ_by_their_seed_are_a_group():
    same = {"epochs": 3, "augment": "none"}
    configs = [
        {**same, "seed": 0, "sources": {"epochs": "ours"}},
        {**same, "augment": "full", "seed": 0},
        {**same, "seed": 1},
        {},
        {},
        {**same, "seed": 1},
    ]
    # The last one has a seed that its group already has, the empty ones say nothing.
    assert seed_groups(configs, [0, 0, 1, 0, 1, 1]) == [(0, 2), (1,), (3,), (4,), (5,)]


def runs(accuracies, config, first=0):
    """Runs with so many right answers of 100 images, a seed each."""
    return [
        certain([0] * 100, [0] * right + [1] * (100 - right), name=f"{first + seed}",
                config={**config, "seed": seed}, seed=seed)
        for seed, right in enumerate(accuracies)
    ]  # fmt: skip


PLAIN, FULL = (60, 62, 59, 63), (66, 64, 67)


def test_mean_deviation_and_interval_are_scipys():
    [group] = groups_of(runs(PLAIN, {"augment": "none"}))
    values = np.array(PLAIN) / 100
    assert group.members == (0, 1, 2, 3)
    assert group.mean == pytest.approx(values.mean())
    assert group.deviation == pytest.approx(values.std(ddof=1))
    theirs = stats.ttest_1samp(values, 0).confidence_interval()
    assert (group.low, group.high) == pytest.approx((theirs.low, theirs.high))


def test_groups_are_compared_by_welchs_test_and_the_factor_found():
    given = runs(PLAIN, {"augment": "none", "epochs": 3}) + runs(
        FULL, {"augment": "full", "epochs": 3}, first=4
    )
    groups = groups_of(given)
    assert [group.members for group in groups] == [(0, 1, 2, 3), (4, 5, 6)]
    [found] = compare_groups(given, groups)
    assert found.factor == {"augment": ("none", "full")}
    theirs = stats.ttest_ind(np.array(PLAIN) / 100, np.array(FULL) / 100, equal_var=False)
    assert found.p == pytest.approx(theirs.pvalue)
    interval = theirs.confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.value == pytest.approx(-0.14 / 3)
    assert found.supported is True
    said = group_sentence(found, groups, ["plain", "full"])
    assert "plain (mean 61.00%, 4 seeds) minus full (mean 65.67%, 3 seeds): -4.67 points" in said
    assert "so the data support a difference" in said
    assert said.endswith("They differ in augment: none / full.")


@pytest.mark.parametrize("sizes", [(2, 2), (3, 3), (5, 4), (30, 20)])
def test_the_detectable_difference_has_the_power_that_it_says(sizes):
    rng = np.random.default_rng(0)
    a, b = (rng.normal(0.6, 0.01, size) for size in sizes)
    found = detectable_difference(a, b)
    freedom = sum(sizes) - 2
    pooled = np.sqrt(sum((len(x) - 1) * x.var(ddof=1) for x in (a, b)) / freedom)
    power = TTestIndPower().power(found / pooled, sizes[0], 0.05, ratio=sizes[1] / sizes[0])
    assert power == pytest.approx(0.8, abs=1e-4)


def test_single_runs_and_equal_ones_leave_it_open():
    given = runs(PLAIN, {"augment": "none"}) + runs((70,), {"augment": "full"}, first=4)
    groups = groups_of(given)
    [found] = compare_groups(given, groups)
    assert np.isnan([groups[1].deviation, groups[1].low, found.p, found.detectable]).all()
    assert found.supported is None
    assert "train each with two or more seeds" in group_sentence(found, groups, ["a", "b"])
    same = np.array([0.6, 0.6])
    assert np.isnan(welch(same, same)[1:]).all()


def test_runs_on_other_data_are_another_group():
    first, second = runs((60, 61), {"augment": "none"})
    moved = replace(second, run=replace(second.run, dataset_fingerprint="other"))
    assert len(groups_of([first, second])) == 1
    assert len(groups_of([first, moved])) == 2


def test_the_interval_over_seeds_covers_the_truth():
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(1000):
        a, b = rng.normal(0.65, 0.01, 5), rng.normal(0.66, 0.02, 4)
        _, low, high, *_rest = welch(a, b)
        covered += low <= -0.01 <= high
    assert 930 <= covered <= 970


def test_odd_values_of_a_configuration_stay_one_printable_line():
    given = runs((60, 61), {"x": "a\x1b[31m\nb"}) + runs((62, 60), {"x": "y" * 90}, first=2)
    groups = groups_of(given)
    said = group_sentence(compare_groups(given, groups)[0], groups, ["a", "b"])
    assert said.isprintable()
    assert "y" * 29 + "…" in said


def test_a_teacher_is_named_once_by_its_id() -> None:
    configs = [{"teacher": "", "teacher_sha256": ""}, {"teacher": "a", "teacher_sha256": "47c4"}]
    assert configuration_difference(configs) == {"teacher": ("", "a")}
