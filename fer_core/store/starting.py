"""The start of a run, and taking over one that stopped before its end."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, select

from fer_core.errors import InputError
from fer_core.records import FINISHED, RUNNING, TRAIN, Layer
from fer_core.store import evaluation
from fer_core.store.changes import check_name_is_free, insert_blob, refuse_if_alive, touch
from fer_core.store.database import Database
from fer_core.store.datasets import Datasets
from fer_core.store.liveness import Process, this_process
from fer_core.store.names import clean_name
from fer_core.store.runs import find
from fer_core.store.schema import run_details, runs
from fer_core.store.writing import RunWriter


@dataclass(frozen=True)
class NewRun:
    """What a run starts with: see RunStore.start_run."""

    name: str | None
    config: Mapping[str, Any]
    preset: str
    data: str | None
    held_out: np.ndarray | None
    dropped: np.ndarray | None
    dropped_counts: Mapping[str, int]
    layers: tuple[Layer, ...]
    parameters: int
    seed: int
    epochs_planned: int
    versions: Mapping[str, str]
    device: str


def start(database: Database, datasets: Datasets, new: NewRun) -> RunWriter:
    """Insert a run and return its writer."""
    dataset = datasets.get(new.data) if new.data is not None else None
    fingerprint = dataset.fingerprint if dataset else ""
    held_out = _indices("held_out", new.held_out, datasets, fingerprint)
    dropped = _indices("dropped", new.dropped, datasets, fingerprint)
    name = None if new.name is None else clean_name(new.name, "run's name")
    held_out_fingerprint = ""
    if held_out is not None and dataset is not None:
        held_out_fingerprint = evaluation.fingerprint_of(datasets, dataset.fingerprint, held_out)
    now, process, token = time.time(), this_process(), secrets.token_hex(8)
    with database.write() as connection:
        run_id = _free_id(connection, now)
        if name is None:
            name = _free_name(connection, clean_name(new.preset.strip()[-60:] or "run", "preset"))
        check_name_is_free(connection, name, database)
        connection.execute(
            insert(runs).values(
                id=run_id,
                name=name,
                preset=new.preset,
                status=RUNNING,
                dataset=dataset.name if dataset else "",
                dataset_fingerprint=dataset.fingerprint if dataset else "",
                synthetic=dataset.synthetic if dataset else False,
                seed=int(new.seed),
                parameters=int(new.parameters),
                epochs_planned=int(new.epochs_planned),
                epochs=0,
                seconds=0.0,
                created_at=now,
                updated_at=now,
                revision=1,
                tags=[],
                note="",
                **_process_values(process, now, token),
            )
        )
        held_out_blob, dropped_blob = (
            None if indices is None else insert_blob(connection, run_id, indices)
            for indices in (held_out, dropped)
        )
        connection.execute(
            insert(run_details).values(
                run_id=run_id,
                config=dict(new.config),
                layers=[asdict(layer) for layer in new.layers],
                versions=dict(new.versions),
                device=new.device,
                held_out_blob_id=held_out_blob,
                held_out_fingerprint=held_out_fingerprint,
                dropped_blob_id=dropped_blob,
                dropped=dict(new.dropped_counts),
            )
        )
    return RunWriter(database, datasets, run_id, name, token)


def take_over(database: Database, datasets: Datasets, reference: str) -> RunWriter:
    """Make this process the writer of a run that has stopped before its end."""
    now, process, token = time.time(), this_process(), secrets.token_hex(8)
    with database.write() as connection:
        run_id = find(connection, reference, database.path)
        row = connection.execute(select(runs).where(runs.c.id == run_id)).one()
        if row.status == FINISHED:
            raise InputError(f"run {row.name!r} is finished; start a new one with: fer-core train")
        refuse_if_alive(row)
        touch(connection, run_id, status=RUNNING, **_process_values(process, now, token))
    return RunWriter(database, datasets, run_id, row.name, token)


def _indices(
    what: str, given: np.ndarray | None, datasets: Datasets, fingerprint: str
) -> np.ndarray | None:
    if given is None or len(given) == 0:
        return None
    if not fingerprint:
        raise InputError(f"{what} was given without a data set; name one with data=...")
    indices = np.asarray(given)
    count = len(datasets.labels(fingerprint, TRAIN))
    if indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise InputError(f"{what} is {indices.dtype} {indices.shape}; give whole numbers (N,)")
    if indices.min() < 0 or indices.max() >= count or len(np.unique(indices)) != len(indices):
        raise InputError(f"{what} must be different indices into train, 0 to {count - 1}")
    return indices.astype(np.int32)


def _process_values(process: Process, now: float, token: str) -> dict[str, Any]:
    return {
        "host": process.host,
        "pid": process.pid,
        "process_started": process.started,
        "heartbeat_at": now,
        "writer": token,
    }


def _free_id(connection: Connection, now: float) -> str:
    while True:
        run_id = f"{time.strftime('%y%m%d-%H%M%S', time.gmtime(now))}-{secrets.token_hex(2)}"
        taken = select(runs.c.id).where((runs.c.id == run_id) | (runs.c.name == run_id))
        if connection.execute(taken).first() is None:
            return run_id


def _free_name(connection: Connection, stem: str) -> str:
    taken = set(connection.execute(select(runs.c.name)).scalars())
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"
