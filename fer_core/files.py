"""Writing files: a reader finds the old one or the new one, never half of one; the same content
gives the same bytes."""

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from fer_core.errors import InputError


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, flush it to the disk, then rename it over `path`.

    After an error (a full disk, a missing folder) the old file is there and nothing else.
    """
    with writing_atomically(path) as file:
        file.write(content)


@contextmanager
def writing_atomically(path: Path) -> Iterator[BinaryIO]:
    """Like `write_atomically`, for what is written bit by bit; an exception keeps the old file."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def check_writable(path: Path) -> None:
    """Raise InputError unless `write_atomically` can write there; nothing stays behind.

    For what takes long: a wrong path is said before, not after.
    """
    try:
        if not path.name or path.is_dir():
            raise InputError(f"{path}: a folder; name a file in it")
        temporary = path.with_name(path.name + ".tmp")
        temporary.open("wb").close()
        temporary.unlink()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"{path}: cannot be written: {reason}; name another file") from None


def zip_member(name: str) -> zipfile.ZipInfo:
    """Return a member of a zip, stored as it is, that says nothing of when and where it was made:
    the same files give the same bytes."""
    member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))  # the earliest that a zip can say
    member.create_system = 3  # Unix, whatever this is: else permissions mean nothing
    member.external_attr = (stat.S_IFREG | 0o644) << 16
    return member


def sync(path: Path) -> None:
    """Flush a file, or a folder's entries, to the disk."""
    if path.is_dir() and os.name == "nt":  # Windows has no handle on a folder to flush
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
