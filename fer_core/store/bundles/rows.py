"""The rows of an import, within its transaction."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from fer_core.errors import InputError
from fer_core.store.bundles.archive import Archive, array_name
from fer_core.store.bundles.checking import BadFile
from fer_core.store.bundles.collecting import (
    DATASET_TENSOR_COLUMNS,
    EPOCH_COLUMNS,
    PREDICTION_COLUMNS,
    READING_COLUMNS,
    RUN_COLUMNS,
    TENSOR_COLUMNS,
)
from fer_core.store.bundles.shared_data import SharedDataset
from fer_core.store.database import Database
from fer_core.store.names import NAME_LENGTH
from fer_core.store.schema import (
    blobs,
    dataset_tensors,
    datasets,
    epochs,
    predictions,
    run_details,
    runs,
    tensors,
    test_readings,
)
from fer_core.store.writing import derive


def insert_dataset(connection: Connection, archive: Archive, shared: SharedDataset) -> str:
    """Insert a data set unless it is there, and those of its arrays that are not; return the name
    that it has here: that of the file, with a number where it stands for other images."""
    name = dataset_name(connection, shared)
    if name is None:
        name = _free(shared.name, set(connection.execute(select(datasets.c.name)).scalars()))
        connection.execute(insert(datasets).values({**shared.row, "name": name}))
    table = dataset_tensors.c
    there = {
        (row.kind, row.sample)
        for row in connection.execute(
            select(table.kind, table.sample).where(table.fingerprint == shared.fingerprint)
        )
    }
    for each in shared.tensors:
        if (each["kind"], each["sample"]) not in there:
            connection.execute(
                insert(dataset_tensors).values(
                    fingerprint=shared.fingerprint,
                    data=archive.read(array_name(each["array"])),
                    **{name: each[name] for name in DATASET_TENSOR_COLUMNS},
                )
            )
    return name


def dataset_name(connection: Connection, shared: SharedDataset) -> str | None:
    """Return the name of a data set here, that of the file if it has several; None where it is
    not here."""
    same = select(datasets.c.name).where(datasets.c.fingerprint == shared.fingerprint)
    names = list(connection.execute(same.order_by(datasets.c.name)).scalars())
    return shared.name if shared.name in names else next(iter(names), None)


def insert_run(
    connection: Connection,
    archive: Archive,
    run: Mapping[str, Any],
    *,
    dataset: str,
    synthetic: bool,
    counts: Sequence[Mapping[str, int | None]],
    database: Database,
) -> str:
    """Insert a run with all that it holds; return the name that it has here."""
    run_id = run["id"]
    taken = set(connection.execute(select(runs.c.name)).scalars())
    ids = set(connection.execute(select(runs.c.id)).scalars())
    if run_id in ids:
        raise InputError(f"run {run_id} came into {database.path} meanwhile; import it again")
    if run_id in taken:
        raise InputError(
            f"{run_id!r} is the name of another run in {database.path}; rename that first with: "
            "fer-core runs rename"
        )
    name = _free(run["name"], taken | ids)
    connection.execute(
        insert(runs).values(
            **{**{column: run[column] for column in RUN_COLUMNS}, "name": name},
            dataset=dataset,
            dataset_fingerprint=run["dataset"] or "",
            synthetic=synthetic,
            epochs=0,
            seconds=0.0,
            # A number that no state of this run had here before, should it have been deleted:
            # what is kept under id and revision would be shown for it.
            revision=int(time.time()),
            host="",
            pid=0,
            process_started=0.0,
            heartbeat_at=0.0,
            writer="",
        )
    )

    def put(sha256: str | None) -> int | None:
        if sha256 is None:
            return None
        values = {"run_id": run_id, "data": archive.read(array_name(sha256))}
        return connection.execute(insert(blobs).values(values).returning(blobs.c.id)).scalar_one()

    same = ("config", "layers", "versions", "device", "held_out_fingerprint")
    connection.execute(
        insert(run_details).values(
            run_id=run_id,
            **{column: run[column] for column in same},
            held_out_blob_id=put(run["held_out"]),
            dropped_blob_id=put(run["dropped"]),
            dropped=run["dropped_counts"],
        )
    )
    for each in run["epochs"]:
        _insert(connection, epochs, run_id, each, EPOCH_COLUMNS)
    derive(connection, run_id)
    for each, counted in zip(run["predictions"], counts, strict=True):
        _check_count(connection, each, counted)
        array = put(each["array"])
        _insert(connection, predictions, run_id, each, PREDICTION_COLUMNS, blob_id=array, **counted)
    for each in run["tensors"]:
        _insert(connection, tensors, run_id, each, TENSOR_COLUMNS, blob_id=put(each["array"]))
    for each in run["test_readings"]:
        _insert(connection, test_readings, run_id, each, READING_COLUMNS)
    return name


def _check_count(
    connection: Connection, prediction: Mapping[str, Any], counts: Mapping[str, int | None]
) -> None:
    """Without images nobody can tell whether a held-out part has its fingerprint; that equal ones
    mean equally many images is what comparisons rest on."""
    table = predictions.c
    query = select(table.count).where(
        table.fingerprint == prediction["fingerprint"], table.count != counts["count"]
    )
    other = connection.execute(query.limit(1)).scalar()
    if other is not None:
        raise BadFile(
            f"predictions on {prediction['split']!a} are for {counts['count']} images, and others "
            f"with the same fingerprint for {other}"
        )


def _insert(
    connection: Connection,
    table: Any,
    run_id: str,
    record: Mapping[str, Any],
    columns: Sequence[str],
    **more: Any,
) -> None:
    values = {name: record[name] for name in columns}
    connection.execute(insert(table).values(run_id=run_id, **values, **more))


def _free(name: str, taken: set[str]) -> str:
    """Return the name, with the first number that makes it one of nobody else."""
    number, free = 2, name
    while free in taken:
        suffix = f"-{number}"
        number, free = number + 1, name[: NAME_LENGTH - len(suffix)].rstrip() + suffix
    return free
