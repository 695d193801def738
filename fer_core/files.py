"""Writing files so that a reader finds the old one or the new one, never half of one."""

import os
from pathlib import Path

from fer_core.errors import InputError


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, flush it to the disk, then rename it over `path`.

    After an error (a full disk, a missing folder) the old file is there and nothing else.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
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


def sync(path: Path) -> None:
    """Flush a file, or a folder's entries, to the disk."""
    if path.is_dir() and os.name == "nt":  # Windows has no handle on a folder to flush
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
