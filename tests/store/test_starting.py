import contextlib
import os
import re

import numpy as np
import pytest
from sqlalchemy import update

from fer_core.errors import InputError
from fer_core.store import RunStore, schema

from .samples import make_epoch


def stop_after(store, name, epochs):
    """Write a run that Ctrl-C stops after these epochs."""
    with contextlib.suppress(KeyboardInterrupt), store.start_run(name, config={}) as run:
        for epoch in epochs:
            run.add_epoch(epoch)
        raise KeyboardInterrupt
    return run


def test_ids_are_short_sortable_and_unique(store):
    ids = []
    for _ in range(5):
        with store.start_run(config={}) as run:
            ids.append(run.id)
    assert all(re.fullmatch(r"\d{6}-\d{6}-[0-9a-f]{4}", run_id) for run_id in ids)
    assert len(set(ids)) == 5
    assert [run_id[:13] for run_id in ids] == sorted(run_id[:13] for run_id in ids)


def test_runs_without_a_name_get_the_first_free_one_of_their_preset(store):
    names = []
    for name, preset in (
        (None, "fast"),
        ("fast-3", ""),
        (None, "fast"),
        (None, "fast"),
        (None, ""),
    ):
        with store.start_run(name, config={}, preset=preset) as run:
            names.append(run.name)
    assert names == ["fast-1", "fast-3", "fast-2", "fast-4", "run-1"]


def test_a_taken_name_and_another_runs_id_are_refused(store):
    with store.start_run("<i>mine</i>", config={}) as run:
        pass
    for name, what in (("<i>mine</i>", "name"), (" <i>mine</i> ", "name"), (run.id, "id")):
        with (
            pytest.raises(InputError, match=f"is the {what} of another run"),
            store.start_run(name, config={}),
        ):
            pass
    assert len(store.runs()) == 1


@pytest.mark.parametrize("name", ["", "x" * 81, "a\nb"])
def test_names_that_cannot_be_are_refused(store, name):
    with pytest.raises(InputError), store.start_run(name, config={}):
        pass
    assert store.runs() == ()


def test_an_unknown_data_set_is_refused(store):
    with (
        pytest.raises(InputError, match="fer-core data list"),
        store.start_run("a", config={}, data="nothing"),
    ):
        pass
    assert store.runs() == ()


def test_a_configuration_that_is_no_json_is_refused_with_nothing_stored(store):
    with pytest.raises(InputError, match="JSON"), store.start_run("a", config={"f": print}):
        pass
    assert store.runs() == ()


def test_held_out_indices_come_back_in_their_order(store):
    held_out = np.array([5, 3, 39], np.int64)
    with store.start_run("a", config={}, data="faces", held_out=held_out):
        pass
    assert store.held_out("a").tolist() == [5, 3, 39]
    assert store.held_out("a").dtype == np.int32
    with store.start_run("b", config={}, data="faces"):
        pass
    assert store.held_out("b").shape == (0,)


@pytest.mark.parametrize("held_out", [[40], [-1], [1, 1], [0.5], [[1, 2]]])
def test_impossible_held_out_indices_are_refused(store, held_out):
    indices = np.array(held_out)
    with (
        pytest.raises(InputError, match="held_out"),
        store.start_run("a", config={}, data="faces", held_out=indices),
    ):
        pass
    with (
        pytest.raises(InputError, match="held_out was given without a data set"),
        store.start_run("a", config={}, held_out=indices),
    ):
        pass


def test_an_interrupted_run_goes_on_under_its_name(store):
    first = stop_after(store, "a", [make_epoch(1)])
    with store.continue_run("a") as second:
        assert (second.id, second.name) == (first.id, "a")
        assert store.run("a").status == "running"
        second.add_epoch(make_epoch(2))
    assert [each.epoch for each in store.histories([first.id])[first.id]] == [1, 2]
    assert store.run("a").status == "finished"


def test_a_finished_run_does_not_go_on(store):
    with store.start_run("a", config={}):
        pass
    with pytest.raises(InputError, match="'a' is finished"), store.continue_run("a"):
        pass
    assert store.run("a").status == "finished"


def test_a_run_whose_process_is_alive_does_not_go_on(store, path):
    with store.start_run("a", config={}) as run, RunStore.open(path) as other:
        words = f"being written by process {os.getpid()} on"
        refused = pytest.raises(InputError, match=words)
        with refused, other.continue_run("a"):
            pass
        run.add_epoch(make_epoch(1))
    assert store.run("a").status == "finished"


def test_only_one_of_two_takes_over(store):
    with store.start_run("a", config={}) as run:
        pass
    with store._database.write() as connection:
        dead = {"status": "running", "pid": 2**22 + 1}
        connection.execute(update(schema.runs).values(dead))
    assert store.run("a").status == "stale"
    refused = pytest.raises(InputError, match="being written")
    with store.continue_run("a"), refused, store.continue_run(run.id):
        pass
    assert store.run("a").status == "finished"


def test_a_long_preset_gives_a_name_that_fits(store):
    with store.start_run(config={}, preset="/a/long/way/" * 10 + "net.py:Net") as run:
        pass
    assert run.name.endswith("net.py:Net-1")
    assert len(run.name) <= 80
