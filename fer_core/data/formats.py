"""The forms in which people hold the data; a form is found by content, never by a file's name.

A further form is one more reader, and its line in READERS.
"""

import stat
import warnings
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from fer_core.data.readers import Progress, fer2013_csv, kaggle_archive, no_progress
from fer_core.data.sources import Folder, SingleFile, Source, quoted, reason_of, refused
from fer_core.data.zip_source import ZipArchive
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
    path = Path(path)
    try:
        with warnings.catch_warnings(), closing(open_source(path)) as source:
            # Pillow warns of odd chunks in images that it then reads.
            warnings.simplefilter("ignore")
            for reader in READERS:
                if reader.recognises(source):
                    return Read(reader.name, reader.read(source, progress or no_progress))
            raise _unknown(source)
    except OSError as error:
        raise refused(path, f"cannot be read: {reason_of(error)}; check file and disk") from None
    except MemoryError:
        raise refused(path, "more than fits in memory; import a part of it") from None


def open_source(path: Path) -> Source:
    """Open whatever lies at a path; raises InputError where nothing can be read."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise refused(path, "no such file or folder; check the path") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise refused(path, f"cannot be read: {reason_of(error)}; check the path") from None
    if stat.S_ISDIR(mode):
        return Folder(path)
    if not stat.S_ISREG(mode):
        raise refused(path, "neither a file nor a folder; name a zip, a folder or a csv")
    with path.open("rb") as file:
        head = file.read(4)
    if not head:
        raise refused(path, "the file is empty; download it again")
    return ZipArchive(path) if head[:2] == b"PK" else SingleFile(path)


def _unknown(source: Source) -> InputError:
    expected = "; expected " + ", or ".join(reader.expects for reader in READERS)
    members = source.members
    if not members:
        return refused(source, f"nothing in it{expected}")
    if len(members) > 1:
        return refused(
            source,
            f"{len(members):,} files such as '{quoted(members[0])}', of no known form{expected}",
        )
    header = fer2013_csv.header_of(source, members[0])
    if header is None:
        return refused(source, f"neither a zip nor text in UTF-8{expected}")
    return refused(source, f"the first line is '{quoted(','.join(header), 60)}'{expected}")
