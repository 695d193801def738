"""How often runs have read test splits, and with which weights."""

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from fer_core.records import Run
from fer_core.report.tables.printing import Printed, captioned, run_names
from fer_core.translation import translator

if TYPE_CHECKING:
    from fer_core.store import RunStore


class Reading(NamedTuple):
    """Readings of one kind. checkpoint: the weights' hash; readings: how many."""

    split: str
    weights: str
    averaging: str
    checkpoint: str
    readings: int


class ReadingsByRun(NamedTuple):
    """What the table shows: R runs, and of each its readings, in the order of the first of each
    kind; when they were is left out."""

    runs: tuple[Run, ...]
    readings: tuple[tuple[Reading, ...], ...]


def collect(store: "RunStore", run_ids: tuple[str, ...]) -> ReadingsByRun:
    """Count the readings that are logged."""
    details = [store.details(run_id) for run_id in run_ids]
    readings = []
    for each in details:
        counts = Counter(
            (reading.split, reading.weights, reading.averaging, reading.checkpoint_sha256)
            for reading in each.test_readings
        )
        readings.append(tuple(Reading(*key, count) for key, count in counts.items()))
    return ReadingsByRun(tuple(each.run for each in details), tuple(readings))


def table(info: ReadingsByRun) -> pd.DataFrame:
    """Return a row for each run and kind of reading, one with 0 readings where there is none."""
    rows = [
        {"run_id": run.id, "run": run.name, **reading._asdict()}
        for run, readings in zip(info.runs, info.readings, strict=True)
        for reading in (readings or (Reading("", "", "", "", 0),))
    ]
    return pd.DataFrame(rows)


def printed(info: ReadingsByRun, *, language: str = "en") -> Printed:
    """Return the same, hashes shortened."""
    _ = translator(language)
    rows = []
    for name, readings in zip(run_names(info.runs, _), info.readings, strict=True):
        if not readings:
            rows.append((name, "–", "–", "–", "–", "0"))
        for each in readings:
            how = (_(each.split), _(each.weights), _(each.averaging), each.checkpoint[:8])
            rows.append((name, *how, f"{each.readings:,}"))
    header = (_("Run"), _("Split"), _("Weights"), _("Averaging"), _("Checkpoint"), _("Readings"))
    caption = _("How often test splits were read; FER Lab never chooses an epoch on them.")
    numeric = (*[False] * 5, True)
    return Printed(header, tuple(rows), numeric, captioned(caption, info.runs, _))
