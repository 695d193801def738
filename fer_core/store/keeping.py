"""Keeping runs: rename, tag, note, delete, repair."""

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import delete, select

from fer_core.records import INTERRUPTED, RUNNING
from fer_core.store import dataset_files
from fer_core.store.changes import check_name_is_free, refuse_if_alive, touch
from fer_core.store.database import Database
from fer_core.store.datasets import Datasets
from fer_core.store.liveness import Process
from fer_core.store.names import clean_name, clean_note, clean_tags
from fer_core.store.runs import find
from fer_core.store.schema import runs

_RUN_FOLDER = re.compile(r"\d{6}-\d{6}-[0-9a-f]{4}")


@dataclass(frozen=True)
class RepairReport:
    """What `repair` did and found. `problems` is empty for a sound store.

    interrupted: names of runs whose process was gone; removed: files and folders that belonged
    to nothing.
    """

    interrupted: tuple[str, ...]
    removed: tuple[Path, ...]
    problems: tuple[str, ...]


def rename(database: Database, reference: str, new: str) -> None:
    """Give a run another name."""
    name = clean_name(new, "run's name")
    with database.write() as connection:
        run_id = find(connection, reference, database.path)
        check_name_is_free(connection, name, database, but=run_id)
        touch(connection, run_id, name=name)


def set_tags(database: Database, reference: str, tags: Iterable[str]) -> None:
    """Replace a run's tags."""
    cleaned = list(clean_tags(tags))
    with database.write() as connection:
        run_id = find(connection, reference, database.path)
        touch(connection, run_id, tags=cleaned)


def set_note(database: Database, reference: str, note: str) -> None:
    """Replace a run's note."""
    cleaned = clean_note(note)
    with database.write() as connection:
        run_id = find(connection, reference, database.path)
        touch(connection, run_id, note=cleaned)


def delete_run(database: Database, reference: str) -> None:
    """Delete a run, its checkpoints, and give the space back to the disk."""
    with database.write() as connection:
        run_id = find(connection, reference, database.path)
        row = connection.execute(select(runs).where(runs.c.id == run_id)).one()
        refuse_if_alive(row)
        connection.execute(delete(runs).where(runs.c.id == run_id))
    # After the row: a folder without a run is removed by `repair`, a run needs its folder.
    shutil.rmtree(database.path.parent / run_id, ignore_errors=True)
    _free_space(database)


def repair(database: Database, datasets: Datasets) -> RepairReport:
    """Mark stale runs interrupted, remove what belongs to nothing, check the file."""
    interrupted = []
    with database.write() as connection:
        for row in connection.execute(select(runs).where(runs.c.status == RUNNING)).all():
            if Process(row.host, row.pid, row.process_started).is_gone(row.heartbeat_at):
                touch(connection, row.id, status=INTERRUPTED)
                interrupted.append(row.name)
        # No other process starts a run or adds a data set before this transaction ends.
        known = set(connection.execute(select(runs.c.id)).scalars())
        fingerprints = {each.fingerprint for each in datasets.all()}
        removed = [
            path
            for path in _orphans(database.path, datasets.folder, known, fingerprints)
            if _remove(path)
        ]
    problems = [
        f"data set {each.name!r}: {split} is missing or damaged; import it again with: "
        f"fer-core data import PATH --name {each.name}"
        for each in datasets.all()
        for split in dataset_files.damaged_splits(
            datasets.folder / dataset_files.folder_name(each.fingerprint),
            {split.name: split.fingerprint for split in each.splits.values()},
        )
    ]
    with database.maintenance() as connection:
        for (line,) in connection.execute("PRAGMA integrity_check").fetchall():
            if line != "ok":
                problems.append(f"{database.path}: {line}")
    _free_space(database)
    return RepairReport(tuple(interrupted), tuple(removed), tuple(problems))


def _orphans(path: Path, datasets: Path, known: set[str], fingerprints: set[str]) -> list[Path]:
    found = [
        each
        for each in path.parent.iterdir()
        if _RUN_FOLDER.fullmatch(each.name) and each.is_dir() and each.name not in known
    ]
    for each in path.parent.glob(f"{path.name}.backup-*.tmp-*"):
        owner = each.name.rpartition("-")[2]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            found.append(each)
    if datasets.is_dir():
        for each in datasets.iterdir():
            owner_id = dataset_files.temporary_owner(each.name)
            if owner_id is not None:
                if not psutil.pid_exists(owner_id):
                    found.append(each)
            elif each.is_dir() and each.name not in fingerprints:
                found.append(each)
    return sorted(found)


def _remove(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return not path.exists()


def _free_space(database: Database) -> None:
    with database.maintenance() as connection:
        connection.execute("PRAGMA incremental_vacuum").fetchall()
        # As far as readers allow just now; the next one continues.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
