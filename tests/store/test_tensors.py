import signal

import numpy as np
import pytest

from fer_core.errors import InputError
from fer_core.records import TensorKey, TensorRecord
from fer_core.store import RunStore, StoreError


@pytest.fixture
def run(store):
    with store.start_run("a", config={}) as writer:
        pass
    return writer.id


def test_arrays_come_back_by_key_with_their_provenance(store, run):
    maps = np.random.default_rng(0).normal(size=(3, 48, 48)).astype(np.float32)
    for number, sample in enumerate(("test:1", "test:2", "train:1")):
        store.add_tensor(
            run,
            TensorRecord(
                "explanation",
                maps[number],
                method="gradient",
                sample=sample,
                target="Happy",
                provenance={"seed": 3, "steps": [1, 2]},
            ),
        )
    store.add_tensor(run, TensorRecord("filters", np.arange(4, dtype=np.uint8), layer="conv1"))
    found = store.tensors(run, "explanation")
    assert [each.sample for each in found] == ["test:1", "test:2", "train:1"]
    np.testing.assert_array_equal([each.array for each in found], maps)
    assert found[0].provenance == {"seed": 3, "steps": [1, 2]}
    (only,) = store.tensors(run, "explanation", sample="test:2", target="Happy")
    np.testing.assert_array_equal(only.array, maps[1])
    assert (only.method, only.layer, only.weights) == ("gradient", "", "best")
    assert store.tensors(run, "explanation", sample="test:9") == ()
    assert store.tensors("a", "filters")[0].array.dtype == np.uint8


def test_the_same_key_again_replaces_the_array(store, run):
    for value in (1, 2):
        store.add_tensor(run, TensorRecord("filters", np.full(3, value), layer="conv1"))
    (found,) = store.tensors(run, "filters")
    assert found.array.tolist() == [2, 2, 2]
    with store._database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM blobs").scalar() == 1


def test_a_write_bumps_the_revision_once(store, run):
    before = store.run(run).revision
    store.add_tensor(run, TensorRecord("filters", np.zeros(3)))
    assert store.run(run).revision == before + 1


@pytest.mark.parametrize(
    "tensor",
    [
        TensorRecord("", np.zeros(1)),
        TensorRecord("filters", np.array([object()])),
        TensorRecord("filters", np.zeros(1), layer=3),  # type: ignore[arg-type]
        TensorRecord("filters", np.zeros(1), provenance={"f": print}),
    ],
)
def test_what_cannot_be_stored_is_refused_with_nothing_stored(store, run, tensor):
    revision = store.run(run).revision
    with pytest.raises(InputError):
        store.add_tensor(run, tensor)
    assert store.run(run).revision == revision
    assert store.tensors(run, "filters") == ()


def test_unknown_keys_are_named(store, run):
    with pytest.raises(InputError, match="no 'colour'; use one of method, layer, sample"):
        store.tensors(run, "filters", colour="red")


def explanations(*samples: str, value: float = 0, **key: str) -> list[TensorRecord]:
    """A small array for each sample, its provenance the value in it."""
    array = np.full((2, 2), value, np.float32)
    return [
        TensorRecord("explanation", array, sample=sample, provenance={"value": value}, **key)
        for sample in samples
    ]


def count(store: RunStore, table: str) -> int:
    with store._database.read() as connection:
        return connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()


def test_many_are_stored_in_one_transaction_that_bumps_the_revision_once(store, run, queries):
    before = store.run(run).revision
    queries.clear()
    store.add_tensors(run, explanations("test:0", "test:1", "test:2"))
    assert [statement.split()[:2] for statement in queries].count(["UPDATE", "runs"]) == 1
    assert store.run(run).revision == before + 1
    assert len(store.tensors(run, "explanation")) == 3
    store.add_tensors(run, [])
    assert store.run(run).revision == before + 1


def test_one_of_many_that_cannot_be_stored_leaves_all_as_it_was(store, run):
    store.add_tensors(run, explanations("test:0", "test:1", value=1))
    revision = store.run(run).revision
    wrong = TensorRecord("explanation", np.array([object()]), sample="test:3")
    with pytest.raises(InputError, match="an array of type object"):
        store.add_tensors(run, [*explanations("test:0", "test:2", value=2), wrong])
    found = store.tensors(run, "explanation")
    assert [(each.sample, each.array[0, 0]) for each in found] == [("test:0", 1), ("test:1", 1)]
    assert store.run(run).revision == revision
    assert count(store, "blobs") == 2


def test_replaced_records_leave_no_blob_behind_also_within_one_call(store, run):
    store.add_tensors(run, explanations("test:0", "test:1", value=1))
    store.add_tensors(run, explanations("test:1", "test:2", "test:2", value=2))
    found = store.tensors(run, "explanation")
    values = [(each.sample, each.array[0, 0], each.provenance["value"]) for each in found]
    assert values == [("test:0", 1, 1), ("test:1", 2, 2), ("test:2", 2, 2)]
    assert count(store, "blobs") == count(store, "tensors") == 3
    store.delete(run)
    assert count(store, "blobs") == count(store, "tensors") == 0


