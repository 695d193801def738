"""Records as data frames for the pages' tables; every cell is a plain value or plain text."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from dashboard import texts
from fer_core.analysis.metrics import accuracy_of
from fer_core.figures.learning_curves import LearningCurves, RunCurves
from fer_core.figures.text import interval, points
from fer_core.records import (
    FAILED,
    FINISHED,
    INTERRUPTED,
    RUNNING,
    STALE,
    Run,
    RunDetails,
    Score,
)
from fer_core.translation import Translate

Columns = dict[str, Any]  # as st.dataframe takes them

# A number in 0..100, as Streamlit formats numbers.
PERCENT = "%.1f %%"
STATUS_COLOURS = {
    RUNNING: "blue",
    FINISHED: "green",
    STALE: "orange",
    INTERRUPTED: "yellow",
    FAILED: "red",
}


def status_labels(_: Translate) -> dict[str, str]:
    """Return the words for a run's status."""
    return {
        RUNNING: _("running"),
        FINISHED: _("finished"),
        STALE: _("stale"),
        INTERRUPTED: _("interrupted"),
        FAILED: _("failed"),
    }


def matching(runs: Sequence[Run], words: str) -> list[Run]:
    """Return the runs in whose name, preset, data, status, tags or note all words occur."""
    wanted = words.casefold().split()
    return [run for run in runs if all(word in _searched(run) for word in wanted)]


def _searched(run: Run) -> str:
    synthetic = "synthetic" if run.synthetic else ""
    fields = (run.id, run.name, run.preset, run.dataset, run.status, run.note, synthetic)
    return " ".join((*fields, *run.tags)).casefold()


def runs(rows: Sequence[Run], histories: Sequence[list[float]], _: Translate) -> pd.DataFrame:
    """Return the table of runs, a row each; accuracies in percent."""
    labels = status_labels(_)
    return pd.DataFrame(
        {
            "name": [run.name for run in rows],
            "status": [[labels.get(run.status, run.status)] for run in rows],
            "data": [data_name(run, _) for run in rows],
            "curve": list(histories),
            "validation": [_percent(run.validation_accuracy) for run in rows],
            "test": [_test_accuracy(run) for run in rows],
            "test_on": [_test_settings(run) for run in rows],
            "parameters": [run.parameters for run in rows],
            "epochs": [f"{run.epochs} / {run.epochs_planned}" for run in rows],
            "preset": [run.preset for run in rows],
            "created": [texts.moment(run.created_at) for run in rows],
        }
    )


