"""The forms in which people hold the data; a form is found by content, never by a file's name.

A further form is one more reader, and its line in READERS.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from fer_core.data.readers import Progress, fer2013_csv, kaggle_archive, no_progress
from fer_core.data.sources import Source, open_source, quoted, refused
from fer_core.errors import InputError
from fer_core.records import SplitArrays

READERS = (kaggle_archive.READER, fer2013_csv.READER)


class Read(NamedTuple):
    """What a source holds: its form's name, and its splits."""

    form: str
    splits: Mapping[str, SplitArrays]


def read(path: Path | str, *, progress: Progress | None = None) -> Read:
    """Read a file, folder or zip into arrays.

    `progress` is told (done, total). Raises InputError, in one line that names the file, the row
    or member, the reason and the next step, for whatever cannot be read as one of READERS.
    """
    source = open_source(Path(path))
    try:
        for reader in READERS:
            if reader.recognises(source):
                return Read(reader.name, reader.read(source, progress or no_progress))
        raise _unknown(source)
    finally:
        source.close()


def _unknown(source: Source) -> InputError:
    expected = "; expected " + ", or ".join(reader.expects for reader in READERS)
    members = source.members
    if not members:
        return refused(source, f"nothing in it{expected}")
    if len(members) > 1:
        return refused(
            source,
            f"{len(members):,} files such as {quoted(members[0])!r}, of no known form{expected}",
        )
    header = fer2013_csv.header_of(source, members[0])
    if header is None:
        return refused(source, f"neither a zip nor text in UTF-8{expected}")
    return refused(source, f"the first line is {quoted(','.join(header), 60)!r}{expected}")
