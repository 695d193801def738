"""Which file is a store, and what each other file gets."""

import sqlite3
import threading
from contextlib import closing

import pytest

from fer_core.errors import InputError
from fer_core.store import RunStore, StoreError, StoreUnavailable, opening


def pragma(path, name):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def stamp(path, revision):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def refusal(path, *, read_only=True):
    with pytest.raises(StoreUnavailable) as caught:
        RunStore.open(path, read_only=read_only)
    assert isinstance(caught.value, InputError)
    assert isinstance(caught.value, StoreError)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return caught.value


def test_a_fresh_store_is_made_as_the_design_says(path):
    RunStore.open(path).close()
    assert pragma(path, "journal_mode") == "wal"
    assert pragma(path, "auto_vacuum") == 2  # incremental
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [(opening.HEAD,)]


def test_connections_sync_fully_and_enforce_foreign_keys(store):
    with store._database.maintenance() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_the_path_is_given_or_in_the_environment_or_runs_in_this_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FER_STORE", raising=False)
    with RunStore.open() as store:
        assert store.path.resolve() == tmp_path / "runs" / "runs.db"
    monkeypatch.setenv("FER_STORE", str(tmp_path / "else" / "x y#?%41.db"))
    with RunStore.open() as store:
        assert store.path == tmp_path / "else" / "x y#?%41.db"
        assert store.folder == tmp_path / "else"
        assert store.checkpoint_folder("id") == tmp_path / "else" / "id" / "checkpoints"
    assert (tmp_path / "else" / "x y#?%41.db").exists()


def test_reading_where_nothing_is_says_how_to_start_and_creates_nothing(path, tmp_path):
    error = refusal(path)
    assert error.reason == "missing"
    assert "make demo" in str(error)
    assert "fer-core data import" in str(error)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_missing_to_readers_and_filled_by_writers(path):
    path.parent.mkdir()
    path.touch()
    assert refusal(path).reason == "missing"
    RunStore.open(path).close()
    RunStore.open(path, read_only=True).close()


@pytest.mark.parametrize("revision", [f"{int(opening.HEAD) + 1:04}", "9999", "ae1027a6acf"])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_store_is_refused_and_left_alone(path, revision, read_only):
    RunStore.open(path).close()
    stamp(path, revision)
    error = refusal(path, read_only=read_only)
    assert error.reason == "newer"
    assert "update FER Lab" in str(error)
    assert [each.name for each in path.parent.glob("*backup*")] == []


def test_an_older_store_is_refused_to_readers_with_the_command(path):
    RunStore.open(path).close()
    stamp(path, "0000")
    error = refusal(path)
    assert error.reason == "older"
    assert "fer-core runs repair" in str(error)


def test_what_is_no_store_is_unusable_and_left_alone(path, tmp_path):
    path.parent.mkdir()
    path.write_bytes(b"this is not a database, but it is longer than a header" * 100)
    before = path.read_bytes()
    assert refusal(path).reason == "unusable"
    assert refusal(path, read_only=False).reason == "unusable"
    assert path.read_bytes() == before
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE songs (title)")
    assert "something else" in str(refusal(other, read_only=False))
    assert refusal(other).reason == "unusable"


def test_a_cut_off_store_is_unusable(path):
    RunStore.open(path).close()
    path.write_bytes(path.read_bytes()[:5000])
    assert refusal(path).reason == "unusable"


def test_a_folder_or_a_file_in_place_of_the_folder_is_unusable(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "runs.db"):
        for read_only in (True, False):
            error = refusal(path, read_only=read_only)
            assert error.reason == "unusable"
            assert "FER_STORE" in str(error)


def test_reading_creates_only_what_sqlite_needs(path, store):
    store.runs()
    store.close()
    names = {"runs.db", "datasets"}
    assert {each.name for each in path.parent.iterdir()} == names
    with RunStore.open(path, read_only=True) as reader:
        reader.runs()
        assert {each.name for each in path.parent.iterdir()} - names <= {
            "runs.db-shm",
            "runs.db-wal",
        }
        with pytest.raises(StoreError, match="reading only"):
            reader.set_note("x", "y")


def test_many_threads_may_create_the_same_store(path):
    errors: list[BaseException] = []

    def create():
        try:
            RunStore.open(path).close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_network_drive_is_warned_of(path, monkeypatch, caplog):
    from types import SimpleNamespace

    mounts = [SimpleNamespace(mountpoint="/", fstype="ext4")]
    monkeypatch.setattr(opening.psutil, "disk_partitions", lambda **_: mounts)
    RunStore.open(path).close()
    assert caplog.messages == []
    mounts.append(SimpleNamespace(mountpoint=str(path.parent), fstype="nfs4"))
    RunStore.open(path).close()
    assert "network drive (nfs4), which is not supported" in caplog.messages[0]
