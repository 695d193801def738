"""Bringing the runs of a shared file into a store: all is checked first, then one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer_core.errors import InputError
from fer_core.store import dataset_files as files
from fer_core.store.bundles import archive, known, rows
from fer_core.store.bundles.archive import Archive, Progress, weights_name
from fer_core.store.bundles.checking import BadFile
from fer_core.store.bundles.shared_data import SharedDataset
from fer_core.store.bundles.shared_runs import check_run
from fer_core.store.bundles.staging import Staging
from fer_core.store.database import Database
from fer_core.store.datasets import Datasets
from fer_core.store.evaluation import Splits


@dataclass(frozen=True)
class ImportedRun:
    """A run of the file. name: its name here; shared_name: that in the file; new: whether it was
    not here before."""

    id: str
    name: str
    shared_name: str
    new: bool


@dataclass(frozen=True)
class Imported:
    """What came of a file. datasets: of each data set's name in the file its name here;
    pictured: names of those here whose images came with the file; without_images: of those that
    have none."""

    path: str
    runs: tuple[ImportedRun, ...]
    datasets: dict[str, str]
    pictured: tuple[str, ...]
    without_images: tuple[str, ...]


def import_runs(
    database: Database, datasets: Datasets, path: Path, *, progress: Progress
) -> Imported:
    """Bring all runs of a file into the store, or none. See RunStore.import_runs."""
    with _named(path), archive.opened(path) as opened:
        shared = {
            record["fingerprint"]: SharedDataset(opened, record)
            for record in opened.manifest["datasets"]
        }
        to_publish = [each for each in shared.values() if _lacks(database, datasets, each)]
        found = _split(database, datasets, opened.manifest["runs"])
        new = [run for run, name in found if name is None]
        counts = []
        for done, run in enumerate(new):
            progress(done, 2 * len(new))
            of = shared.get(run["dataset"])
            known_as = None if of is None or of in to_publish else _name(database, of)
            data: Splits | None = of if known_as is None else datasets
            counts.append(check_run(opened, run, of, data, known_as))
        names, new_names = _write(
            database, datasets, opened, shared, to_publish, new, counts, progress
        )
        progress(2 * len(new), 2 * len(new))
    here = {run["id"]: name for run, name in zip(new, new_names, strict=True)}
    return Imported(
        str(path),
        tuple(
            ImportedRun(run["id"], name or here[run["id"]], run["name"], name is None)
            for run, name in found
        ),
        {each.name: names[each.fingerprint] for each in shared.values()},
        tuple(sorted(names[each.fingerprint] for each in to_publish if each.pictured)),
        tuple(sorted(name for key, name in names.items() if not datasets.has_images(key))),
    )


def _write(
    database: Database,
    datasets: Datasets,
    opened: Archive,
    shared: Mapping[str, SharedDataset],
    to_publish: Sequence[SharedDataset],
    new: Sequence[Mapping[str, Any]],
    counts: Sequence[Sequence[Mapping[str, int | None]]],
    progress: Progress,
) -> tuple[dict[str, str], list[str]]:
    """Write what is checked; return the names of the data sets by fingerprint, and of the runs."""
    with Staging(datasets.folder.parent) as staging:
        for each in to_publish:
            temporary = files.write_parts(datasets.folder, each.parts, each.names)
            staging.add_dataset(temporary, datasets.folder / each.fingerprint)
        for done, run in enumerate(new, len(new)):
            progress(done, 2 * len(new))
            staging.add_weights(run["id"], _weights(opened, run))
        with database.write() as connection:
            names = {
                fingerprint: rows.insert_dataset(connection, opened, each)
                for fingerprint, each in shared.items()
            }
            new_names = []
            for run, counted in zip(new, counts, strict=True):
                row = shared[run["dataset"]].row if run["dataset"] else None
                new_names.append(
                    rows.insert_run(
                        connection,
                        opened,
                        run,
                        dataset=names.get(run["dataset"], ""),
                        synthetic=row is not None and row["synthetic"],
                        counts=counted,
                        database=database,
                    )
                )
            staging.place()
        staging.keep()
    datasets.forget()
    return names, new_names


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say of which file an error is, and what to do."""
    try:
        yield
    except BadFile as error:
        newer = "newer FER Lab" in str(error)
        todo = "update FER Lab" if newer else "have it written again with: fer-core runs export"
        raise InputError(f"{path}: {error}; {todo}") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _name(database: Database, shared: SharedDataset) -> str | None:
    """Return a name under which the store has a data set, None where it has not."""
    with database.read() as connection:
        return rows.dataset_name(connection, shared)


def _lacks(database: Database, datasets: Datasets, shared: SharedDataset) -> bool:
    """Tell whether the arrays of a data set are to be written: the store has none, or none of
    the images that the file has.

    Raises BadFile where the store has others under the same fingerprint.
    """
    fingerprint = shared.fingerprint
    final = datasets.folder / files.folder_name(fingerprint)
    name = _name(database, shared)
    pictured = files.has_images(final)
    fingerprints = {each["name"]: each["fingerprint"] for each in shared.row["splits"]}
    # A folder without a row: of an import that was killed, or of another store beside this one.
    if name is None and files.damaged_splits(final, fingerprints):
        return True
    for split in fingerprints:
        if not np.array_equal(datasets.labels(fingerprint, split), shared.labels("", split)):
            raise BadFile(f"{shared.name!a} {split}: its labels are not those of its fingerprint")
    if name is not None and datasets.get(name).synthetic != shared.row["synthetic"]:
        raise BadFile(f"data set {shared.name!a} is synthetic here or there, but not both")
    return shared.pictured and not pictured


def _split(
    database: Database, datasets: Datasets, shared: Sequence[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any], str | None]]:
    """Return each run with the name that it has here already, None for a new one.

    Raises InputError for a run that is here with other content.
    """
    found = []
    with database.read() as connection:
        for run in shared:
            name = known.stored_name(connection, run["id"])
            other = name and known.difference(connection, datasets, run)
            if other:
                raise InputError(
                    f"run {name!r} ({run['id']}) is in this store with other {other}; keep it, or "
                    f"delete it first with: fer-core runs delete {run['id']}"
                )
            found.append((run, name))
    return found


def _weights(opened: Archive, run: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: lambda sha256=sha256: opened.read(weights_name(sha256))
        for name, sha256 in run["checkpoints"].items()
    }