def test_keys_are_listed_without_touching_blobs(store, run, queries):
    store.add_tensors(run, explanations("test:0", method="lime", target="Happy", value=3))
    store.add_tensors(run, explanations("test:1", layer="conv2", weights="last", value=4))
    store.add_tensor(run, TensorRecord("filters", np.zeros(3)))
    queries.clear()
    found = store.tensor_keys("a", "explanation")
    assert not [statement for statement in queries if "blobs" in statement]
    assert found == (
        TensorKey("explanation", "lime", "", "test:0", "Happy", "best", {"value": 3}),
        TensorKey("explanation", "", "conv2", "test:1", "", "last", {"value": 4}),
    )
    assert store.tensor_keys(run, "segments") == ()
    with pytest.raises(InputError, match="no run 'b'"):
        store.tensor_keys("b", "explanation")


def test_many_samples_come_in_one_query_in_the_order_stored(store, run, queries):
    names = [f"test:{index}" for index in range(100)]
    store.add_tensors(run, explanations(*names))
    store.add_tensors(run, explanations("test:5", method="lime"))
    asked = {"test:7", "test:5", "train:5", *(f"test:{index}" for index in range(100, 40_000))}
    queries.clear()
    found = store.tensors(run, "explanation", samples=asked)
    assert len([statement for statement in queries if "blobs" in statement]) == 1
    assert [(each.sample, each.method) for each in found] == [
        ("test:5", ""),
        ("test:7", ""),
        ("test:5", "lime"),
    ]
    (only,) = store.tensors(run, "explanation", samples=asked, method="lime")
    assert only.sample == "test:5"
    assert store.tensors(run, "explanation", samples=()) == ()
    with pytest.raises(InputError, match="samples is 'test:5'; give several"):
        store.tensors(run, "explanation", samples="test:5")


def test_a_store_opened_for_reading_lists_and_refuses_to_add(store, run, path):
    store.add_tensors(run, explanations("test:0"))
    with RunStore.open(path, read_only=True) as reader:
        assert [key.sample for key in reader.tensor_keys(run, "explanation")] == ["test:0"]
        with pytest.raises(StoreError, match="opened for reading only"):
            reader.add_tensors(run, explanations("test:1"))
    assert len(store.tensor_keys(run, "explanation")) == 1


KILLED = """
import os, signal, sys
import numpy as np
from sqlalchemy import Engine, event
from fer_core.records import TensorRecord
from fer_core.store import RunStore

def batch(*samples):
    return [TensorRecord("explanation", np.zeros(2), sample=sample) for sample in samples]

def executed(connection, cursor, statement, *rest):
    executed.inserts += statement.startswith("INSERT INTO tensors")
    if executed.inserts == 5:
        os.kill(os.getpid(), signal.SIGKILL)

executed.inserts = 0
event.listen(Engine, "after_cursor_execute", executed)
with RunStore.open(sys.argv[1]) as store:
    store.add_tensors("a", batch("test:0", "test:1", "test:2"))
    store.add_tensors("a", batch("test:3", "test:4", "test:5"))
"""


def test_killed_within_a_batch_keeps_the_batch_before_it_and_nothing_of_that_one(
    store, run, path, script
):
    assert script(KILLED, path).returncode == -signal.SIGKILL
    found = [key.sample for key in store.tensor_keys(run, "explanation")]
    assert found == ["test:0", "test:1", "test:2"]
    assert count(store, "blobs") == 3


def test_arrays_of_a_data_set_are_replaced_by_sample_and_kept_by_kind(store):
    fingerprint = store.dataset("faces").fingerprint
    for sample, value in (("train:1", 1), ("train:2", 2), ("train:1", 3)):
        record = TensorRecord(
            "augmentation", np.full(2, value), sample=sample, provenance={"seed": value}
        )
        store.add_dataset_tensor(fingerprint, record)
    found = store.dataset_tensors(fingerprint, "augmentation")
    assert [(each.sample, each.array.tolist(), each.provenance) for each in found] == [
        ("train:2", [2, 2], {"seed": 2}),
        ("train:1", [3, 3], {"seed": 3}),
    ]
    assert store.dataset_tensors(fingerprint, "other") == ()
    assert store.dataset_tensors("another", "augmentation") == ()
    with pytest.raises(InputError, match="kind is empty"):
        store.add_dataset_tensor(fingerprint, TensorRecord("", np.zeros(1)))


def test_keys_come_without_reading_any_array(store, run, queries):
    for sample in ("test:1", "test:2"):
        store.add_tensor(
            run,
            TensorRecord(
                "explanation", np.zeros(3), method="lime", layer="conv1", sample=sample,
                target="Sad", weights="last", provenance={"seed": 1},
            ),
        )  # fmt: skip
    store.add_tensor(run, TensorRecord("filters", np.zeros(3)))
    queries.clear()
    first, second = store.tensor_keys("a", "explanation")
    key = ("explanation", "lime", "conv1", "test:1", "Sad", "last")
    assert (*vars(first).values(),) == (*key, {"seed": 1})
    assert second.sample == "test:2"
    assert queries
    assert not [statement for statement in queries if "blobs" in statement]


def test_many_samples_are_read_at_once(store, run):
    for number in range(4):
        store.add_tensor(run, TensorRecord("maps", np.array([number]), sample=f"test:{number}"))
    found = store.tensors(run, "maps", samples=["test:3", "test:1", "test:9"])
    assert [each.array.tolist() for each in found] == [[1], [3]]
    assert store.tensors(run, "maps", samples=[]) == ()
