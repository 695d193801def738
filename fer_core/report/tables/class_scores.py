"""Precision, recall and F1 of each class, and how many images it has."""

from typing import TYPE_CHECKING

import pandas as pd

from fer_core.figures import class_scores, judged, text
from fer_core.figures.class_scores import ScoresByClass
from fer_core.records import VALIDATION
from fer_core.report.tables.printing import Printed, captioned, with_runs
from fer_core.translation import translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
) -> ScoresByClass:
    """Read predictions of runs and score each class. InputError from the store where predictions
    are not there, with the command that makes them."""
    return class_scores.collect(store, run_ids, split=split, weights=weights, averaging=averaging)


def table(info: ScoresByClass) -> pd.DataFrame:
    """Return the scores in 0..1 with their 95 % intervals, as those of the figure."""
    return class_scores.table(info)


def printed(info: ScoresByClass, *, language: str = "en") -> Printed:
    """Return a row for each run and class, recall with its Wilson interval."""
    _ = translator(language)
    labels = text.class_labels(_)
    rows = []
    for place, each in enumerate(info.scores):
        for label, name in enumerate(labels):
            known = each.support[label] > 0
            interval = text.interval(*each.recall_intervals[label]) if known else "–"
            shares = (each.precision[label], each.recall[label], each.f1[label])
            precision, recall, f1 = map(text.percent, shares)
            count = f"{each.support[label]:,}"
            rows.append((place, (name, precision, recall, interval, f1, count)))
    header = (_("Class"), _("Precision"), _("Recall"), _("95 % interval"), _("F1"), _("n"))
    caption = sentences(
        [_("Scores by class; intervals of the recall (Wilson)."), judged.how(info.answers, _)], _
    )
    runs = [each.subject for each in info.answers]
    numeric = (False, *[True] * 5)
    return Printed(*with_runs(header, rows, numeric, runs, _), captioned(caption, runs, _))
