import numpy as np
import pytest

from fer_core.errors import InputError
from fer_core.records import TensorRecord


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
