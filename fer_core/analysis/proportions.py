"""Shares of right answers compared: intervals of differences, exact and approximate tests."""

from statistics import NormalDist

import numpy as np

from fer_core.analysis.metrics import wilson_interval


def paired_interval(
    a_only: int, b_only: int, count: int, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the interval of a's share minus b's share on the same `count` images.

    a_only, b_only: how many images only one of the two gets right. The adjusted Wald interval
    of Bonett & Price (2012, "Adjusted Wald confidence interval for a difference of binomial
    proportions based on paired data", J. Educ. Behav. Stat. 37, 479-488), which Fagerland,
    Lydersen & Laake (2014, Stat. Med. 33, 2850-2875) recommend; of no images: -1 to 1.
    """
    if count == 0:
        return -1.0, 1.0
    a, b = (a_only + 1) / (count + 2), (b_only + 1) / (count + 2)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    half = z * np.sqrt((a + b - (a - b) ** 2) / (count + 2))
    return float(max(-1.0, a - b - half)), float(min(1.0, a - b + half))


def mcnemar_p(a_only: int, b_only: int) -> float:
    """Return the two-sided p of McNemar's exact test (McNemar 1947; Liddell 1983).

    If both were equally good, each image that only one of them gets right would be a toss of a
    coin. The smaller tail of the binomial distribution counts twice, at most to 1.
    """
    from scipy.special import bdtr  # takes long to import: not before the first page

    fewer, discordant = min(a_only, b_only), a_only + b_only
    return min(1.0, 2 * float(bdtr(fewer, discordant, 0.5)))


def unpaired_interval(
    a_correct: int, a_count: int, b_correct: int, b_count: int, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the interval of a's share minus b's share, of different images.

    From the Wilson intervals of both: Newcombe (1998, "Interval estimation for the difference
    between independent proportions", Stat. Med. 17, 873-890), method 10. -1 to 1 if one of them
    is of no images.
    """
    if not a_count or not b_count:
        return -1.0, 1.0
    a, b = a_correct / a_count, b_correct / b_count
    a_low, a_high = wilson_interval(a_correct, a_count, confidence=confidence)
    b_low, b_high = wilson_interval(b_correct, b_count, confidence=confidence)
    low = a - b - np.hypot(a - a_low, b_high - b)
    high = a - b + np.hypot(a_high - a, b - b_low)
    return float(low), float(high)


def unpaired_p(a_correct: int, a_count: int, b_correct: int, b_count: int) -> float:
    """Return the two-sided p of the z test of two shares with their pooled variance (Pearson's
    chi-squared of the 2 x 2 table); 1 where all or no answers are right."""
    correct, count = a_correct + b_correct, a_count + b_count
    if not a_count or not b_count or correct in (0, count):
        return 1.0
    pooled = correct / count
    error = np.sqrt(pooled * (1 - pooled) * (1 / a_count + 1 / b_count))
    z = abs(a_correct / a_count - b_correct / b_count) / error
    return 2 * NormalDist().cdf(-z)


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values adjusted for their number: (K,) -> (K,) float64.

    Holm (1979, "A simple sequentially rejective multiple test procedure"): the chance that
    any of them falls below a level by luck alone is at most that level.
    """
    p = np.asarray(p, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return np.minimum(adjusted, 1.0)


def cohen_kappa(a: np.ndarray, b: np.ndarray, *, classes: int) -> float:
    """Return Cohen's kappa (1960) of two runs' predicted classes, (N,) each: how often they
    agree beyond what their shares of each class would give by chance; 1 is always, 0 is chance.
    NaN where chance already agrees always (both say one class only), and of no images."""
    if not len(a):
        return float("nan")
    agree = float((a == b).mean())
    shares = [np.bincount(each, minlength=classes) / len(each) for each in (a, b)]
    chance = float(shares[0] @ shares[1])
    return (agree - chance) / (1 - chance) if chance < 1 else float("nan")
