"""One run's details as numbers and data frames; every cell is a plain value or plain text."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
import streamlit as st

from dashboard import tables, texts
from fer_core.analysis.metrics import accuracy_of
from fer_core.figures.text import interval
from fer_core.records import Run, RunDetails, Score
from fer_core.translation import Translate
from fer_core.words import weights_name


class Fact(NamedTuple):
    """One number of a run's details, with a short note below it."""

    label: str
    value: str
    note: str | None


def facts(run: Run, _: Translate) -> list[Fact]:
    """Return the numbers that stand above a run's details."""
    test = run.test_score
    epoch = _("epoch {best} of {epochs}").format(best=run.best_epoch, epochs=run.epochs)
    made = _("{epochs} of {planned} epochs") if run.epochs_planned else _("{epochs} epochs")
    made = made.format(epochs=run.epochs, planned=run.epochs_planned)
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
        note = f"{interval(value.low, value.high)} · n {count:,} · {tables.weights_text(test, _)}"
        found.append(Fact(label, texts.percent(value.value), note))
    if noted := tables.leaderboard_text(run, _):
        note = _("noted by a person, not measured here")
        found.append(Fact(_("Leaderboard (noted)"), noted, note))
    found.append(Fact(_("Parameters"), texts.count(run.parameters or None), run.preset or None))
    if run.epochs or run.epochs_planned:
        found.append(Fact(_("Training time"), texts.duration(run.seconds), made))
    return found


def origin(run: Run, _: Translate) -> str:
    """Say in one line of plain text where a run comes from."""
    parts = [
        tables.status_labels(_).get(run.status, run.status),
        _("data: {name}").format(name=tables.data_name(run, _) or texts.MISSING),
        _("seed {seed}").format(seed=run.seed),
        _("started {moment:%Y-%m-%d %H:%M}").format(moment=texts.moment(run.created_at)),
        *run.tags,
    ]
    return " · ".join(parts)


def scores(rows: Sequence[Score], _: Translate) -> pd.DataFrame:
    """Return accuracies with 95 % intervals and n, with and without twins."""
    return pd.DataFrame(
        {
            _("Split"): [_(score.split) for score in rows],
            _("Weights"): [weights_name(score.weights, _) for score in rows],
            _("Averaging"): [_(score.averaging) for score in rows],
            _("Accuracy, 95 % interval"): [
                tables.accuracy_text(score.correct, score.count) for score in rows
            ],
            _("Images"): [score.count for score in rows],
            _("Without twins"): [
                tables.accuracy_text(score.correct_without_twins, score.count_without_twins)
                for score in rows
            ],
            _("Images without twins"): [score.count_without_twins for score in rows],
        }
    )


def readings(details: RunDetails, _: Translate) -> pd.DataFrame:
    """Return the log of every reading of a test split."""
    rows = details.test_readings
    return pd.DataFrame(
        {
            _("Read at"): [texts.moment(row.read_at) for row in rows],
            _("Split"): [_(row.split) for row in rows],
            _("Weights"): [weights_name(row.weights, _) for row in rows],
            _("Averaging"): [_(row.averaging) for row in rows],
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


def worked_out(table: pd.DataFrame, _: Translate) -> pd.DataFrame:
    """Return what the layers cost, from the table of the figure `complexity`, with the products."""
    return pd.DataFrame(
        {
            _("Run"): table["run"],
            _("Layer"): table["layer"],
            _("Type"): table["type"],
            _("Multiply-adds worked out"): table["operations_worked_out"],
            _("Multiply-adds"): table["operations"],
            _("Parameters worked out"): table["parameters_worked_out"],
            _("Parameters"): table["parameters"],
            _("Activations (bytes)"): table["activation_bytes"],
        }
    )


def whole_numbers(table: pd.DataFrame) -> tables.Columns:
    """Return the format of a table's columns of whole numbers: with separators."""
    return {
        name: st.column_config.NumberColumn(format="localized")
        for name in table.select_dtypes("integer").columns
    }


def made_on(details: RunDetails, _: Translate) -> pd.DataFrame:
    """Return the device that a run was trained on, and the versions of the libraries."""
    return pairs({_("device"): details.device, **details.versions}, _)


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
