"""Runs of one configuration with several seeds: how far seeds alone carry, and what is beyond."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from fer_core.analysis.answers import Answers
from fer_core.analysis.configurations import configuration_difference, seed_groups
from fer_core.analysis.pairs import LEVEL

POWER = 0.8


@dataclass(frozen=True, eq=False)
class Group:
    """Runs that differ by their seed only, each with the same kind of weights.

    members: K places among the compared runs; accuracies: (K,) float64 in 0..1; mean, deviation
    (of a sample: K - 1); low, high: 95 % interval of the mean over seeds by Student's t, NaN
    (as the deviation) of a single run.
    """

    members: tuple[int, ...]
    accuracies: np.ndarray
    mean: float
    deviation: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class GroupDifference:
    """Mean accuracy of group a minus that of group b.

    factor: the settings, and the weights, that differ, with the values of a and of b; low, high:
    95 % interval and p of Welch's t test (1947), which lets both deviate differently; detectable:
    the smallest difference that would have been found in `POWER` of all such studies at level
    `LEVEL`, by the noncentral t distribution with the pooled deviation. All NaN where a group is a
    single run or seeds made no difference at all: then nothing is known about what seeds do.
    """

    a: int
    b: int
    factor: Mapping[str, tuple[Any, ...]]
    value: float
    low: float
    high: float
    p: float
    detectable: float

    @property
    def supported(self) -> bool | None:
        """The data support a difference; None where that cannot be said."""
        return None if np.isnan(self.p) else self.p < LEVEL


def groups_of(answers: Sequence[Answers]) -> list[Group]:
    """Return the runs in groups that differ by their seed only, on the same data set and with the
    same weights, in the order of their first members."""
    configs = [
        {**each.config, "data": each.run.dataset_fingerprint} if each.config else {}
        for each in answers
    ]
    seeds = [each.run.seed for each in answers]
    accuracies = np.array([each.right.mean() if len(each.right) else np.nan for each in answers])
    found = []
    for weights in dict.fromkeys(each.weights for each in answers):
        own = [place for place, each in enumerate(answers) if each.weights == weights]
        groups = seed_groups([configs[place] for place in own], [seeds[place] for place in own])
        found += [tuple(own[member] for member in members) for members in groups]
    return [_group(members, accuracies[list(members)]) for members in sorted(found)]


def compare_groups(answers: Sequence[Answers], groups: Sequence[Group]) -> list[GroupDifference]:
    """Compare each group with each later one, and find by what they differ."""
    found = []
    for a, b in combinations(range(len(groups)), 2):
        firsts = [answers[groups[g].members[0]] for g in (a, b)]
        factor = configuration_difference([each.config for each in firsts], ignore=("seed",))
        weights = tuple(each.weights for each in firsts)
        factor |= {"weights": weights} if len({*weights}) > 1 else {}
        numbers = welch(groups[a].accuracies, groups[b].accuracies)
        found.append(GroupDifference(a, b, factor, *numbers))
    return found


def _group(members: tuple[int, ...], values: np.ndarray) -> Group:
    from scipy.special import stdtrit  # takes long to import: not before the first page

    count, mean = len(values), float(values.mean())
    if count < 2:
        nothing = float("nan")
        return Group(members, values, mean, nothing, nothing, nothing)
    deviation = float(values.std(ddof=1))
    half = float(stdtrit(count - 1, 1 - LEVEL / 2)) * deviation / np.sqrt(count)
    return Group(members, values, mean, deviation, float(mean - half), float(mean + half))


def welch(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float, float, float]:
    """Return difference of means, its 95 % interval, p, and the detectable difference."""
    from scipy.special import stdtr, stdtrit

    value, nothing = float(a.mean() - b.mean()), float("nan")
    if min(len(a), len(b)) < 2 or a.var() + b.var() == 0:
        return value, nothing, nothing, nothing, nothing
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    error = float(np.sqrt(parts.sum()))
    freedom = parts.sum() ** 2 / (parts**2 / [len(a) - 1, len(b) - 1]).sum()
    half = float(stdtrit(freedom, 1 - LEVEL / 2)) * error
    p = 2 * float(stdtr(freedom, -abs(value) / error))
    return value, value - half, value + half, p, detectable_difference(a, b)


def detectable_difference(
    a: np.ndarray, b: np.ndarray, *, power: float = POWER, level: float = LEVEL
) -> float:
    """Return the smallest true difference of means that a two-sided t test of as many seeds finds
    with this power at this level, if both deviate as their pooled deviation (Cohen 1988,
    "Statistical power analysis", section 2.4). a, b: (K,) values, two or more each."""
    from scipy.optimize import brentq
    from scipy.special import nctdtr, stdtrit

    freedom = len(a) + len(b) - 2
    pooled = np.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / freedom)
    critical = float(stdtrit(freedom, 1 - level / 2))

    def missing(noncentrality: float) -> float:
        found = 1 - nctdtr(freedom, noncentrality, critical)
        return float(found + nctdtr(freedom, noncentrality, -critical)) - power

    high = 1.0
    while missing(high) < 0:
        high *= 2
    noncentrality = brentq(missing, 0.0, high)
    return float(noncentrality * pooled * np.sqrt(1 / len(a) + 1 / len(b)))
