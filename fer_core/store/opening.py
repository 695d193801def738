"""Finding, creating and migrating the store's file.

Creating and migrating happen in one BEGIN IMMEDIATE transaction of the store itself: SQLite's
write lock keeps other processes out and ends with this process, whatever happens to it.
"""

import logging
import os
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import psutil
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from fer_core.files import sync
from fer_core.store import schema
from fer_core.store.errors import StoreUnavailable, explain, full_disk

HEAD = "0003"  # the newest revision in migrations/versions
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 60.0

_NETWORK_DRIVES = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "davfs", "fuse.sshfs"}
_one_at_a_time = threading.Lock()  # Alembic keeps its context in a global
_log = logging.getLogger(__name__)


def default_path() -> Path:
    """Return the file that FER_STORE names, else runs/runs.db in the working directory."""
    return Path(os.environ.get("FER_STORE") or "runs/runs.db").expanduser()


def connect(path: Path, mode: str, *pragmas: str) -> sqlite3.Connection:
    """Connect to the file: mode ``ro``, ``rw`` or ``rwc`` (create)."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,  # transactions are begun by us, see database.py
        check_same_thread=False,  # a pool hands a connection to one thread at a time
    )
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def check(path: Path) -> None:
    """Raise StoreUnavailable unless the file is a store of this version. Writes nothing."""
    revision = _stored_revision(path)
    if revision is None:
        raise StoreUnavailable("missing", path)
    if revision != HEAD:
        raise StoreUnavailable("older" if _is_older(revision) else "newer", path)


def prepare(path: Path) -> None:
    """Create the store, or migrate an older one after a backup; leave a current one alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable("unusable", path, error.strerror or "") from None
    _warn_of_network_drive(path)
    if path.exists():
        revision = _stored_revision(path)
        if revision == HEAD:
            return
        if revision is not None and not _is_older(revision):
            raise StoreUnavailable("newer", path)
    engine = create_engine("sqlite://", creator=lambda: _connect_for_ddl(path), poolclass=NullPool)
    event.listen(engine, "begin", lambda each: each.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with _one_at_a_time, engine.begin() as connection:
            _bring_to_head(connection, path)
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise explain(error.orig, path) from None
        raise


def _is_older(revision: str) -> bool:
    return revision.isdigit() and revision < HEAD


def _stored_revision(path: Path) -> str | None:
    """Return the schema's revision, None where there is no file or nothing in it yet."""
    if path.is_dir():
        raise StoreUnavailable("unusable", path, "it is a folder; name a file in it")
    if path.parent.exists() and not path.parent.is_dir():
        raise StoreUnavailable("unusable", path, f"{path.parent} is not a folder")
    try:
        if not path.exists():
            return None
        with closing(connect(path, "ro")) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if not tables:
                return None
            if not {"alembic_version", "runs"} <= tables:
                raise StoreUnavailable("unusable", path, "it is a database of something else")
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise explain(error, path) from None
    except OSError as error:
        raise StoreUnavailable("unusable", path, error.strerror or "") from None
    if row is None or not isinstance(row[0], str):
        raise StoreUnavailable("unusable", path, "it has no schema version")
    return row[0]


def _connect_for_ddl(path: Path) -> sqlite3.Connection:
    """Connect for creating or migrating: foreign keys off, or rebuilt tables would cascade."""
    connection = connect(path, "rwc", "synchronous=FULL", "foreign_keys=OFF")
    try:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # only before the first table
        _start_log(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _start_log(connection: sqlite3.Connection, path: Path) -> None:
    """Switch to a write-ahead log, waiting for others: this one lock ignores the busy timeout."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
    if mode != "wal":
        detail = "no write-ahead log here; network drives are not supported"
        raise StoreUnavailable("unusable", path, detail)


def _bring_to_head(connection: Connection, path: Path) -> None:
    # Alembic takes a while to import, and nearly every opening does without.
    import alembic.command
    import alembic.config

    configuration = alembic.config.Config()
    configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    revision = _stored_revision(path)  # again: another process may have been faster
    if revision is None:
        schema.metadata.create_all(connection)
        alembic.command.stamp(configuration, "head")
    elif revision != HEAD:
        if not _is_older(revision):
            raise StoreUnavailable("newer", path)
        _back_up(path, revision)
        alembic.command.upgrade(configuration, "head")
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise StoreUnavailable("unusable", path, f"rows without a run in {broken[0][0]}")


def _back_up(path: Path, revision: str) -> None:
    """Copy the store as last committed to ``<file>.backup-<revision>-<time>``, synced."""
    target = path.with_name(f"{path.name}.backup-{revision}-{time.strftime('%Y%m%d-%H%M%S')}")
    unfinished = path.with_name(f"{target.name}.tmp-{os.getpid()}")
    try:
        with closing(connect(path, "ro")) as source, closing(connect(unfinished, "rwc")) as copy:
            source.backup(copy)
        sync(unfinished)
        unfinished.replace(target)
        sync(path.parent)
    except (sqlite3.Error, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise full_disk(target, error) from None
    _log.info("%s was copied to %s before its migration", path, target)


def _warn_of_network_drive(path: Path) -> None:
    folder = path.parent.resolve()
    mounts = [
        (len(partition.mountpoint), partition.fstype)
        for partition in psutil.disk_partitions(all=True)
        if folder.is_relative_to(partition.mountpoint)
    ]
    kind = max(mounts, default=(0, ""))[1]
    if kind.lower() in _NETWORK_DRIVES:
        _log.warning(
            "%s lies on a network drive (%s), which is not supported and may lose data; name a "
            "file on a local disk in FER_STORE",
            path,
            kind,
        )
