"""Records as data frames for the pages' tables; every cell is a plain value or plain text."""

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import texts
from fer_core.analysis.metrics import accuracy_of
from fer_core.figures.learning_curves import LearningCurves, RunCurves
from fer_core.figures.text import interval, points
from fer_core.records import FAILED, FINISHED, INTERRUPTED, RUNNING, STALE, Run, Score
from fer_core.translation import Translate
from fer_core.words import weights_name

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


def matching(runs: Sequence[Run], words: str, _: Translate) -> list[Run]:
    """Return the runs in whose name, preset, data, status, tags or note all words occur.

    A word may also be the beginning of an id; a status is found as it is shown, and in English.
    """
    wanted = words.casefold().split()
    return [
        run
        for run in runs
        if all(word in _searched(run, _) or run.id.startswith(word) for word in wanted)
    ]


def _searched(run: Run, _: Translate) -> str:
    synthetic = "synthetic " + _("synthetic data") if run.synthetic else ""
    status = f"{run.status} {_(run.status)}"
    fields = (run.name, run.preset, run.dataset, status, run.note, synthetic)
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
            "test_on": [_test_settings(run, _) for run in rows],
            **_noted(rows, _),
            "parameters": [run.parameters or None for run in rows],
            "epochs": [epochs_text(run.epochs, run.epochs_planned) for run in rows],
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
        "leaderboard": column.TextColumn(
            _("Leaderboard (noted)"),
            width=146,
            help=_("what a person noted of a leaderboard; not measured here"),
        ),
        "parameters": column.NumberColumn(_("Parameters"), format="localized", width=92),
        "epochs": column.TextColumn(_("Epochs"), width=76, alignment="right"),
        "preset": column.TextColumn(_("Preset"), width=92),
        "created": column.DatetimeColumn(_("Started"), format="YYYY-MM-DD HH:mm", width=136),
    }


def epochs_text(done: int, planned: int) -> str:
    """Write ``12 / 40``; a loop of one's own need not plan, and an ensemble has no epochs."""
    return f"{done} / {planned}" if planned else str(done or "")


def height(rows: int) -> int | Literal["content"]:
    """Return the height of a table in pixels: all rows if they are few, else about 14."""
    return "content" if rows <= 14 else 480


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _test_accuracy(run: Run) -> str:
    score = run.test_score
    return accuracy_text(score.correct, score.count) if score else ""


def _test_settings(run: Run, _: Translate) -> str:
    score = run.test_score
    if score is None:
        return ""
    return f"{score.count:,} · {weights_text(score, _)}"


def _noted(rows: Sequence[Run], _: Translate) -> dict[str, list[str]]:
    """Return the column of leaderboard scores; none where no run has one."""
    noted = [leaderboard_text(run, _) for run in rows]
    return {"leaderboard": noted} if any(noted) else {}


def leaderboard_text(run: Run, _: Translate) -> str:
    """Write what was noted of a leaderboard, digit for digit: ``0.68514 public · 0.67 private``."""
    scores = (
        (run.leaderboard_public, _("{score:.6g} public")),
        (run.leaderboard_private, _("{score:.6g} private")),
    )
    return " · ".join(said.format(score=score) for score, said in scores if score is not None)


def weights_text(score: Score, _: Translate) -> str:
    """Name the weights that a score was reached with, and the averaging if there was any."""
    weights = weights_name(score.weights, _)
    return weights if score.averaging == "none" else f"{weights} · {_(score.averaging)}"


def accuracy_text(correct: int, count: int) -> str:
    """Write an accuracy with its 95 % interval: ``68.0 %  [61.2, 74.1]``."""
    value = accuracy_of(correct, count)
    return f"{texts.percent(value.value)}  {interval(value.low, value.high)}"


def data_name(run: Run, _: Translate) -> str:
    """Name a run's data set and say so if it is synthetic."""
    if run.synthetic and "synthetic" not in run.dataset.casefold():
        return _("{name} (synthetic)").format(name=run.dataset)
    return run.dataset


def _status_column(_: Translate) -> Any:
    labels = status_labels(_)
    return st.column_config.MultiselectColumn(
        _("Status"),
        width=98,
        options=list(labels.values()),
        color=[STATUS_COLOURS[status] for status in labels],
    )


def curves(info: LearningCurves, _: Translate) -> pd.DataFrame:
    """Return what each run's curves say, a row each: accuracies in percent, gaps in points."""
    labels = status_labels(_)
    return pd.DataFrame(
        [
            {
                "name": row.run.name,
                "status": [labels.get(row.run.status, row.run.status)],
                "data": data_name(row.run, _),
                "epochs": epochs_text(len(row.epoch), row.run.epochs_planned),
                **_numbers(row),
            }
            for row in info.runs
        ],
        columns=list(curve_columns(_)),
    )


def _numbers(row: RunCurves) -> dict[str, object]:
    time = {"time": texts.duration(float(row.seconds[-1]))} if len(row.epoch) else {}
    if row.best is None or row.stops_improving is None:
        return dict(time)
    accuracies = row.raw["validation_accuracy"]
    return {
        **time,
        "best": int(row.epoch[row.best]),
        "validation": 100 * float(accuracies[row.best]),
        "last": 100 * float(accuracies[-1]),
        "stops": int(row.epoch[row.stops_improving]),
        "gap": points(float(row.gap[row.best])),
        "last_gap": points(float(row.gap[-1])),
    }


def curve_columns(_: Translate) -> Columns:
    """Return titles and formats of the table below the curves."""
    column = st.column_config
    gap = _("training minus validation accuracy, in points")
    return {
        "name": column.TextColumn(_("Run")),
        "status": _status_column(_),
        "data": column.TextColumn(_("Data")),
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
