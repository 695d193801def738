"""Arrays that belong to a run, by kind, method, layer, sample, target and weights; and those
that belong to a data set's images, by kind and sample."""

import time
from collections.abc import Iterable

from sqlalchemy import delete, insert, select

from fer_core.errors import InputError
from fer_core.records import TensorKey, TensorRecord
from fer_core.store import codec
from fer_core.store.changes import replace_blob, touch
from fer_core.store.database import Database
from fer_core.store.runs import find
from fer_core.store.schema import blobs, dataset_tensors, tensors

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
    database: Database, reference: str, kind: str, samples: Iterable[str] | None, **key: str
) -> tuple[TensorRecord, ...]:
    """Return the arrays of a kind in the order they were stored, only those with this key, and of
    these samples where any are given."""
    for name in key:
        if name not in _KEY[1:]:
            raise InputError(f"a tensor has no {name!r}; use one of {', '.join(_KEY[1:])}")
    of_samples = () if samples is None else (tensors.c.sample.in_(list(samples)),)
    with database.read() as connection:
        run_id = find(connection, reference, database.path)
        rows = connection.execute(
            select(tensors, blobs.c.data)
            .join(blobs, blobs.c.id == tensors.c.blob_id)
            .where(tensors.c.run_id == run_id, tensors.c.kind == kind)
            .where(*(tensors.c[name] == value for name, value in key.items()), *of_samples)
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


def get_tensor_keys(database: Database, reference: str, kind: str) -> tuple[TensorKey, ...]:
    """Return what is stored of a kind, in the order it was stored, without reading the arrays."""
    columns = (*(tensors.c[name] for name in _KEY), tensors.c.provenance)
    with database.read() as connection:
        run_id = find(connection, reference, database.path)
        rows = connection.execute(
            select(*columns)
            .where(tensors.c.run_id == run_id, tensors.c.kind == kind)
            .order_by(tensors.c.id)
        ).all()
    return tuple(TensorKey(**row._mapping) for row in rows)


def add_dataset_tensor(database: Database, fingerprint: str, tensor: TensorRecord) -> None:
    """Store an array that belongs to a data set, in place of one with its kind and sample."""
    if not tensor.kind:
        raise InputError("a tensor's kind is empty; say what the array is")
    table = dataset_tensors.c
    with database.write() as connection:
        connection.execute(
            delete(dataset_tensors).where(
                table.fingerprint == fingerprint,
                table.kind == tensor.kind,
                table.sample == tensor.sample,
            )
        )
        connection.execute(
            insert(dataset_tensors).values(
                fingerprint=fingerprint,
                kind=tensor.kind,
                sample=tensor.sample,
                provenance=dict(tensor.provenance),
                data=codec.encode(tensor.array),
                created_at=time.time(),
            )
        )


def get_dataset_tensors(
    database: Database, fingerprint: str, kind: str
) -> tuple[TensorRecord, ...]:
    """Return a data set's arrays of a kind in the order they were stored."""
    table = dataset_tensors.c
    with database.read() as connection:
        rows = connection.execute(
            select(dataset_tensors)
            .where(table.fingerprint == fingerprint, table.kind == kind)
            .order_by(table.id)
        ).all()
    return tuple(
        TensorRecord(
            kind=row.kind,
            array=codec.decode(row.data),
            sample=row.sample,
            provenance=row.provenance,
        )
        for row in rows
    )
