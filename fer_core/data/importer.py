"""From a path to a whole data set: read, audit the images, take fingerprints."""

from pathlib import Path

from fer_core.data.audit import audited
from fer_core.data.formats import read
from fer_core.data.readers import Progress
from fer_core.records import DatasetArrays


def import_data(path: Path | str, *, progress: Progress | None = None) -> DatasetArrays:
    """Read any known form (see `formats.READERS`); nothing is written.

    `progress` is told (done, total), first of reading, then of the audit. Raises InputError for
    what cannot be read.
    """
    form, splits = read(path, progress=progress)
    return audited(form, splits, progress=progress)
