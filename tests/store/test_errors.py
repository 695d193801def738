import sqlite3
from pathlib import Path

import pytest

from fer_core.errors import InputError
from fer_core.store import StoreError, StoreUnavailable
from fer_core.store.errors import explain


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("SQLITE_FULL", StoreError, "disk is full"),
        ("SQLITE_IOERR_WRITE", StoreError, "disk is full"),
        ("SQLITE_IOERR_SHMSIZE", StoreError, "disk is full"),
        ("SQLITE_IOERR_READ", StoreError, "check the disk"),
        ("SQLITE_BUSY", StoreError, "is busy"),
        ("SQLITE_LOCKED_SHAREDCACHE", StoreError, "is busy"),
        ("SQLITE_CORRUPT", StoreUnavailable, "cannot be used"),
        ("SQLITE_NOTADB", StoreUnavailable, "cannot be used"),
        ("SQLITE_CANTOPEN", StoreUnavailable, "cannot be used"),
        ("SQLITE_READONLY_DIRECTORY", StoreUnavailable, "not writable"),
        ("SQLITE_ERROR", StoreError, "runs.db: first line"),
        (None, StoreError, "runs.db: first line"),
    ],
)
def test_every_error_of_sqlite_is_one_line_that_names_the_file(code, kind, words):
    error = sqlite3.OperationalError("first line\nsecond line")
    if code:
        error.sqlite_errorname = code
    explained = explain(error, Path("runs.db"))
    assert type(explained) is kind
    assert words in str(explained)
    assert "runs.db" in str(explained)
    assert "\n" not in str(explained)


def test_a_store_that_is_not_there_is_an_input_error_and_a_full_disk_is_not():
    assert issubclass(StoreUnavailable, InputError)
    assert issubclass(StoreUnavailable, StoreError)
    assert not issubclass(StoreError, InputError)
