"""The forms in which people hold the data; a form is found by content, never by a file's name.

A further form is one more reader, and its line in READERS.
"""

import stat
import warnings
from contextlib import closing
from pathlib import Path

from fer_core.data.classes import Classes
from fer_core.data.readers import (
    Progress,
    Read,
    ReadOptions,
    class_folders,
    course_folders,
    csv_rows,
    kaggle_archive,
    no_progress,
    parquet,
    pixel_csv,
)
from fer_core.data.sources import Folder, SingleFile, Source, quoted, reason_of, refused
from fer_core.data.zip_source import ZipArchive
from fer_core.errors import InputError

READERS = (
    kaggle_archive.READER,
    class_folders.READER,
    course_folders.READER,
    pixel_csv.READER,
    parquet.READER,
)


def read(
    path: Path | str,
    *,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    progress: Progress | None = None,
) -> Read:
    """Read a file, folder or zip into arrays.

    `progress` is told (done, total). Raises InputError, in one line that names the file, the row
    or member, the reason and the next step, for whatever cannot be read as one of READERS, and
    for what could be read as two of them.
    """
    path = Path(path)
    Classes.parse(options.classes)  # what is wrong with it comes before what is wrong with files
    try:
        with warnings.catch_warnings(), closing(open_source(path)) as source:
            # Pillow warns of odd chunks in images that it then reads.
            warnings.simplefilter("ignore")
            return _read(source, options, progress or no_progress)
    except OSError as error:
        raise refused(path, f"cannot be read: {reason_of(error)}; check file and disk") from None
    except MemoryError:
        raise refused(path, "more than fits in memory; import a part of it") from None


def _read(source: Source, options: ReadOptions, progress: Progress) -> Read:
    before = source.state()
    fitting = [reader for reader in READERS if reader.recognises(source, options)]
    if not fitting:
        raise _unknown(source)
    if len(fitting) > 1:
        reason = " and also ".join(reader.expects for reader in fitting)
        raise refused(source, f"holds {reason}; name the file or the folder of one of them")
    found = fitting[0].read(source, options, progress)
    if source.state() != before:
        raise refused(source, csv_rows.CHANGED)
    if not found.splits:
        raise refused(source, "--classes leaves out all images; leave some in")
    return found


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
    forms = ", or ".join(reader.expects for reader in READERS)
    expected = f"; expected {forms}; see: fer-core data import --help"
    members = source.members
    if not members:
        return refused(source, f"nothing in it{expected}")
    if folders := class_folders.folders_of_pictures(source):
        shown = ", ".join(quoted(folder, 30) for folder in folders[:8])
        which = f"say which are: --classes {quoted(folders[0], 30)}=angry,..."
        return refused(source, f"no folder of pictures is named as a class ({shown}); {which}")
    if len(members) > 1:
        some = f"{len(members):,} files such as '{quoted(members[0])}', of no known form"
        return refused(source, f"{some}{expected}")
    header = csv_rows.header_of(source, members[0])
    if header is None:
        return refused(source, f"neither a zip, parquet nor text in UTF-8{expected}")
    return refused(source, f"the first line is '{quoted(','.join(header), 60)}'{expected}")
