"""What can go wrong with a run store, each as one line that a person can act on."""

import sqlite3
from pathlib import Path
from typing import Literal

from fer_core.errors import InputError

Reason = Literal["missing", "older", "newer", "unusable"]

_ADVICE: dict[str, str] = {
    "missing": "no run store at {path}; start one with: make demo, or fer-core data import PATH",
    "older": "{path} was written by an older FER Lab; bring it up to date with: "
    "fer-core runs repair",
    "newer": "{path} was written by a newer FER Lab; update FER Lab, or name another file in "
    "FER_STORE",
    "unusable": "{path} cannot be used; name another file in FER_STORE",
}

# A write that a limit refuses is an input/output error to SQLite; only ENOSPC is "full".
_NO_ROOM = (
    "SQLITE_FULL",
    "SQLITE_IOERR_WRITE",
    "SQLITE_IOERR_FSYNC",
    "SQLITE_IOERR_DIR_FSYNC",
    "SQLITE_IOERR_TRUNCATE",
    "SQLITE_IOERR_SHMSIZE",
    "SQLITE_IOERR_SHMMAP",
)


class StoreError(RuntimeError):
    """The store could not do what it was asked, though the request was right (a full disk).

    The message is one line. What was committed before is intact.
    """


class StoreUnavailable(StoreError, InputError):  # noqa: N818 - a state of the store, not a fault
    """There is no store to open here. `reason` says why, the message which command helps."""

    def __init__(self, reason: Reason, path: Path, detail: str = "") -> None:
        advice = _ADVICE[reason].format(path=path)
        super().__init__(f"{advice} ({detail})" if detail else advice)
        self.reason: Reason = reason


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """Turn an error of SQLite into one line."""
    code = getattr(error, "sqlite_errorname", "") or ""
    detail = (str(error).splitlines() or [code])[0]
    if code in _NO_ROOM:
        return full_disk(path, detail)
    if code.startswith("SQLITE_IOERR"):
        return StoreError(f"cannot read {path}; check the disk ({detail}, {code})")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreError(
            f"{path} is busy: another process has been writing for too long; try again ({detail})"
        )
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CANTOPEN")):
        return StoreUnavailable("unusable", path, detail)
    if code.startswith(("SQLITE_READONLY", "SQLITE_PERM")):
        # SQLite keeps two files beside the store even while it only reads.
        return StoreUnavailable("unusable", path, f"it or its folder is not writable: {detail}")
    return StoreError(f"{path}: {detail}")


def full_disk(path: Path, detail: object) -> StoreError:
    """Return the error for a write that the disk, a quota or a file-size limit refused."""
    return StoreError(
        f"cannot write to {path}: the disk is full or a limit on file sizes is reached; make "
        f"room and try again, what was stored before is intact ({detail})"
    )
