"""Arrays that belong to a run, by kind, method, layer, sample, target and weights."""

import time

from sqlalchemy import insert, select

from fer_core.errors import InputError
from fer_core.records import TensorRecord
from fer_core.store import codec
from fer_core.store.changes import replace_blob, touch
from fer_core.store.database import Database
from fer_core.store.runs import find
from fer_core.store.schema import blobs, tensors

_KEY = ("kind", "method", "layer", "sample", "target", "weights")


def add_tensor(database: Database, reference: str, tensor: TensorRecord) -> None:
    """Store an array, in place of an earlier one with the same key."""
    key = {name: getattr(tensor, name) for name in _KEY}
    for name, value in key.items():
        if not isinstance(value, str):
            raise InputError(f"a tensor's {name} is {value!r}; give a text")
    if not tensor.kind:
        raise InputError("a tensor's kind is empty; say what the array is")
    with database.write() as connection:
        run_id = find(connection, reference, database.path)
        touch(connection, run_id)
        blob_id = replace_blob(connection, tensors, run_id, key, tensor.array)
        connection.execute(
            insert(tensors).values(
                run_id=run_id,
                **key,
                provenance=dict(tensor.provenance),
                blob_id=blob_id,
                created_at=time.time(),
            )
        )


def get_tensors(
    database: Database, reference: str, kind: str, **key: str
) -> tuple[TensorRecord, ...]:
    """Return the arrays of a kind in the order they were stored, only those with this key."""
    for name in key:
        if name not in _KEY[1:]:
            raise InputError(f"a tensor has no {name!r}; use one of {', '.join(_KEY[1:])}")
    with database.read() as connection:
        run_id = find(connection, reference, database.path)
        rows = connection.execute(
            select(tensors, blobs.c.data)
            .join(blobs, blobs.c.id == tensors.c.blob_id)
            .where(tensors.c.run_id == run_id, tensors.c.kind == kind)
            .where(*(tensors.c[name] == value for name, value in key.items()))
            .order_by(tensors.c.id)
        ).all()
    return tuple(
        TensorRecord(
            array=codec.decode(row.data),
            provenance=row.provenance,
            **{name: row._mapping[name] for name in _KEY},
        )
        for row in rows
    )
