import math
import threading

import numpy as np
import pytest

from fer_core.errors import InputError
from fer_core.records import Epoch
from fer_core.store import RunStore, StoreError, starting, writing

from .samples import make_epoch, make_predictions


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, "finished"),
        (KeyboardInterrupt, "interrupted"),
        (SystemExit, "interrupted"),
        (ZeroDivisionError, "failed"),
    ],
)
def test_how_the_block_ends_is_how_the_run_ends(store, error, status):
    if error is None:
        with store.start_run("a", config={}):
            pass
    else:
        with pytest.raises(error), store.start_run("a", config={}):
            raise error
    assert store.run("a").status == status


def test_an_epoch_is_there_for_others_as_soon_as_it_is_added(store, path):
    with store.start_run("a", config={}) as run, RunStore.open(path, read_only=True) as reader:
        for number in (1, 2, 3):
            run.add_epoch(make_epoch(number))
            assert [each.epoch for each in reader.histories([run.id])[run.id]][-1] == number
            assert reader.run("a").epochs == number


def test_best_is_the_earliest_of_the_highest_and_not_a_number_never_wins(store):
    with store.start_run("a", config={}) as run:
        best = []
        for number, accuracy in enumerate((math.nan, 0.4, 0.6, 0.6, math.nan, 0.5), start=1):
            run.add_epoch(make_epoch(number, accuracy))
            listed = store.run("a")
            best.append((listed.best_epoch, listed.validation_accuracy))
    assert best == [(None, None), (2, 0.4), (3, 0.6), (3, 0.6), (3, 0.6), (3, 0.6)]
    assert store.run("a").seconds == 12.0


def test_an_epoch_again_replaces_the_first_and_what_was_derived_from_it(store):
    with store.start_run("a", config={}) as run:
        run.add_epoch(make_epoch(1, 0.9))
        run.add_epoch(make_epoch(2, 0.5))
        run.add_epoch(make_epoch(1, 0.2, weights_sha256="new"))
    history = store.histories([run.id])[run.id]
    assert [(each.epoch, each.validation_accuracy) for each in history] == [(1, 0.2), (2, 0.5)]
    assert history[0].weights_sha256 == "new"
    listed = store.run("a")
    assert (listed.epochs, listed.best_epoch, listed.validation_accuracy) == (2, 2, 0.5)


def test_later_epochs_can_be_forgotten(store):
    with store.start_run("a", config={}) as run:
        for number in range(1, 6):
            run.add_epoch(make_epoch(number, number / 10))
        run.forget_epochs_after(3)
        assert (store.run("a").epochs, store.run("a").best_epoch) == (3, 3)
        run.forget_epochs_after(0)
        assert (store.run("a").epochs, store.run("a").best_epoch) == (0, None)
        assert (store.run("a").seconds, store.run("a").validation_accuracy) == (0.0, None)


def test_numbers_of_numpy_are_stored_as_numbers(store):
    with store.start_run("a", config={}, seed=np.int64(3), parameters=np.int32(5)) as run:
        run.add_epoch(Epoch(np.int64(1), *np.array([1, 0.5, 1, 0.25, 2], np.float32)))
    assert store.histories([run.id])[run.id] == (Epoch(1, 1.0, 0.5, 1.0, 0.25, 2.0),)
    assert (store.run("a").seed, store.run("a").parameters) == (3, 5)


@pytest.mark.parametrize(
    ("epoch", "words"),
    [
        (make_epoch(0), "epochs count from 1"),
        (make_epoch(-1), "epochs count from 1"),
        (make_epoch(1.5), "epochs count from 1"),
        (make_epoch(1, 67.5), "validation_accuracy is 67.5; give a fraction"),
        (make_epoch(1, -0.1), "validation_accuracy is -0.1"),
    ],
)
def test_an_impossible_epoch_is_refused(store, epoch, words):
    with store.start_run("a", config={}) as run, pytest.raises(InputError, match=words):
        run.add_epoch(epoch)
    assert (store.run("a").epochs, store.run("a").status) == (0, "finished")


def test_every_write_bumps_the_revision_but_the_heartbeat(store):
    revisions = []

    def note():
        run = store.run(writer.id)
        revisions.append((run.revision, run.updated_at))

    with store.start_run("a", config={}, data="faces") as writer:
        note()
        writer.add_epoch(make_epoch(1))
        note()
        writer.add_predictions(make_predictions(store, writer.id, "validation"))
        note()
        writer.beat()
        note()
    note()
    store.rename("a", "b")
    note()
    store.set_tags("b", ["x"])
    note()
    store.set_note("b", "y")
    note()
    assert [revision for revision, _ in revisions] == [1, 2, 3, 3, 4, 5, 6, 7]
    assert revisions[2] == revisions[3]
    assert sorted(revisions) == revisions


def test_the_heart_beats_while_the_block_lasts(store, monkeypatch):
    monkeypatch.setattr(writing, "HEARTBEAT_SECONDS", 0.01)
    beats = threading.Semaphore(0)
    monkeypatch.setattr(writing.RunWriter, "beat", lambda writer: beats.release())
    with store.start_run("a", config={}):
        assert all(beats.acquire(timeout=10) for _ in range(3))
    assert "fer-heartbeat" not in {thread.name for thread in threading.enumerate()}


def test_a_heartbeat_that_cannot_be_stored_does_not_stop_the_training(store, monkeypatch):
    monkeypatch.setattr(writing, "HEARTBEAT_SECONDS", 0.01)
    tried = threading.Event()

    def fail(writer):
        tried.set()
        raise StoreError("busy")

    monkeypatch.setattr(writing.RunWriter, "beat", fail)
    with store.start_run("a", config={}) as run:
        assert tried.wait(10)
        run.add_epoch(make_epoch(1))
    assert store.run("a").status == "finished"


def test_a_writer_that_lost_its_run_may_not_write_it(store):
    refused = pytest.raises(StoreError, match="deleted, or another process goes on with it")
    with refused, store.start_run("a", config={}) as first:
        first.end("interrupted")
        second = starting.take_over(store._database, store._datasets, "a")
        second.add_epoch(make_epoch(1))
        first.add_epoch(make_epoch(2))
    assert [each.epoch for each in store.histories([first.id])[first.id]] == [1]
    second.end("finished")
    assert store.run("a").status == "finished"


def test_the_first_error_is_the_one_that_is_seen(store, caplog):
    refused = pytest.raises(ZeroDivisionError)
    with refused, store.start_run("a", config={}) as run:
        run._token = "somebody else's"
        raise ZeroDivisionError
    assert "could not be marked as failed" in caplog.text
