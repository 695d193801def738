"""Putting a store in order after crashes. What may be somebody's work is named, never removed."""

import logging
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import select

from fer_core.records import INTERRUPTED, RUNNING, Dataset
from fer_core.store import dataset_files
from fer_core.store.bundles.staging import is_left_over
from fer_core.store.changes import touch
from fer_core.store.database import Database
from fer_core.store.datasets import Datasets
from fer_core.store.errors import StoreError
from fer_core.store.liveness import Process
from fer_core.store.schema import runs

_RUN_FOLDER = re.compile(r"\d{6}-\d{6}-[0-9a-f]{4}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RepairReport:
    """What `repair` did and found.

    Paths are texts, so that the report goes into JSON as it is.
    interrupted: names of runs whose process was gone; removed: temporary files and folders of
    processes that are gone; unknown: folders of runs and data sets that this store does not
    know, left alone; problems: lines, none for a sound store.
    """

    interrupted: tuple[str, ...]
    removed: tuple[str, ...]
    unknown: tuple[str, ...]
    problems: tuple[str, ...]


def repair(database: Database, datasets: Datasets) -> RepairReport:
    """Mark stale runs interrupted, remove what crashes left, check the file and the arrays."""
    interrupted = []
    removed = []
    # No other process starts or deletes a run, or adds a data set, before this ends.
    with database.write() as connection:
        running = set()
        for row in connection.execute(select(runs).where(runs.c.status == RUNNING)).all():
            if Process(row.host, row.pid, row.process_started).is_gone(row.heartbeat_at):
                touch(connection, row.id, status=INTERRUPTED)
                interrupted.append(row.name)
            else:
                running.add(row.id)
        known = set(connection.execute(select(runs.c.id)).scalars())
        for path in sorted(_leftovers(database.path, datasets.folder, known, running)):
            if _remove(path):
                removed.append(str(path))
    stored = datasets.all()
    problems = [*_damaged(stored, datasets), *_check_file(database)]
    free_space(database)
    unknown = map(str, _unknown(database.path.parent, datasets.folder, known, stored))
    return RepairReport(tuple(interrupted), tuple(removed), tuple(unknown), tuple(problems))


def folders(store: Path, run_id: str) -> tuple[Path, Path]:
    """Return a run's folder, and the name it has while it is being deleted."""
    return store.parent / run_id, store.parent / f"{_doomed_prefix(store)}{run_id}"


def _doomed_prefix(store: Path) -> str:
    return f".deleted-{store.name}-"  # another store may lie in the same folder


def free_space(database: Database) -> None:
    """Give what deleted rows took back to the disk, as far as others allow just now."""
    try:
        with database.maintenance() as connection:
            connection.executescript("PRAGMA incremental_vacuum")  # execute() stops after a page
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except StoreError as error:  # what was asked for is done; the next call tries again
        _log.info("the space of what was deleted is still taken: %s", error)


def _leftovers(store: Path, datasets: Path, known: set[str], running: set[str]) -> Iterator[Path]:
    for doomed in store.parent.glob(".deleted-*"):
        run_id = doomed.name.removeprefix(_doomed_prefix(store))
        folder, _ = folders(store, run_id)
        if run_id in known and not folder.exists():
            doomed.rename(folder)  # the deletion was never committed
        elif _RUN_FOLDER.fullmatch(run_id):
            yield doomed
    for run_id in known - running:
        yield from (store.parent / run_id).glob("**/*.tmp")
    for backup in store.parent.glob(f"{store.name}.backup-*.tmp-*"):
        owner = backup.name.rpartition("-")[2]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            yield backup
    for folder in store.parent.iterdir():
        staged_or_unknown = folder.name not in known and (
            folder.name.startswith(".import-") or _RUN_FOLDER.fullmatch(folder.name)
        )
        if staged_or_unknown and is_left_over(folder):
            yield folder
    for folder in datasets.glob(".new-*"):
        process_id = dataset_files.temporary_owner(folder.name)
        if process_id is not None and not psutil.pid_exists(process_id):
            yield folder


def _remove(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return not path.exists()


def _unknown(
    folder: Path, datasets: Path, known: set[str], stored: tuple[Dataset, ...]
) -> list[Path]:
    fingerprints = {each.fingerprint for each in stored}
    strangers = [
        each
        for each in folder.iterdir()
        if _RUN_FOLDER.fullmatch(each.name) and each.is_dir() and each.name not in known
    ]
    if datasets.is_dir():
        for each in datasets.iterdir():
            temporary = dataset_files.temporary_owner(each.name) is not None
            if each.is_dir() and not temporary and each.name not in fingerprints:
                strangers.append(each)
    return sorted(strangers)


def _damaged(stored: tuple[Dataset, ...], datasets: Datasets) -> Iterator[str]:
    for dataset in stored:
        folder = datasets.folder / dataset_files.folder_name(dataset.fingerprint)
        fingerprints = {name: split.fingerprint for name, split in dataset.splits.items()}
        for split in dataset_files.damaged_splits(folder, fingerprints):
            yield (
                f"data set {dataset.name!r}: {split} is missing or damaged; import it again with: "
                f"fer-core data import PATH --name {dataset.name}"
            )


def _check_file(database: Database) -> Iterator[str]:
    with database.maintenance() as connection:
        for (line,) in connection.execute("PRAGMA integrity_check").fetchall():
            if line != "ok":
                yield f"{database.path}: {line}"
