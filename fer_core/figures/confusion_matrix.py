"""Which class is taken for which: confusion matrices of one or several runs on one scale."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from fer_core.analysis import metrics
from fer_core.analysis.answers import read_answers
from fer_core.analysis.metrics import Accuracy, Normalisation
from fer_core.figures import facets, judged, text
from fer_core.figures.draw_confusion_matrix import CLASSES, cell_text
from fer_core.figures.draw_confusion_matrix import draw as draw
from fer_core.figures.options import one_of
from fer_core.records import CLASS_NAMES, ENSEMBLE, TRAIN, VALIDATION, Run
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences, weights_chosen

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("runs",)


class RunConfusion(NamedTuple):
    """The matrix of one run with one of its weights. subject: the run, under a name that also says
    the weights where several are compared; counts: (7, 7) int64, rows true classes; values: (7, 7)
    float64, the counts normalised (NaN: a share of nothing); epoch: of the weights; fingerprint: of
    the images; readings: how often the run has read this split, where that is counted."""

    run: Run
    subject: Run
    weights: str
    counts: np.ndarray
    values: np.ndarray
    accuracy: Accuracy
    without_twins: Accuracy
    epoch: int
    fingerprint: str
    readings: int


class ConfusionMatrices(NamedTuple):
    """What the figure shows."""

    runs: tuple[RunConfusion, ...]
    split: str
    averaging: str
    normalise: Normalisation


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
    normalise: Normalisation = "true",
) -> ConfusionMatrices:
    """Read predictions of runs and count them.

    split, weights, averaging: which predictions; normalise: by ``true`` class, by
    ``predicted`` class, by ``all`` images, or ``counts``. InputError from the store where
    predictions are not there, with the command that makes them.
    """
    one_of("normalise", normalise, metrics.NORMALISATIONS)
    runs = []
    for each in read_answers(store, run_ids, split=split, weights=weights, averaging=averaging):
        counts = metrics.confusion_counts(each.labels, each.predicted)
        runs.append(
            RunConfusion(
                run=each.run,
                subject=each.subject,
                weights=each.weights,
                counts=counts,
                values=metrics.normalise_confusion(counts, normalise),
                accuracy=metrics.accuracy(each.labels, each.predicted),
                without_twins=metrics.accuracy(each.labels, each.predicted, leave_out=each.twins),
                epoch=each.epoch,
                fingerprint=each.fingerprint,
                readings=each.readings,
            )
        )
    return ConfusionMatrices(tuple(runs), split, averaging, normalise)


def table(info: ConfusionMatrices) -> pd.DataFrame:
    """Return the cells, 49 rows a run: the count, and the share that the figure shows in a column
    that says of what (``share_of_true``), empty for a share of nothing. Class names are English
    whatever the figure's language."""
    rows = []
    for run in info.runs:
        for i, true in enumerate(CLASS_NAMES):
            for j, predicted in enumerate(CLASS_NAMES):
                row: dict[str, Any] = {
                    "run_id": run.run.id,
                    "run": run.run.name,
                    "synthetic": run.run.synthetic,
                    "split": info.split,
                    "weights": run.weights,
                    "averaging": info.averaging,
                    "epoch": run.epoch,
                    "true": true,
                    "predicted": predicted,
                    "count": int(run.counts[i, j]),
                }
                if info.normalise != "counts":
                    row[f"share_of_{info.normalise}"] = float(run.values[i, j])
                rows.append(row)
    return pd.DataFrame(rows)


def describe(info: ConfusionMatrices, *, language: str = "en") -> str:
    """Return the figure in words, one line for each run: its text alternative, and what a
    caption states: split, n, weights and how they were chosen, averaging, readings of test."""
    _ = translator(language)
    weights = {run.weights for run in info.runs}
    lines = [
        _(
            "Confusion matrix on {split}, {normalised}; weights: {weights}; averaging: {averaging}."
        ).format(
            split=_(info.split),
            normalised={
                "true": _("each row divided by the images of the true class"),
                "predicted": _("each column divided by the images of the predicted class"),
                "all": _("divided by all images"),
                "counts": _("numbers of images"),
            }[info.normalise],
            weights=weights_chosen((run.weights for run in info.runs), _),
            averaging=_(info.averaging),
        )
    ]
    lines = [sentences([*lines, judged.flattered(info.split, weights, _)], _)]
    if len({run.fingerprint for run in info.runs}) > 1:
        lines.append(_("The runs are judged on different images."))
    return "\n".join(lines + [_describe_run(info, run, _) for run in info.runs])


def _describe_run(info: ConfusionMatrices, run: RunConfusion, _: Translate) -> str:
    classes = text.class_labels(_)
    name = facets.named(run.subject, _)
    recalls = metrics.recall(run.counts)
    shares = metrics.normalise_confusion(run.counts, "true")
    mistakes = np.nan_to_num(shares * (1 - np.eye(CLASSES)))
    worst = [divmod(int(k), CLASSES) for k in np.argsort(-mistakes, axis=None, kind="stable")[:3]]
    made = _("an ensemble") if run.run.preset == ENSEMBLE else _("no epochs")
    if run.epoch:
        made = _("epoch {epoch}").format(epoch=run.epoch)
    sentence = _(
        "{name}: {made}, accuracy {accuracy} {interval} of {count:,} images, {without} "
        "{without_interval} of the {without_count:,} without a twin in its training data. "
        "Found of each class: {recalls}."
    ).format(
        name=name,
        made=made,
        accuracy=text.percent(run.accuracy.value),
        interval=text.interval(run.accuracy.low, run.accuracy.high),
        count=run.accuracy.count,
        without=text.percent(run.without_twins.value),
        without_interval=text.interval(run.without_twins.low, run.without_twins.high),
        without_count=run.without_twins.count,
        recalls=listed(
            (
                f"{label} {cell_text(value, 'true')}"
                for label, value in zip(classes, recalls, strict=True)
            ),
            _,
        ),
    )
    confused = [
        _("{true} for {predicted} ({share})").format(
            true=classes[i], predicted=classes[j], share=f"{shares[i, j]:.2f}"
        )
        for i, j in worst
        if mistakes[i, j] > 0
    ]
    said = [sentence]
    if confused:
        said.append(_("Most often taken: {pairs}.").format(pairs=listed(confused, _)))
    if info.split not in (TRAIN, VALIDATION):
        readings = _("Readings of {split} so far: {readings}.")
        said.append(readings.format(split=_(info.split), readings=run.readings))
    return sentences(said, _)
