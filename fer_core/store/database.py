"""Connections and transactions: the only place that knows the engine."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import StatementError
from sqlalchemy.pool import QueuePool

from fer_core.errors import InputError
from fer_core.store import codec, opening
from fer_core.store.errors import StoreError, StoreUnavailable, explain


class Database:
    """One store's file, for any number of threads.

    Every transaction sees the store as it was when it began. Errors of SQLite come out as
    StoreError, with the transaction undone.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self._engine: Engine = create_engine(
            "sqlite://",
            creator=self._connect,
            poolclass=QueuePool,
            max_overflow=40,
            json_serializer=codec.to_json,
            json_deserializer=codec.from_json,
        )
        event.listen(self._engine, "begin", _begin)
        self._for_writing = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        self._file = self._identify()
        self._lock = Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that reads one state of the store, whatever others write meanwhile."""
        with self._transaction(self._engine) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that no other writer can come between: all of it is kept or nothing."""
        if self.read_only:
            raise StoreError(f"{self.path} was opened for reading only")
        with self._transaction(self._for_writing) as connection:
            yield connection

    @contextmanager
    def maintenance(self) -> Iterator[sqlite3.Connection]:
        """A connection outside any transaction, for PRAGMA statements that need that."""
        with self._explained():
            raw = self._engine.raw_connection()
            try:
                yield raw.driver_connection  # type: ignore[misc]
            finally:
                raw.close()

    def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        self._notice_another_file()
        with self._explained(), engine.begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except StatementError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise explain(error.orig, self.path) from None
            if isinstance(error.orig, (StoreError, InputError)):  # from the codec
                raise error.orig from None
            raise InputError(f"a value cannot be stored ({error.orig})") from None
        except (UnicodeEncodeError, OverflowError) as error:
            # An unpaired surrogate, a number of more than 64 bits.
            raise InputError(f"a value cannot be stored ({error})") from None
        except sqlite3.Error as error:
            raise explain(error, self.path) from None

    def _connect(self) -> sqlite3.Connection:
        mode = "ro" if self.read_only else "rw"
        return opening.connect(self.path, mode, "synchronous=FULL", "foreign_keys=ON")

    def _notice_another_file(self) -> None:
        """A store that was removed or replaced must not be read or written as if it were there."""
        if self._identify() == self._file:
            return
        with self._lock:
            self._engine.dispose()
            opening.check(self.path)
            self._file = self._identify()

    def _identify(self) -> tuple[int, int]:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            raise StoreUnavailable("missing", self.path) from None
        except OSError as error:
            raise StoreUnavailable("unusable", self.path, error.strerror or "") from None
        return status.st_dev, status.st_ino


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
