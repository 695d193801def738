"""kill -9 and a full disk during an import: the store as before, and the next import goes on."""

import sqlite3
import sys
from contextlib import closing

import pytest

from fer_core.store import RunStore
from tests.store.bundles import shared

# Dies where the first argument says: after so many rows, before or after the commit, or while
# files are put in place.
SCRIPT = """
import os, signal, sys
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from fer_core.store import RunStore, dataset_files
from fer_core.store.bundles.staging import Staging

moment, path, file = sys.argv[1], Path(sys.argv[2]), sys.argv[3]


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


written = False  # what only reads commits, too


def after_execute(connection, cursor, statement, *rest):
    global written
    written = written or statement.startswith("INSERT")
    if statement.startswith(moment):
        die()


def around_commit(dialect, connection):
    if moment == "before commit" and written:
        die()
    commit(dialect, connection)
    if moment == "after commit" and written:
        die()


with RunStore.open(path) as store:
    commit = DefaultDialect.do_commit
    DefaultDialect.do_commit = around_commit
    event.listen(Engine, "after_cursor_execute", after_execute)
    if moment == "staged":
        Staging.place = die
    if moment == "half in place":
        dataset_files.publish = die
    store.import_runs(file)
"""
MOMENTS = (
    "staged", "INSERT INTO runs", "INSERT INTO tensors", "half in place", "before commit",
    "after commit",
)  # fmt: skip


@pytest.mark.parametrize("tidy", ["repair", "import"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_import_leaves_the_store_as_it_was(moment, tidy, whole, empty, script):
    path = empty.path
    empty.close()
    result = script(SCRIPT, moment, path, whole)
    assert (result.returncode, result.stderr) == (-9, "")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with RunStore.open(path) as store:
        there = moment == "after commit"
        assert len(store.runs()) == (2 if there else 0)
        if tidy == "repair":
            store.repair()
            left = {name.partition("/")[0] for name in shared.files(store.folder)}
            # An unknown data set may be somebody's work.
            assert there or left <= {"datasets"}
        done = store.import_runs(whole)
        assert [run.new for run in done.runs] == [not there] * 2
        assert store.repair().unknown == store.repair().problems == ()
        again = store.folder / "again.ferlab"
        store.export_runs(["first", "second"], again, faces=True)
        assert again.read_bytes() == whole.read_bytes()
        again.unlink()
        names = {name.partition("/")[0] for name in shared.files(store.folder)}
        assert names == {"datasets", *(run.id for run in store.runs())}
        assert not any(name.endswith(".tmp") for name in shared.files(store.folder))


@pytest.mark.skipif(sys.platform == "win32", reason="no RLIMIT_FSIZE on Windows")
def test_an_import_on_a_full_disk_leaves_nothing(whole, empty, script):
    path = empty.path
    empty.close()
    text = """
import resource, sys
from pathlib import Path

from fer_core.store import RunStore, StoreError

path, file = Path(sys.argv[1]), sys.argv[2]
with RunStore.open(path) as store:
    for size in (0, 100, 5_000, 50_000, 95_000):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        try:
            store.import_runs(file)
        except StoreError as error:
            assert "disk is full" in str(error) and "\\n" not in str(error), error
        else:
            raise AssertionError(f"{size} bytes were enough")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert store.runs() == () and store.datasets() == ()
        left = {each.name for each in path.parent.iterdir()} - {"datasets"}
        assert left == {"runs.db", "runs.db-wal", "runs.db-shm"}, left
        assert not list((path.parent / "datasets").glob("*"))
    store.import_runs(file)
    assert len(store.runs()) == 2
"""
    result = script(text, path, whole)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="no RLIMIT_FSIZE on Windows")
def test_an_export_on_a_full_disk_leaves_nothing(synthetic, script, tmp_path):
    text = """
import resource, sys
from pathlib import Path

from fer_core.store import RunStore, StoreError

path, file = Path(sys.argv[1]), Path(sys.argv[2])
with RunStore.open(path, read_only=True) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    try:
        store.export_runs(["first"], file)
    except StoreError as error:
        assert "disk is full" in str(error) and "\\n" not in str(error), error
    else:
        raise AssertionError("it was enough")
assert list(file.parent.glob("*.ferlab*")) == []
"""
    result = script(text, synthetic, tmp_path / "runs.ferlab")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_folder_of_another_store_is_left_alone(whole, empty):
    """Two stores may lie in one folder."""
    run_id = shared.Tampered(whole).run["id"]
    other = empty.folder / run_id / "checkpoints"
    other.mkdir(parents=True)
    (other / "best.safetensors").write_bytes(b"theirs")
    with pytest.raises(Exception, match="a store in another folder"):
        empty.import_runs(whole)
    assert (other / "best.safetensors").read_bytes() == b"theirs"
    assert empty.runs() == ()
    assert not list((empty.folder / "datasets").glob("*"))
