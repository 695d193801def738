"""Runs compared two by two: the difference of their accuracies and whether it may be chance."""

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fer_core.analysis.answers import Answers, read_answers
from fer_core.analysis.pairs import Pair, compare_all
from fer_core.analysis.sides import chosen_weights
from fer_core.analysis.wording import p_value
from fer_core.errors import InputError
from fer_core.figures import judged, text
from fer_core.records import VALIDATION
from fer_core.report.tables.printing import Printed, captioned, run_names
from fer_core.translation import translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

LEAST = 2  # runs: it compares them


class Pairs(NamedTuple):
    """What the table shows: answers of R runs, and their R (R - 1) / 2 pairs."""

    answers: tuple[Answers, ...]
    pairs: tuple[Pair, ...]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
) -> Pairs:
    """Compare each run with each later one. InputError for fewer than two different runs, and from
    the store where predictions are not there."""
    ids = tuple(dict.fromkeys(run_ids))
    if len(ids) * len(chosen_weights(weights)) < 2:
        raise InputError("table pairs compares two or more different runs; see: fer-core runs list")
    answers = read_answers(store, ids, split=split, weights=weights, averaging=averaging)
    return Pairs(tuple(answers), tuple(compare_all(answers)))


def table(info: Pairs) -> pd.DataFrame:
    """Return a row a pair: accuracy of run a minus that of run b, in -1..1, with its 95 % interval,
    p alone and p adjusted for the number of pairs (Holm)."""
    return pd.DataFrame(
        [
            {
                "a_run_id": pair.a.run.id,
                "a_run": pair.a.run.name,
                "a_weights": pair.a.weights,
                "b_run_id": pair.b.run.id,
                "b_run": pair.b.run.name,
                "b_weights": pair.b.weights,
                "split": pair.a.split,
                "averaging": pair.a.averaging,
                "paired": pair.paired,
                "images": images,
                "difference": each.value,
                "low": each.low,
                "high": each.high,
                "a_count": each.a_count,
                "b_count": each.b_count,
                "a_correct": each.a_correct,
                "b_correct": each.b_correct,
                "a_only": each.a_only,
                "b_only": each.b_only,
                "p": each.p,
                "p_holm": each.p_holm,
                "supported": each.supported,
            }
            for pair in info.pairs
            for images, each in (("all", pair.whole), ("without_twins", pair.without_twins))
        ]
    )


def printed(info: Pairs, *, language: str = "en") -> Printed:
    """Return a row a pair, of all images."""
    _ = translator(language)
    runs = [each.subject for each in info.answers]
    rows = []
    for (a, b), pair in zip(combinations(run_names(runs, _), 2), info.pairs, strict=True):
        whole = pair.whole
        only = ("–" if each is None else f"{each:,}" for each in (whole.a_only, whole.b_only))
        known = np.isfinite(whole.value)
        interval = f"[{text.points(whole.low)}, {text.points(whole.high)}]" if known else "–"
        rows.append(
            (
                a,
                b,
                text.points(whole.value),
                interval,
                *only,
                p_value(whole.p),
                p_value(whole.p_holm),
                _("yes") if whole.supported else _("no"),
            )
        )
    header = [_("Run A"), _("Run B"), _("A − B (points)"), _("95 % interval")]
    header += [_("only A right"), _("only B right"), _("p"), _("p (Holm)"), _("supported")]
    test = _("Exact McNemar tests, intervals by Bonett and Price.")
    if not all(pair.paired for pair in info.pairs):
        test = _("Exact McNemar tests on the same images, z tests on different ones.")
    rule = _("Supported: p below 0.05.")
    if len(info.pairs) > 1:
        rule = _("Supported: p below 0.05 after Holm's correction for {pairs} pairs.")
    parts = [_("Differences of accuracy."), test, rule.format(pairs=len(info.pairs))]
    counts = {len(each.labels) for each in info.answers}
    if len(counts) == 1:  # else of whole pairs only; the csv has the counts
        parts.append(_("{said}.").format(said=_("n = {count:,}").format(count=counts.pop())))
    caption = sentences([*parts, judged.how(info.answers, _)], _)
    numeric = (False, False, *[True] * 6, False)
    return Printed(tuple(header), tuple(rows), numeric, captioned(caption, runs, _))
