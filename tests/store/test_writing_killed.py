"""kill -9 while a run is written: what was committed is there, and the run goes on."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from fer_core.store import RunStore

from .samples import make_epoch

# Adds epochs and says so of each one that was committed, until something kills it. The last
# argument says when.
SCRIPT = """
import os, random, signal, sys, threading, time
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from fer_core.store import RunStore
from samples import make_epoch

path, moment = Path(sys.argv[1]), sys.argv[2]
at_epoch = 4
current = 0


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def after_execute(connection, cursor, statement, *rest):
    if current == at_epoch and statement.startswith("INSERT INTO epochs"):
        die()


def around_commit(dialect, connection):
    if current == at_epoch and moment == "before commit":
        die()
    commit(dialect, connection)
    if current == at_epoch and moment == "after commit":
        die()


def sleep_and_die(seconds):
    time.sleep(seconds)
    die()


commit = DefaultDialect.do_commit
DefaultDialect.do_commit = around_commit
if moment == "after execute":
    event.listen(Engine, "after_cursor_execute", after_execute)
with RunStore.open(path) as store, store.start_run("killed", config={}) as run:
    if moment.startswith("seed "):
        seconds = random.Random(moment).uniform(0.0, 0.25)
        threading.Thread(target=sleep_and_die, args=(seconds,), daemon=True).start()
    for current in range(1, 10_000):
        run.add_epoch(make_epoch(current, current / 10_000))
        os.write(1, f"{current}\\n".encode())
"""


@pytest.mark.parametrize(
    "moment",
    ["after execute", "before commit", "after commit", *(f"seed {seed}" for seed in range(5))],
)
def test_no_committed_epoch_is_lost_and_the_run_goes_on(store, path, script, moment):
    store.close()
    result = script(SCRIPT, path, moment)
    assert (result.returncode, result.stderr) == (-9, "")
    said = [int(line) for line in result.stdout.split()]

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with RunStore.open(path, read_only=True) as reader:
        run = reader.run("killed")
        history = reader.histories([run.id])[run.id]
    kept = [epoch.epoch for epoch in history]
    # One more than said: killed between the commit and the word about it.
    assert kept == list(range(1, len(kept) + 1))
    assert len(said) <= len(kept) <= len(said) + 1
    expected = {"after execute": 3, "before commit": 3, "after commit": 4}
    assert len(kept) == expected.get(moment, len(kept))
    assert run.status == "stale"
    assert (run.epochs, run.best_epoch) == (len(kept), len(kept) or None)
    assert run.revision == 1 + len(kept)

    with RunStore.open(path) as writer, writer.continue_run("killed") as going_on:
        for number in (max(len(kept), 1), len(kept) + 1):  # the last one once more, and a new one
            going_on.add_epoch(make_epoch(number, 0.5))
        assert writer.run("killed").status == "running"
    with RunStore.open(path) as writer:
        history = writer.histories([run.id])[run.id]
        assert [epoch.epoch for epoch in history] == list(range(1, len(kept) + 2))
        assert history[-1].validation_accuracy == 0.5
        assert writer.run("killed").status == "finished"


def test_a_killed_import_leaves_nothing_that_counts(store, path, script):
    """Killed after the arrays are renamed into place, before the row."""
    text = SCRIPT.partition("commit = Default")[0] + (
        "from samples import make_arrays\n"
        "DefaultDialect.do_commit = lambda *_: die()\n"
        "with RunStore.open(path) as store:\n"
        "    store.add_dataset('other', make_arrays(seed=9))\n"
    )
    store.close()
    assert script(text, path, "").returncode == -9
    assert len(list((path.parent / "datasets").iterdir())) == 2
    with RunStore.open(path) as opened:
        assert [each.name for each in opened.datasets()] == ["faces"]
        assert len(opened.repair().unknown) == 1
        from .samples import make_arrays

        dataset = opened.add_dataset("other", make_arrays(seed=9))
        images = make_arrays(seed=9).splits["test"].images
        np.testing.assert_array_equal(opened.images(dataset.fingerprint, "test"), images)
        assert opened.repair().unknown == ()
