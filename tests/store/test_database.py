"""Several threads and several processes at one store."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from fer_core.errors import InputError
from fer_core.store import RunStore, StoreError, StoreUnavailable, opening

from .samples import make_epoch, make_predictions

WRITER = """
import sys
from fer_core.store import RunStore
from samples import make_epoch, make_predictions

with RunStore.open(sys.argv[1]) as store, store.start_run(
    f"writer {sys.argv[2]}", config={}, data="faces"
) as run:
    for number in range(1, 25):
        run.add_epoch(make_epoch(number))
        if number % 8 == 0:
            run.add_predictions(make_predictions(store, run.id, "test", weights=f"epoch-{number}"))
"""

READER = """
import sys, time
from fer_core.store import RunStore

with RunStore.open(sys.argv[1], read_only=True) as store:
    while True:
        runs = store.runs()
        histories = store.histories([run.id for run in runs])
        for run in runs:
            # Read later, so there may be more of them, but without a gap.
            numbers = [epoch.epoch for epoch in histories[run.id]]
            assert numbers == list(range(1, len(numbers) + 1)), numbers
            assert len(numbers) >= run.epochs
            assert run.status in ("running", "finished"), run
        if [run.status for run in runs] == ["finished"] * 4:
            break
        time.sleep(0.02)
"""


def test_four_writers_and_two_readers_lose_nothing_and_never_meet_a_lock(store, path):
    environment = {"PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", code, str(path), str(number)],
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for number, code in enumerate([READER, READER, *[WRITER] * 4])
    ]
    results = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert results == [("", 0)] * 6
    runs = store.runs()
    assert len(runs) == 4
    histories = store.histories([run.id for run in runs])
    for run in runs:
        assert [epoch.epoch for epoch in histories[run.id]] == list(range(1, 25))
        assert [score.weights for score in run.scores] == [
            f"epoch-{number}" for number in range(8, 25, 8)
        ]
        assert len(store.details(run.id).test_readings) == 3
        assert run.revision == 1 + 24 + 3 + 1
    assert store.repair().problems == ()


def test_one_store_serves_many_threads(store):
    """As pages of a dashboard do, beside the heartbeat and a training."""
    with store.start_run("a", config={}, data="faces") as run:

        def write(number):
            run.add_epoch(make_epoch(number))
            run.beat()
            run.add_predictions(make_predictions(store, run.id, "test", weights=f"epoch-{number}"))

        def read(_):
            return len(store.runs()[0].scores), len(store.histories([run.id])[run.id])

        with ThreadPoolExecutor(16) as pool:
            writes = [pool.submit(write, number) for number in range(1, 21)]
            reads = [pool.submit(read, number) for number in range(60)]
            for each in (*writes, *reads):
                each.result(timeout=60)
    assert store.run("a").epochs == 20
    assert len(store.run("a").scores) == 20


def test_a_reader_sees_one_state_while_others_write(store):
    with store.start_run("a", config={}) as run:
        with store._database.read() as connection:
            query = text("SELECT count(*) FROM epochs")
            assert connection.execute(query).scalar() == 0
            thread = threading.Thread(target=run.add_epoch, args=(make_epoch(1),))
            thread.start()
            thread.join()
            assert connection.execute(query).scalar() == 0
        with store._database.read() as connection:
            assert connection.execute(query).scalar() == 1


def test_a_transaction_that_fails_leaves_nothing(store):
    refused = pytest.raises(ZeroDivisionError)
    with refused, store._database.write() as connection:
        connection.execute(text("DELETE FROM datasets"))
        raise ZeroDivisionError
    assert len(store.datasets()) == 1


def test_a_store_that_is_busy_for_too_long_says_so_in_one_line(store, monkeypatch):
    store.close()
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.05)
    with RunStore.open(store.path) as other, other._database.write():
        refused = pytest.raises(StoreError, match="is busy: another process")
        with refused as caught, store.start_run("a", config={}):
            pass
        assert store.runs() == ()  # readers do not wait
    assert "\n" not in str(caught.value)


def test_a_store_that_disappears_or_is_replaced_is_noticed(store, path, tmp_path):
    with RunStore.open(path, read_only=True) as reader:
        assert reader.runs() == ()
        store.close()
        path.parent.rename(tmp_path / "elsewhere")
        for opened in (reader, store):
            with pytest.raises(StoreUnavailable) as caught:
                opened.runs()
            assert caught.value.reason == "missing"
        with RunStore.open(path) as new, new.start_run("new", config={}):
            pass
        assert [run.name for run in reader.runs()] == ["new"]
    with RunStore.open(tmp_path / "elsewhere" / "runs.db") as moved:
        assert moved.runs() == ()


def test_a_reader_works_beside_a_transaction_that_is_not_committed(store, path):
    with store._database.write() as connection:
        connection.execute(text("DELETE FROM datasets"))
        with RunStore.open(path, read_only=True) as reader:
            assert [each.name for each in reader.datasets()] == ["faces"]


def test_a_value_that_sqlite_cannot_hold_is_an_input_error(store):
    for values in ({"seed": 2**70}, {"device": "\ud800"}, {"preset": "\ud800"}):
        with pytest.raises(InputError), store.start_run("a", config={}, **values):
            pass
    assert store.runs() == ()


def test_a_file_that_is_damaged_while_open_is_unusable_in_one_line(store, path):
    store.runs()
    store.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(bytes(content))
    with pytest.raises(StoreError) as caught:
        store.runs()
    assert "\n" not in str(caught.value)
