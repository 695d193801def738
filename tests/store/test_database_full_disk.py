"""A disk that is full, played by a limit on file sizes: one clear line, and nothing half done."""

import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no RLIMIT_FSIZE on Windows")

# SIGXFSZ would end the process; Python ignores it from the start, and this asserts so.
PRELUDE = """
import resource, signal, sqlite3, sys
from contextlib import closing, contextmanager
from pathlib import Path

from fer_core.store import RunStore, StoreError
from samples import make_arrays, make_epoch, make_predictions

assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
path = Path(sys.argv[1])


@contextmanager
def full_at(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def expect_one_line(call, *arguments):
    try:
        call(*arguments)
    except StoreError as error:
        assert "\\n" not in str(error), error
        assert "disk is full" in str(error) and "stored before is intact" in str(error), error
        assert error.__context__ is None or error.__suppress_context__
        return
    raise AssertionError("it was stored")


def check_file():
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def log_size():
    return path.with_name(path.name + "-wal").stat().st_size


def count(store, table):
    with store._database.read() as connection:
        return connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()

"""


@pytest.fixture
def passes(script, path):
    def run(text):
        result = script(PRELUDE + text, path)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")

    return run


def test_a_data_set_that_does_not_fit_leaves_nothing(store, passes):
    store.close()
    passes("""
arrays = make_arrays(seed=4)
with RunStore.open(path) as store:
    for size in (0, 100, 20_000, 92_000):
        with full_at(size):
            expect_one_line(store.add_dataset, "other", arrays)
        assert len(list((path.parent / "datasets").iterdir())) == 1
        assert [each.name for each in store.datasets()] == ["faces"]
    store.add_dataset("other", arrays)
    assert len(store.images(arrays.fingerprint, "train")) == 40
check_file()
""")


def test_epochs_that_do_not_fit_are_not_there_and_the_ones_before_are(store, passes):
    store.close()
    passes("""
with RunStore.open(path) as store, store.start_run("a", config={}) as run:
    for room in (0, 1, 4_000, 9_000):
        stored = store.run("a").epochs
        with full_at(log_size() + room):
            try:
                for number in range(stored + 1, stored + 100):
                    run.add_epoch(make_epoch(number, number / 1000))
                    stored = number
            except StoreError as error:
                assert "disk is full" in str(error) and "\\n" not in str(error), error
            else:
                raise AssertionError("there was room")
            assert [each.epoch for each in store.histories([run.id])[run.id]] == list(
                range(1, stored + 1)
            )
        check_file()
        run.add_epoch(make_epoch(stored + 1, 0.9))
        assert (store.run("a").epochs, store.run("a").status) == (stored + 1, "running")
with RunStore.open(path) as store:
    assert store.run("a").status == "finished"
""")


def test_predictions_that_do_not_fit_leave_no_score_no_blob_no_reading(store, passes):
    store.close()
    passes("""
with RunStore.open(path) as store, store.start_run("a", config={}, data="faces") as run:
    given = make_predictions(store, run.id, "test")
    revision = store.run("a").revision
    for room in (0, 4_200, 9_000):
        with full_at(log_size() + room):
            expect_one_line(run.add_predictions, given)
            assert store.run("a").scores == ()
        assert [count(store, each) for each in ("predictions", "blobs", "test_readings")] == [0] * 3
        assert store.run("a").revision == revision
    run.add_predictions(given)
    assert store.run("a").test_score.correct == 10
check_file()
""")


def test_a_training_on_a_full_disk_ends_with_that_line_and_keeps_its_epochs(store, passes):
    store.close()
    passes("""
import logging
logging.disable()  # it warns when it cannot even mark the run as failed


def train(name):
    with full_at(2**40), store.start_run(name, config={}) as run:
        try:
            with full_at(log_size() + 60_000):
                for number in range(1, 100):
                    run.add_epoch(make_epoch(number))
        finally:
            if name == "for good":
                resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


with RunStore.open(path) as store:
    for name, status in (("for a while", "failed"), ("for good", "running")):
        expect_one_line(train, name)
        run = store.run(name)
        assert run.status == status  # running: this process is alive, and it could not say more
        assert 0 < run.epochs == len(store.histories([run.id])[run.id]) < 99
check_file()
""")


def test_a_store_that_cannot_be_created_or_backed_up_says_so(store, passes):
    store.close()
    passes("""
from fer_core.store import opening
fresh = path.parent / "fresh.db"
for size in (0, 5_000, 50_000):
    with full_at(size):
        expect_one_line(RunStore.open, fresh)
RunStore.open(fresh).close()
with closing(sqlite3.connect(path)) as connection, connection:
    connection.execute("UPDATE alembic_version SET version_num = '0000'")
with full_at(20_000):
    expect_one_line(RunStore.open, path)
assert [each.name for each in path.parent.glob("*backup*")] == []
check_file()
""")
