"""What is read of runs, and with how many queries."""

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from fer_core.errors import InputError
from fer_core.records import Epoch, Layer
from fer_core.store import RunStore, StoreError, schema

from .samples import make_epoch, make_predictions


def add_runs(store: RunStore, names, epochs=2):
    ids = []
    for name in names:
        with store.start_run(name, config={}, data="faces", preset="fast") as run:
            for number in range(1, epochs + 1):
                run.add_epoch(make_epoch(number, number / 100))
            run.add_predictions(make_predictions(store, run.id, "test"))
        ids.append(run.id)
    return ids


def test_a_run_is_listed_with_what_it_was_started_with(store, arrays):
    with store.start_run(
        "mine", config={}, preset="fast", data="faces", parameters=1234, seed=5, epochs_planned=9
    ) as writer:
        run = store.run(writer.id)
    assert (run.name, run.preset, run.status) == ("mine", "fast", "running")
    assert (run.dataset, run.dataset_fingerprint, run.synthetic) == (
        "faces",
        arrays.fingerprint,
        True,
    )
    assert (run.parameters, run.seed, run.epochs_planned, run.epochs) == (1234, 5, 9, 0)
    assert (run.best_epoch, run.validation_accuracy, run.seconds) == (None, None, 0.0)
    assert (run.tags, run.note, run.scores, run.revision) == ((), "", (), 1)
    assert store.runs()[0].status == "finished"


def test_runs_are_listed_newest_first(store):
    add_runs(store, ["a", "b", "c"], epochs=0)
    assert [run.name for run in store.runs()] == ["c", "b", "a"]


def test_details_hold_configuration_layers_and_versions(store):
    layers = (
        Layer(
            "conv1",
            "features.0",
            "Conv2d",
            (32, 48, 48),
            320,
            320,
            0,
            663_552,
            (1, 48, 48),
            {"kernel": (3, 3), "padding": (1.5, 1), "groups": 1},
        ),
        Layer("dense1", "head.1", "Linear", (7,), 231, 231, 0, 224),
    )
    with store.start_run(
        None,
        config={"learning_rate": 0.003, "architecture": {"layers": [1, 2]}},
        layers=layers,
        versions={"torch": "2.14.1"},
        device="cpu, 2 threads",
    ) as run:
        pass
    details = store.details(run.id)
    assert details.layers == layers
    assert details.config == {"learning_rate": 0.003, "architecture": {"layers": [1, 2]}}
    assert (details.versions, details.device) == ({"torch": "2.14.1"}, "cpu, 2 threads")
    assert details.run == store.run(run.id)
    assert details.test_readings == ()


def test_a_run_is_found_by_id_name_or_unique_beginning(store):
    first, second = add_runs(store, ["one", "two"], epochs=0)
    same = next(n for n, pair in enumerate(zip(first, second, strict=True)) if len(set(pair)) > 1)
    unique = first[: same + 1]
    for reference in (first, unique, "one", " one "):
        assert store.run(reference).id == first
    with pytest.raises(InputError, match=r"no run 'three' in .*runs\.db; see: fer-core runs list"):
        store.run("three")


def test_an_ambiguous_beginning_names_the_candidates(store):
    ids = add_runs(store, ["one", "two"], epochs=0)
    with pytest.raises(InputError, match="2 runs") as caught:
        store.run(ids[0][:2])
    assert all(run_id in str(caught.value) for run_id in ids)


@pytest.mark.parametrize("reference", ["", "%", "_", "2%"])
def test_a_pattern_is_no_reference(store, reference):
    add_runs(store, ["one"], epochs=0)
    with pytest.raises(InputError):
        store.run(reference)


def test_histories_keep_every_value_and_come_in_one_query(store, queries):
    full = Epoch(1, 1.25, 0.5, 1.5, 0.625, 3.5, 0.003, "aa", "bb")
    lost = Epoch(2, math.nan, 0.1, math.inf, 0.2, 3.5)
    with store.start_run("a", config={}) as run:
        run.add_epoch(lost)
        run.add_epoch(full)
    with store.start_run("b", config={}) as empty:
        pass
    queries.clear()
    histories = store.histories((run.id, empty.id, "unknown"))
    assert len(queries) == 1
    assert histories[empty.id] == histories["unknown"] == ()
    assert histories[run.id][0] == full
    assert histories[run.id][1].epoch == 2
    assert math.isnan(histories[run.id][1].train_loss)
    assert histories[run.id][1].validation_loss == math.inf
    assert store.histories(()) == {}


def test_the_number_of_queries_does_not_depend_on_the_number_of_runs(store, queries):
    counts = []
    for names in ("a", "bcd"):
        add_runs(store, names)
        queries.clear()
        runs = store.runs()
        listed = len(queries)
        histories = store.histories(run.id for run in runs)
        counts.append((listed, len(queries) - listed))
        assert all(len(histories[run.id]) == 2 and run.test_score for run in runs)
    assert counts == [(2, 1), (2, 1)]


def test_a_thousand_runs_of_fifty_epochs_are_listed_without_their_epochs(store, queries):
    (run_id,) = add_runs(store, ["seed"], epochs=50)
    with store._database.write() as connection:
        run = dict(connection.execute(select(schema.runs)).mappings().one())
        epochs = [dict(row) for row in connection.execute(select(schema.epochs)).mappings()]
        ids = [f"{run_id}{number:03}" for number in range(999)]
        connection.execute(insert(schema.runs), [{**run, "id": i, "name": i} for i in ids])
        connection.execute(
            insert(schema.epochs), [{**epoch, "run_id": i} for i in ids for epoch in epochs]
        )
    queries.clear()
    runs = store.runs()
    assert len(runs) == 1000
    assert {run.epochs for run in runs} == {50}
    assert len(queries) == 2
    assert not any("epochs." in query or "blobs" in query for query in queries)
    queries.clear()
    histories = store.histories([run.id for run in runs])
    assert len(queries) == 1
    assert {len(history) for history in histories.values()} == {50}
    assert run_id in histories


def test_names_are_found_in_any_unicode_form(store):
    add_runs(store, ["caf\u00e9"], epochs=0)
    assert store.run("cafe\u0301").name == "caf\u00e9"


def test_a_damaged_row_is_a_store_error_in_one_line(store):
    (run_id,) = add_runs(store, ["a"])
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET tags = '{'")
        connection.exec_driver_sql("UPDATE blobs SET data = x'00'")
    with pytest.raises(StoreError, match="a stored value is damaged"):
        store.runs()
    with pytest.raises(StoreError, match="a stored array is damaged"):
        store.predictions(run_id, "test")


def test_layers_that_were_stored_before_inputs_and_settings_still_load(store):
    new = Layer(
        "conv1", "conv1", "Conv2d", (32, 48, 48), 320, 320, 0, 663_552, (1, 48, 48), {"groups": 1}
    )
    with store.start_run("old", config={}, layers=(new,)) as run:
        pass
    with closing(sqlite3.connect(store.path)) as connection, connection:
        [(text,)] = connection.execute("SELECT layers FROM run_details")
        [layer] = json.loads(text)
        del layer["input_shape"], layer["settings"]
        connection.execute("UPDATE run_details SET layers = ?", (json.dumps([layer]),))
    [old] = store.details(run.id).layers
    assert old == replace(new, input_shape=(), settings={})
