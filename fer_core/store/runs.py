"""Reading runs: lists, details, histories. The number of queries never depends on their number."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, func, select

from fer_core.errors import InputError
from fer_core.records import (
    RUNNING,
    STALE,
    VALIDATION,
    Epoch,
    Layer,
    Run,
    RunDetails,
    Score,
    TestReading,
)
from fer_core.store import codec
from fer_core.store.database import Database
from fer_core.store.liveness import Process
from fer_core.store.names import normal
from fer_core.store.schema import blobs, epochs, predictions, run_details, runs, test_readings

_SCORES = select(predictions).where(predictions.c.count.is_not(None))
_NEWEST_LAST = (predictions.c.created_at, predictions.c.id)
_RUN_COLUMNS = tuple(field.name for field in fields(Run) if field.name in runs.c)
_SCORE_COLUMNS = tuple(field.name for field in fields(Score))
_ID_PREFIX = re.compile(r"[0-9a-f-]+")


def list_runs(database: Database) -> tuple[Run, ...]:
    """Return all runs, newest first: two queries."""
    with database.read() as connection:
        rows = connection.execute(
            select(runs).order_by(runs.c.created_at.desc(), runs.c.id.desc())
        ).all()
        scores = _scores_by_run(connection.execute(_SCORES.order_by(*_NEWEST_LAST)).all())
    return tuple(_run(row, scores.get(row.id, ())) for row in rows)


def get_run(database: Database, reference: str) -> Run:
    """Return one run by id, name or unique beginning of its id."""
    with database.read() as connection:
        return read_run(connection, find(connection, reference, database.path))


def read_run(connection: Connection, run_id: str) -> Run:
    """Return the run with exactly this id, which is there."""
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one()
    query = _SCORES.where(predictions.c.run_id == run_id).order_by(*_NEWEST_LAST)
    return _run(row, _scores_by_run(connection.execute(query).all()).get(run_id, ()))


def find(connection: Connection, reference: str, path: Path) -> str:
    """Return the id of the run with this id, this name, or this unique beginning of an id.

    Raises InputError when there is none, or several ids begin so.
    """
    reference = normal(reference)
    query = select(runs.c.id)
    for exact in (runs.c.id == reference, runs.c.name == reference):
        found = connection.execute(query.where(exact)).scalar()
        if found is not None:
            return found
    candidates: list[str] = []
    if _ID_PREFIX.fullmatch(reference):
        begins = runs.c.id.startswith(reference, autoescape=True)
        candidates = list(connection.execute(query.where(begins).order_by(runs.c.id)).scalars())
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        shown = ", ".join(candidates[:5]) + (", ..." if len(candidates) > 5 else "")
        raise InputError(f"{reference!r} begins the ids of {len(candidates)} runs; use {shown}")
    raise InputError(f"no run {reference!r} in {path}; see: fer-core runs list")


def get_details(database: Database, reference: str) -> RunDetails:
    """Return a run with its configuration, layers, versions and readings of test."""
    with database.read() as connection:
        run = read_run(connection, find(connection, reference, database.path))
        row = connection.execute(select(run_details).where(run_details.c.run_id == run.id)).one()
        readings = connection.execute(
            select(test_readings)
            .where(test_readings.c.run_id == run.id)
            .order_by(test_readings.c.read_at, test_readings.c.id)
        ).all()
    return RunDetails(
        run=run,
        config=row.config,
        layers=tuple(layer_of(stored) for stored in row.layers),
        versions=row.versions,
        device=row.device,
        dropped=row.dropped or {},
        test_readings=tuple(
            TestReading(
                each.split, each.weights, each.averaging, each.checkpoint_sha256, each.read_at
            )
            for each in readings
        ),
    )


def layer_of(stored: Mapping[str, Any]) -> Layer:
    """JSON has lists where a layer has tuples; older runs lack the fields that have defaults."""
    shapes = {name: tuple(stored.get(name, ())) for name in ("input_shape", "output_shape")}
    settings = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in stored.get("settings", {}).items()
    }
    return Layer(**{**stored, **shapes, "settings": settings})


def get_histories(database: Database, run_ids: Iterable[str]) -> dict[str, tuple[Epoch, ...]]:
    """Return the epochs of each run, oldest first, in one query; () where there are none."""
    found: dict[str, list[Epoch]] = {run_id: [] for run_id in run_ids}
    wanted = func.json_each(codec.to_json(list(found))).table_valued("value")
    query = (
        select(epochs)
        .where(epochs.c.run_id.in_(select(wanted.c.value)))
        .order_by(epochs.c.run_id, epochs.c.epoch)
    )
    with database.read() as connection:
        for row in connection.execute(query).all():
            found[row[0]].append(_epoch(row[1:]))
    return {run_id: tuple(history) for run_id, history in found.items()}


def get_held_out(connection: Connection, run_id: str) -> np.ndarray:
    """Return the held-out indices into train as (N,) int32, read-only; empty where none."""
    return _indices(connection, run_id, run_details.c.held_out_blob_id)


def get_dropped(connection: Connection, run_id: str) -> np.ndarray:
    """Return the indices into train that were left out as (N,) int32, read-only."""
    return _indices(connection, run_id, run_details.c.dropped_blob_id)


def _indices(connection: Connection, run_id: str, blob_id: ColumnElement[int]) -> np.ndarray:
    blob = connection.execute(
        select(blobs.c.data)
        .join(run_details, blob_id == blobs.c.id)
        .where(run_details.c.run_id == run_id)
    ).scalar()
    return np.empty(0, np.int32) if blob is None else codec.decode(blob)


def _epoch(values: tuple[Any, ...]) -> Epoch:
    # Columns and fields have one order; NULL is not-a-number, but for what may be None.
    if None in values[:6]:
        numbers: Any = [math.nan if value is None else value for value in values[:6]]
        return Epoch(*numbers, *values[6:])
    return Epoch(*values)


def _scores_by_run(rows: Iterable[Row[Any]]) -> Mapping[str, tuple[Score, ...]]:
    scores: dict[str, tuple[Score, ...]] = {}
    for row in rows:
        values = row._mapping
        score = Score(**{name: values[name] for name in _SCORE_COLUMNS})
        scores[row.run_id] = (*scores.get(row.run_id, ()), score)
    return scores


def _run(row: Row[Any], scores: tuple[Score, ...]) -> Run:
    values = row._mapping
    status = row.status
    if status == RUNNING:
        writer = Process(row.host, row.pid, row.process_started)
        if writer.is_gone(row.heartbeat_at):
            status = STALE
    stored = {name: values[name] for name in _RUN_COLUMNS}
    run = Run(**{**stored, "status": status, "tags": tuple(row.tags), "scores": scores})
    score = run.score(VALIDATION)
    if run.validation_accuracy is None and score is not None:
        return replace(run, validation_accuracy=score.accuracy)
    return run
