"""What several writing modules do to a run's rows."""

import time
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, update

from fer_core.errors import InputError
from fer_core.records import RUNNING
from fer_core.store import codec
from fer_core.store.database import Database
from fer_core.store.liveness import Process
from fer_core.store.schema import blobs, runs


def touch(connection: Connection, run_id: str, *owned: ColumnElement[bool], **values: Any) -> bool:
    """Change a run's row and bump its revision; False when no such run is `owned` any more."""
    bump = {"revision": runs.c.revision + 1, "updated_at": time.time()}
    statement = update(runs).where(runs.c.id == run_id, *owned).values({**bump, **values})
    return connection.execute(statement).rowcount > 0


def insert_blob(connection: Connection, run_id: str, array: np.ndarray) -> int:
    """Store an array's bytes and return their number."""
    statement = insert(blobs).values(run_id=run_id, data=codec.encode(array))
    return connection.execute(statement.returning(blobs.c.id)).scalar_one()


def replace_blob(
    connection: Connection, table: Table, run_id: str, key: dict[str, str], array: np.ndarray
) -> int:
    """Like `insert_blob`; first remove the row of `table` with this key, and its blob."""
    same = (table.c[name] == value for name, value in key.items())
    replaced = select(table.c.blob_id).where(table.c.run_id == run_id, *same)
    connection.execute(delete(blobs).where(blobs.c.id.in_(replaced)))  # the row cascades
    return insert_blob(connection, run_id, array)


def refuse_if_alive(row: Any) -> None:
    """Raise InputError while the process that writes this run is there."""
    writer = Process(row.host, row.pid, row.process_started)
    if row.status == RUNNING and not writer.is_gone(row.heartbeat_at):
        raise InputError(
            f"run {row.name!r} is being written by process {row.pid} on {row.host}; stop that first"
        )


def check_name_is_free(
    connection: Connection, name: str, database: Database, *, but: str = ""
) -> None:
    """Raise InputError when another run than `but` has this name, or has it as its id."""
    taken = select(runs.c.id).where((runs.c.name == name) | (runs.c.id == name), runs.c.id != but)
    found = connection.execute(taken).scalar()
    if found is not None:
        what = "id" if found == name else "name"
        raise InputError(
            f"{name!r} is the {what} of another run in {database.path}; choose another name"
        )
