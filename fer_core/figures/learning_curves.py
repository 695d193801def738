"""Loss and accuracy by epoch, training and validation, several runs over each other."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from fer_core.analysis import curves
from fer_core.errors import InputError
from fer_core.figures import facets, text
from fer_core.figures.draw_learning_curves import draw as draw
from fer_core.figures.draw_learning_curves import no_epochs
from fer_core.figures.options import number, one_of
from fer_core.records import VALIDATION, Epoch, Run
from fer_core.setting_texts import read_stages
from fer_core.translation import Translate, translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

QUANTITIES = (
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
)


class RunCurves(NamedTuple):
    """The history of one run. All arrays are (E,), one value an epoch; E may be 0.

    epoch: int32, from 1; seconds: float64, spent up to the end of that epoch; raw, smoothed:
    float64 by quantity, accuracies in 0..1; best, stops_improving: positions in the arrays
    (None without epochs); tolerance: of the rule for stops_improving, in 0..1; smaller: side and
    last epoch of each stage with smaller images, which its epochs are validated on, too.
    """

    run: Run
    epoch: np.ndarray
    seconds: np.ndarray
    raw: dict[str, np.ndarray]
    smoothed: dict[str, np.ndarray]
    gap: np.ndarray
    best: int | None
    stops_improving: int | None
    tolerance: float
    smaller: tuple[tuple[int, int], ...]


class LearningCurves(NamedTuple):
    """What the figure shows."""

    runs: tuple[RunCurves, ...]
    smoothing: float
    x: Literal["epoch", "time"]
    metric: Literal["both", "loss", "accuracy"]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    smoothing: float = 0.0,
    x: Literal["epoch", "time"] = "epoch",
    metric: Literal["both", "loss", "accuracy"] = "both",
) -> LearningCurves:
    """Read the histories of runs.

    smoothing: weight of the past in the drawn curves, 0 to 0.99 (see `curves.smooth`); the
    best epoch is found and marked on the raw values; x: epochs, or the time spent in them.
    """
    smoothing = number("smoothing", smoothing, 0, 0.99)
    one_of("x", x, ("epoch", "time"))
    one_of("metric", metric, ("both", "loss", "accuracy"))
    runs = [store.run(reference) for reference in run_ids]
    histories = store.histories([run.id for run in runs])
    return LearningCurves(
        tuple(
            _run_curves(
                run,
                histories.get(run.id, ()),
                smoothing,
                validation_count(store, run),
                store.details(run.id).config,
            )
            for run in runs
        ),
        smoothing,
        x,
        metric,
    )


def validation_count(store: "RunStore", run: Run) -> int | None:
    """Return how many images a run's validation accuracies are of; None where that is unknown."""
    score = run.score(VALIDATION)
    if score is not None:
        return score.count
    try:
        return len(store.evaluation_split(run.id, VALIDATION).labels)
    except InputError:  # a run without stored data: other people's loops
        return None


def _run_curves(
    run: Run,
    history: tuple[Epoch, ...],
    smoothing: float,
    count: int | None,
    config: Mapping[str, Any],
) -> RunCurves:
    raw: dict[str, np.ndarray] = {
        quantity: np.array([getattr(epoch, quantity) for epoch in history], dtype=np.float64)
        for quantity in QUANTITIES
    }
    accuracies = raw["validation_accuracy"]
    best = curves.best_index(accuracies)
    tolerance = 0.0 if best is None else curves.standard_error(float(accuracies[best]), count)
    return RunCurves(
        run=run,
        epoch=np.array([epoch.epoch for epoch in history], dtype=np.int32),
        seconds=np.nancumsum([epoch.seconds for epoch in history], dtype=np.float64),
        raw=raw,
        smoothed={quantity: curves.smooth(values, smoothing) for quantity, values in raw.items()},
        gap=curves.gap(raw["train_accuracy"], accuracies),
        best=best,
        stops_improving=curves.stops_improving_index(accuracies, tolerance),
        tolerance=tolerance,
        smaller=_smaller_sides(run, config),
    )


def _smaller_sides(run: Run, config: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
    if not run.preset:  # a loop of one's own means what it likes by a setting of that name
        return ()
    stages = read_stages(config.get("sides", ""))
    return tuple((stage.side, stage.last_epoch(run.epochs_planned)) for stage in stages)


def table(info: LearningCurves) -> pd.DataFrame:
    """Return the drawn numbers, one row for each run and epoch; accuracies and the gap in 0..1,
    `seconds` since the start of training; `*_smoothed` only where the figure is smoothed."""
    parts = []
    for run in info.runs:
        columns: dict[str, Any] = {
            "run_id": run.run.id,
            "run": run.run.name,
            "synthetic": run.run.synthetic,
            "epoch": run.epoch,
            "seconds": run.seconds,
            **run.raw,
            "gap": run.gap,
            "best": np.arange(len(run.epoch)) == run.best,
        }
        if info.smoothing:
            columns |= {f"{name}_smoothed": values for name, values in run.smoothed.items()}
        parts.append(pd.DataFrame(columns, index=range(len(run.epoch))))
    return pd.concat(parts, ignore_index=True)


def describe(info: LearningCurves, *, language: str = "en") -> str:
    """Return the figure in words, one line for each run: its text alternative, and what a
    caption states."""
    _ = translator(language)
    shown = {
        "both": _("Loss and accuracy"),
        "loss": _("Loss"),
        "accuracy": _("Accuracy"),
    }[info.metric]
    against = _("by epoch") if info.x == "epoch" else _("against training time")
    lines = [
        _(
            "{shown} {against}; training dashed, validation solid, a marker at the best epoch."
        ).format(shown=shown, against=against)
    ]
    if info.smoothing:
        smoothed = _(
            "Smoothed by an exponential average with weight {weight:.2f}; thin: unsmoothed; "
            "best epochs are those of the unsmoothed values."
        ).format(weight=info.smoothing)
        lines = [sentences([*lines, smoothed], _)]
    return "\n".join(lines + [_describe_run(run, _) for run in info.runs])


def _describe_run(run: RunCurves, _: Translate) -> str:
    name = facets.named(run.run, _)
    if not len(run.epoch):
        return _("{name}: {none}.").format(name=name, none=no_epochs(run.run, _))
    if run.best is None or run.stops_improving is None:
        return _("{name}: {done} epochs ({status}); no validation accuracy is stored.").format(
            name=name, done=len(run.epoch), status=_(run.run.status)
        )
    said = _(
        "{name}: {done} of {planned} epochs ({status}); best validation accuracy {best} at epoch "
        "{best_epoch}; stops improving at epoch {stop} (the first within one standard error, "
        "{tolerance:.1f} points, of the best); training minus validation accuracy {gap} points "
        "at the best epoch, {last_gap} at the last."
    ).format(
        name=name,
        done=len(run.epoch),
        planned=max(run.run.epochs_planned, len(run.epoch)),
        status=_(run.run.status),
        best=text.percent(run.raw["validation_accuracy"][run.best]),
        best_epoch=run.epoch[run.best],
        stop=run.epoch[run.stops_improving],
        tolerance=100 * run.tolerance,
        gap=text.points(run.gap[run.best]),
        last_gap=text.points(run.gap[-1]),
    )
    stages = [
        _("Up to epoch {epoch}, images of {side} pixels, also in validation.").format(
            epoch=last, side=side
        )
        for side, last in run.smaller
    ]
    return sentences([said, *stages], _)
