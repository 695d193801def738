"""Comparisons in words: whether the data support a difference."""

import numpy as np

from fer_core.analysis.groups import POWER, Group, GroupDifference
from fer_core.analysis.pairs import Pair
from fer_core.translation import translator
from fer_core.words import clauses, sentences


def pair_sentence(pair: Pair, *, pairs: int = 1, language: str = "en") -> str:
    """Say which of two runs is better, by how much, and whether that may be chance.

    pairs: how many comparisons it stands among, for which its p was adjusted.
    """
    _ = translator(language)
    whole = pair.whole
    if not whole.a_count or not whole.b_count:
        return _("There are no images to compare {a} and {b} by.").format(
            a=pair.a.subject.name, b=pair.b.subject.name
        )
    # The better one first: words say who is better, the sign stays out of them.
    swap = whole.value < 0
    better, other = (pair.b, pair.a) if swap else (pair.a, pair.b)
    low, high = (-whole.high, -whole.low) if swap else (whole.low, whole.high)
    if whole.value == 0:
        said = _("{better} and {other} are equally accurate").format(
            better=better.subject.name, other=other.subject.name
        )
    else:
        said = _("{better} is {points} points more accurate than {other}").format(
            better=better.subject.name,
            other=other.subject.name,
            points=f"{100 * abs(whole.value):.2f}",
        )
    if pair.paired:
        by = _("the same {count:,} images; exact McNemar test").format(count=whole.a_count)
    else:
        by = _(
            "different images ({a:,} and {b:,}), so that they are not compared one by one; z test"
        ).format(a=better.right.size, b=other.right.size)
    p = p_text(whole.p)
    if pairs > 1:
        adjusted = _("{p}, {p_holm} after Holm's correction for {pairs} pairs")
        p = adjusted.format(p=p, p_holm=p_text(whole.p_holm), pairs=pairs)
    verdict = (
        _("the data support a difference")
        if whole.supported
        else _("the data do not tell which one is better")
    )
    return _(
        "{said} (95 % interval of the difference {low:+.2f} to {high:+.2f}) on {by}: {p}. "
        "So {verdict}."
    ).format(said=said, low=100 * low, high=100 * high, by=by, p=p, verdict=verdict)


def group_sentence(
    difference: GroupDifference, groups: list[Group], names: list[str], *, language: str = "en"
) -> str:
    """Say whether the seeds let a difference between two groups stand. names: of the groups."""
    _ = translator(language)
    a, b = difference.a, difference.b
    form = _("{setting}: {values}")
    by = clauses(
        (
            form.format(setting=_short(key), values=f"{_short(values[0])} / {_short(values[1])}")
            for key, values in difference.factor.items()
        ),
        _,
    )
    said = _(
        "{a} (mean {mean_a:.2%}, {count_a} seeds) minus {b} (mean {mean_b:.2%}, {count_b} seeds): "
        "{points:+.2f} points"
    ).format(
        a=names[a],
        b=names[b],
        mean_a=groups[a].mean,
        mean_b=groups[b].mean,
        count_a=len(groups[a].members),
        count_b=len(groups[b].members),
        points=100 * difference.value,
    )
    differ = _("They differ in {by}.").format(by=by or _("nothing that is stored"))
    if difference.supported is None:
        verdict = _("What seeds alone change is not known; train each with two or more seeds.")
        return sentences([_("{said}.").format(said=said), verdict, differ], _)
    verdict = (
        _("the data support a difference")
        if difference.supported
        else _("the data do not support a difference")
    )
    numbers = _(
        "95 % interval {low:+.2f} to {high:+.2f}, Welch's t test: {p}; so {verdict}. With so many "
        "seeds, {power:.0%} of such studies would find a difference of {detectable:.2f} points."
    ).format(
        low=100 * difference.low,
        high=100 * difference.high,
        p=p_text(difference.p),
        verdict=verdict,
        power=POWER,
        detectable=100 * difference.detectable,
    )
    return sentences([clauses([said, numbers], _), differ], _)


def p_text(p: float) -> str:
    """Write a p value with two digits, as ``p = 0.032``; small ones as ``p < 0.0001``."""
    value = p_value(p)
    return f"p {value}" if value.startswith("<") else f"p = {value}"


def p_value(p: float) -> str:
    """Write the value alone, for a column: ``0.032``, ``< 0.0001``, "–" where it is unknown."""
    if np.isnan(p):
        return "–"
    if p < 0.0001:
        return "< 0.0001"
    return f"{p:.2g}" if p < 0.995 else "1"


def _short(value: object, *, longest: int = 30) -> str:
    # A loop of one's own may have put anything into its configuration.
    written = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))
    return written if len(written) <= longest else written[: longest - 1] + "…"
