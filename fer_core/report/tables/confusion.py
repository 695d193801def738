"""Which class is taken for which, in numbers of images, or the pairs most often confused."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fer_core.analysis import metrics
from fer_core.analysis.answers import Answers, read_answers
from fer_core.analysis.mistakes import ConfusedPair, confused_pairs, mistakes
from fer_core.figures import judged, text
from fer_core.figures.options import one_of
from fer_core.records import CLASS_NAMES, VALIDATION
from fer_core.report.tables.printing import Printed, captioned, with_runs
from fer_core.translation import Translate, translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

SHOWN = ("counts", "pairs")
_PAIRS = 10  # printed of each run; the csv has all
_Row = tuple[int, tuple[str, ...]]


class RunConfusion(NamedTuple):
    """One run. counts: (7, 7) int64, rows true classes; pairs: the most frequent first."""

    answers: Answers
    counts: np.ndarray
    pairs: tuple[ConfusedPair, ...]


class Confusions(NamedTuple):
    """What the table shows."""

    runs: tuple[RunConfusion, ...]
    show: str


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    show: str = "counts",
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
) -> Confusions:
    """Count predictions of runs. show: the ``counts`` of all classes, or the ``pairs`` that are
    confused. InputError from the store where predictions are not there."""
    one_of("show", show, SHOWN)
    answers = read_answers(store, run_ids, split=split, weights=weights, averaging=averaging)
    return Confusions(
        tuple(
            RunConfusion(
                each,
                metrics.confusion_counts(each.labels, each.predicted),
                tuple(confused_pairs(mistakes([each]), each.labels)),
            )
            for each in answers
        ),
        show,
    )


def table(info: Confusions) -> pd.DataFrame:
    """Return 49 rows a run, or one for each confused pair; `share` is of the true class, empty for
    a class without images. Names of classes are English."""
    rows = []
    for each in info.runs:
        own = {
            "run_id": each.answers.run.id,
            "run": each.answers.run.name,
            "synthetic": each.answers.run.synthetic,
            "split": each.answers.split,
            "weights": each.answers.weights,
            "averaging": each.answers.averaging,
        }
        shares = metrics.normalise_confusion(each.counts, "true")
        cells = [(i, j) for i in range(len(CLASS_NAMES)) for j in range(len(CLASS_NAMES))]
        if info.show == "pairs":
            cells = [(pair.true, pair.said) for pair in each.pairs]
        rows += [
            {
                **own,
                "true": CLASS_NAMES[i],
                "predicted": CLASS_NAMES[j],
                "count": int(each.counts[i, j]),
                "share": float(shares[i, j]),
            }
            for i, j in cells
        ]
    return pd.DataFrame(rows)


def printed(info: Confusions, *, language: str = "en") -> Printed:
    """Return a row for each true class, or for each of the ten most frequent pairs."""
    _ = translator(language)
    parts = _pairs(info, _) if info.show == "pairs" else _counts(info, _)
    header, rows, numeric, sentence = parts
    answers = [each.answers for each in info.runs]
    runs = [each.subject for each in answers]
    caption = sentences([sentence, judged.how(answers, _)], _)
    return Printed(*with_runs(header, rows, numeric, runs, _), captioned(caption, runs, _))


def _counts(
    info: Confusions, _: Translate
) -> tuple[tuple[str, ...], list[_Row], tuple[bool, ...], str]:
    labels = text.class_labels(_)
    rows = [
        (place, (label, *(f"{count:,}" for count in counts), f"{counts.sum():,}"))
        for place, each in enumerate(info.runs)
        for label, counts in zip(labels, each.counts, strict=True)
    ]
    header = (_("True label"), *labels, _("n"))
    caption = _("Numbers of images by true class (rows) and predicted class (columns).")
    return header, rows, (False, *[True] * (len(header) - 1)), caption


def _pairs(
    info: Confusions, _: Translate
) -> tuple[tuple[str, ...], list[_Row], tuple[bool, ...], str]:
    labels = text.class_labels(_)
    rows: list[_Row] = [
        (
            place,
            (
                labels[pair.true],
                labels[pair.said],
                f"{pair.count:,}",
                f"{each.counts[pair.true].sum():,}",
                text.percent(pair.share),
            ),
        )
        for place, each in enumerate(info.runs)
        for pair in each.pairs[:_PAIRS]
    ]
    header = (_("True label"), _("Predicted label"), _("images"), _("n"), _("share of the class"))
    caption = _("Classes most often taken for another, by number of images.")
    return header, rows, (False, False, True, True, True), caption
