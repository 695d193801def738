"""From a path to a whole data set: read, compare the images, take fingerprints."""

from collections.abc import Callable
from pathlib import Path

from fer_core.data.audit import audited
from fer_core.data.formats import read
from fer_core.data.readers import Progress, ReadOptions
from fer_core.records import DatasetArrays


def import_data(
    path: Path | str,
    *,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    progress: Progress | None = None,
    note: Callable[[str], None] | None = None,
) -> DatasetArrays:
    """Read any known form (see `formats.READERS`); nothing is written.

    `progress` is told (done, total); `note` one line for each thing that was left out. Raises
    InputError for what cannot be read.
    """
    found = read(path, options=options, progress=progress)
    for line in found.notes:
        if note:
            note(line)
    return audited(found.form, found.splits)