def run_columns(_: Translate) -> Columns:
    """Return titles, widths and formats of the table of runs."""
    column = st.column_config
    return {
        "name": column.TextColumn(_("Run"), width=158),
        "status": _status_column(_),
        "data": column.TextColumn(_("Data"), width=88),
        "curve": column.LineChartColumn(
            _("Curve"),
            width=92,
            y_min=0,
            y_max=1,
            help=_("validation accuracy by epoch, from 0 to 1"),
        ),
        "validation": column.NumberColumn(
            _("Validation (best)"),
            format=PERCENT,
            width=118,
            help=_("validation accuracy of the best epoch"),
        ),
        "test": column.TextColumn(
            _("Test accuracy"), width=146, help=_("with its 95 % interval (Wilson)")
        ),
        "test_on": column.TextColumn(
            _("Tested on"), width=88, help=_("images, weights, averaging if any")
        ),
        "parameters": column.NumberColumn(_("Parameters"), format="localized", width=92),
        "epochs": column.TextColumn(_("Epochs"), width=76, alignment="right"),
        "preset": column.TextColumn(_("Preset"), width=92),
        "created": column.DatetimeColumn(_("Started"), format="YYYY-MM-DD HH:mm", width=136),
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _test_accuracy(run: Run) -> str:
    score = run.test_score
    return _accuracy(score.correct, score.count) if score else ""


def _test_settings(run: Run) -> str:
    score = run.test_score
    if score is None:
        return ""
    averaging = "" if score.averaging == "none" else f" · {score.averaging}"
    return f"{score.count:,} · {score.weights}{averaging}"


def data_name(run: Run, _: Translate) -> str:
    """Name a run's data set and say so if it is synthetic."""
    if run.synthetic and "synthetic" not in run.dataset.casefold():
        return _("{name} (synthetic)").format(name=run.dataset)
    return run.dataset


class Fact(NamedTuple):
    """One number of a run's details, with a short note below it."""

    label: str
    value: str
    note: str | None


def facts(run: Run, _: Translate) -> list[Fact]:
    """Return the numbers that stand above a run's details."""
    test = run.test_score
    epoch = _("epoch {best} of {epochs}").format(best=run.best_epoch, epochs=run.epochs)
    planned = _("{epochs} of {planned} epochs").format(
        epochs=run.epochs, planned=run.epochs_planned
    )
    found = [
        Fact(
            _("Best validation accuracy"),
            texts.percent(run.validation_accuracy),
            epoch if run.best_epoch else None,
        )
    ]
    for label, without_twins in ((_("Test accuracy"), False), (_("Test, without twins"), True)):
        if test is None:
            found.append(Fact(label, texts.MISSING, _("test was not read yet")))
            continue
        correct = test.correct_without_twins if without_twins else test.correct
        count = test.count_without_twins if without_twins else test.count
        value = accuracy_of(correct, count)
        note = f"{interval(value.low, value.high)} · n {count:,} · {test.weights}"
        found.append(Fact(label, texts.percent(value.value), note))
    found.append(Fact(_("Parameters"), texts.count(run.parameters), run.preset or None))
    found.append(Fact(_("Training time"), texts.duration(run.seconds), planned))
    return found


def origin(run: Run, _: Translate) -> str:
    """Say in one line of plain text where a run comes from."""
    parts = [
        status_labels(_).get(run.status, run.status),
        _("data: {name}").format(name=data_name(run, _) or texts.MISSING),
        _("seed {seed}").format(seed=run.seed),
        _("started {moment:%Y-%m-%d %H:%M}").format(moment=texts.moment(run.created_at)),
        *run.tags,
    ]
    return " · ".join(parts)


def _status_column(_: Translate) -> Any:
    labels = status_labels(_)
    return st.column_config.MultiselectColumn(
        _("Status"),
        width=98,
        options=list(labels.values()),
        color=[STATUS_COLOURS[status] for status in labels],
    )


def scores(rows: Sequence[Score], _: Translate) -> pd.DataFrame:
    """Return accuracies with 95 % intervals and n, with and without twins."""
    return pd.DataFrame(
        {
            _("Split"): [score.split for score in rows],
            _("Weights"): [score.weights for score in rows],
            _("Averaging"): [score.averaging for score in rows],
            _("Accuracy, 95 % interval"): [_accuracy(score.correct, score.count) for score in rows],
            _("Images"): [score.count for score in rows],
            _("Without twins"): [
                _accuracy(score.correct_without_twins, score.count_without_twins) for score in rows
            ],
            _("Images without twins"): [score.count_without_twins for score in rows],
        }
    )


def _accuracy(correct: int, count: int) -> str:
    value = accuracy_of(correct, count)
    return f"{texts.percent(value.value)}  {interval(value.low, value.high)}"


def readings(details: RunDetails, _: Translate) -> pd.DataFrame:
    """Return the log of every reading of a test split."""
    rows = details.test_readings
    return pd.DataFrame(
        {
            _("Read at"): [texts.moment(row.read_at) for row in rows],
            _("Split"): [row.split for row in rows],
            _("Weights"): [row.weights for row in rows],
            _("Averaging"): [row.averaging for row in rows],
            _("Checkpoint (SHA-256)"): [row.checkpoint_sha256 for row in rows],
        }
    )


def layers(details: RunDetails, _: Translate) -> pd.DataFrame:
    """Return the layers in forward order, a row a module."""
    rows = details.layers
    return pd.DataFrame(
        {
            _("Layer"): [layer.name for layer in rows],
            _("Type"): [layer.type for layer in rows],
            _("Output shape"): [" × ".join(map(str, layer.output_shape)) for layer in rows],
            _("Parameters"): [layer.parameters for layer in rows],
            _("Trainable"): [layer.trainable for layer in rows],
            _("Multiply-adds"): [layer.operations for layer in rows],
        }
    )


def pairs(values: dict[str, object], _: Translate) -> pd.DataFrame:
    """Return keys and values, a row each; values as JSON unless they are text."""
    return pd.DataFrame(
        {
            _("Setting"): list(values),
            _("Value"): [
                value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                for value in values.values()
            ],
        }
    )


def curves(info: LearningCurves, _: Translate) -> pd.DataFrame:
    """Return what each run's curves say, a row each: accuracies in percent, gaps in points."""
    labels = status_labels(_)
    return pd.DataFrame(
        [
            {
                "name": row.run.name,
                "status": [labels.get(row.run.status, row.run.status)],
                "epochs": f"{len(row.epoch)} / {row.run.epochs_planned}",
                **_numbers(row),
            }
            for row in info.runs
        ],
        columns=list(curve_columns(_)),
    )


def _numbers(row: RunCurves) -> dict[str, object]:
    if row.best is None or row.stops_improving is None:
        return {}
    accuracies = row.raw["validation_accuracy"]
    return {
        "best": int(row.epoch[row.best]),
        "validation": 100 * float(accuracies[row.best]),
        "last": 100 * float(accuracies[-1]),
        "stops": int(row.epoch[row.stops_improving]),
        "gap": points(float(row.gap[row.best])),
        "last_gap": points(float(row.gap[-1])),
        "time": texts.duration(float(row.seconds[-1])),
    }


def curve_columns(_: Translate) -> Columns:
    """Return titles and formats of the table below the curves."""
    column = st.column_config
    gap = _("training minus validation accuracy, in points")
    return {
        "name": column.TextColumn(_("Run")),
        "status": _status_column(_),
        "epochs": column.TextColumn(_("Epochs"), alignment="right"),
        "best": column.NumberColumn(_("Best epoch"), help=_("of validation accuracy, unsmoothed")),
        "validation": column.NumberColumn(_("Best validation"), format=PERCENT),
        "last": column.NumberColumn(_("Last validation"), format=PERCENT),
        "stops": column.NumberColumn(
            _("Stops improving"),
            help=_("the first epoch within one standard error of the best"),
        ),
        "gap": column.TextColumn(_("Gap at best"), help=gap, alignment="right"),
        "last_gap": column.TextColumn(_("Gap at last"), help=gap, alignment="right"),
        "time": column.TextColumn(_("Training time"), alignment="right"),
    }
