"""Writing runs as one file to hand on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fer_core.errors import InputError
from fer_core.files import check_writable, writing_atomically
from fer_core.store.bundles import archive, manifest
from fer_core.store.bundles.archive import Progress
from fer_core.store.bundles.checking import BadFile
from fer_core.store.bundles.collecting import Collection
from fer_core.store.database import Database
from fer_core.store.datasets import Datasets
from fer_core.store.errors import full_disk
from fer_core.store.runs import find


@dataclass(frozen=True)
class Exported:
    """What was written. runs: their names; size: bytes; left_out: how many arrays of which kind
    are not in it, since they show faces; lacking: lines about what was not there."""

    path: str
    runs: tuple[str, ...]
    size: int
    left_out: dict[str, int]
    lacking: tuple[str, ...]


def export_runs(
    database: Database,
    datasets: Datasets,
    references: Sequence[str],
    path: Path,
    *,
    weights: bool,
    faces: bool,
    progress: Progress,
) -> Exported:
    """Write the file: all of it or nothing. See RunStore.export_runs."""
    check_writable(path)
    with database.read() as connection:
        run_ids = list(dict.fromkeys(find(connection, each, database.path) for each in references))
        collection = Collection(connection, datasets, weights=weights, faces=faces)
        found = collection.manifest(run_ids)
        try:
            content = manifest.encode(found)
        except BadFile as error:
            raise InputError(
                f"{', '.join(references)} cannot be shared: {error}; change that first, a name "
                "with: fer-core runs rename"
            ) from None
        members = {**collection.sources, manifest.NAME: lambda: content}
        try:
            with writing_atomically(path) as file:
                archive.write(file, members, progress)
        except OSError as error:
            raise full_disk(path, error.strerror or error) from None
    return Exported(
        str(path),
        tuple(run["name"] for run in found["runs"]),
        path.stat().st_size,
        dict(sorted(collection.left_out.items())),
        tuple(collection.lacking),
    )
