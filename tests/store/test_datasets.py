import dataclasses
import shutil

import numpy as np
import pytest

from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES
from fer_core.store import RunStore, StoreError

from .samples import COUNTS, make_arrays


def test_a_data_set_comes_back_as_it_was(store, arrays):
    dataset = store.dataset("faces")
    assert (dataset.form, dataset.synthetic) == ("synthetic", True)
    assert dataset.fingerprint == arrays.fingerprint
    assert list(dataset.splits) == ["train", "validation", "test"]
    for name, split in arrays.splits.items():
        print_of = dataset.fingerprint
        np.testing.assert_array_equal(store.images(print_of, name), split.images)
        np.testing.assert_array_equal(store.labels(print_of, name), split.labels)
        np.testing.assert_array_equal(store.regions(print_of, name), split.regions)
        groups = store.identical_groups(print_of, name)
        np.testing.assert_array_equal(groups, arrays.identical_groups[name])
        assert store.sample_names(print_of, name) == split.names
        info = dataset.splits[name]
        assert info.count == COUNTS[name]
        assert info.fingerprint == arrays.fingerprints[name]
        assert info.labelled
        expected = [int((split.labels == index).sum()) for index in range(7)]
        assert info.classes == dict(zip(CLASS_NAMES, expected, strict=True))
    assert {name: info.twins for name, info in dataset.splits.items()} == {
        "train": 0,
        "validation": 1,
        "test": 2,
    }


def test_types_are_the_contract_and_arrays_are_read_only(store, arrays):
    fingerprint = arrays.fingerprint
    assert store.images(fingerprint, "train").dtype == np.uint8
    assert store.labels(fingerprint, "train").dtype == np.int8
    assert store.identical_groups(fingerprint, "train").dtype == np.int32
    for array in (
        store.images(fingerprint, "train"),
        store.images(fingerprint, "train", [1, 2]),
        store.labels(fingerprint, "test"),
    ):
        assert type(array) is np.ndarray
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_images_are_chosen_in_the_order_asked(store, arrays):
    images = arrays.splits["test"].images
    for indices in ([7, 0, 7], np.array([7, 0, 7], np.int32), (7, 0, 7)):
        chosen = store.images(arrays.fingerprint, "test", indices)
        np.testing.assert_array_equal(chosen, images[[7, 0, 7]])
    assert store.images(arrays.fingerprint, "test", []).shape == (0, 48, 48)


@pytest.mark.parametrize("indices", [[10], [-1], [0.5], [[0, 1]], [True] * 10])
def test_other_indices_are_refused(store, arrays, indices):
    with pytest.raises(InputError):
        store.images(arrays.fingerprint, "test", indices)


def test_real_faces_have_no_regions_and_may_be_unlabelled(store):
    real = make_arrays(seed=5, regions=False, unlabelled="test")
    dataset = store.add_dataset("real", real)
    assert store.regions(dataset.fingerprint, "train") is None
    assert not dataset.splits["test"].labelled
    assert sum(dataset.splits["test"].classes.values()) == 0
    assert [each.name for each in store.datasets()] == ["faces", "real"]


def test_the_same_data_set_again_changes_nothing(store, arrays):
    before = store.dataset("faces")
    assert store.add_dataset("faces", arrays) == before
    assert store.add_dataset("copy", arrays).fingerprint == before.fingerprint
    assert [each.name for each in (store.folder / "datasets").iterdir()] == [before.fingerprint]


def test_a_name_that_stands_for_other_images_is_refused(store):
    with pytest.raises(InputError, match="--name"):
        store.add_dataset("faces", make_arrays(seed=1))
    assert len(list((store.folder / "datasets").iterdir())) == 1
    assert len(store.datasets()) == 1


def test_arrays_that_were_lost_or_damaged_come_back_with_the_next_import(store, arrays):
    folder = store.folder / "datasets" / arrays.fingerprint
    shutil.rmtree(folder)
    with pytest.raises(StoreError, match="import the data set again"):
        store.labels(arrays.fingerprint, "train")
    store.add_dataset("faces", arrays)
    (folder / "test.images.npy").write_bytes((folder / "test.images.npy").read_bytes()[:-1])
    with pytest.raises(StoreError, match="import the data set again"):
        store.images(arrays.fingerprint, "test")
    store.add_dataset("faces", arrays)
    np.testing.assert_array_equal(
        store.images(arrays.fingerprint, "test"), arrays.splits["test"].images
    )


def test_a_data_set_from_before_there_were_audits_says_so_and_is_repaired_by_its_import(
    store, arrays
):
    folder = store.folder / "datasets" / arrays.fingerprint
    for path in [*folder.glob("*.near.npy"), *folder.glob("*.flags.npy")]:
        path.unlink()
    np.testing.assert_array_equal(
        store.images(arrays.fingerprint, "test"), arrays.splits["test"].images
    )
    for read in (store.flags, store.near_groups):
        with pytest.raises(StoreError, match="import the data set again") as caught:
            read(arrays.fingerprint, "test")
        assert "\n" not in str(caught.value)
    flags = {name: np.arange(count, dtype=np.uint16) for name, count in COUNTS.items()}
    before = store.dataset("faces")
    assert store.add_dataset("faces", dataclasses.replace(arrays, flags=flags)) == before
    for name in COUNTS:
        np.testing.assert_array_equal(store.flags(arrays.fingerprint, name), flags[name])
        np.testing.assert_array_equal(
            store.near_groups(arrays.fingerprint, name), arrays.near_groups[name]
        )
    assert [path.name for path in (store.folder / "datasets").iterdir()] == [arrays.fingerprint]


def change(arrays, split, **values):
    changed = dataclasses.replace(arrays.splits[split], **values)
    return dataclasses.replace(arrays, splits={**arrays.splits, split: changed})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"images": np.zeros((10, 48, 48), np.float32)}, "images are float32"),
        ({"images": np.zeros((10, 48, 47), np.uint8)}, "images are uint8"),
        ({"images": np.zeros((9, 48, 48), np.uint8)}, "images are uint8"),
        ({"labels": np.zeros(10, np.int64)}, "labels are int64"),
        ({"labels": np.full(10, 7, np.int8)}, "labels go from 7 to 7"),
        ({"names": ("a",)}, "1 names for 10"),
        ({"regions": np.zeros((10, 7), np.uint8)}, "regions are uint8"),
    ],
)
def test_arrays_of_other_shapes_and_types_are_refused(store, arrays, values, words):
    with pytest.raises(InputError, match=words):
        store.add_dataset("wrong", change(arrays, "test", **values))
    assert len(store.datasets()) == 1


@pytest.mark.parametrize("name", ["../evil", "/evil", "a.b", ""])
def test_no_split_and_no_fingerprint_leaves_the_folder(store, arrays, name):
    splits = {**arrays.splits, name: arrays.splits["test"]}
    groups = {**arrays.identical_groups, name: arrays.identical_groups["test"]}
    for wrong in (
        dataclasses.replace(arrays, splits=splits, identical_groups=groups),
        dataclasses.replace(arrays, fingerprint=name),
    ):
        with pytest.raises(InputError):
            store.add_dataset("wrong", wrong)
    with pytest.raises(InputError):
        store.labels(arrays.fingerprint, name)
    with pytest.raises(InputError):
        store.labels(name, "test")


def test_what_is_not_there_is_named_with_what_is(store, arrays):
    with pytest.raises(InputError, match=r"no data set 'x' in .*; see: fer-core data list"):
        store.dataset("x")
    with pytest.raises(InputError, match="no split 'public'; it has train, validation, test"):
        store.labels(arrays.fingerprint, "public")


def test_a_sample_is_split_and_index_or_a_source_name(store, arrays):
    fingerprint = arrays.fingerprint
    assert store.sample(fingerprint, " test:9 ") == ("test", 9)
    assert store.sample(fingerprint, "validation/003.png") == ("validation", 3)


@pytest.mark.parametrize("text", ["test:10", "test:-1", "test:x", "public:0", "", "nobody.png"])
def test_other_samples_are_refused(store, arrays, text):
    with pytest.raises(InputError, match="no image"):
        store.sample(arrays.fingerprint, text)


def test_a_source_name_of_several_images_is_refused(store, arrays):
    twice = change(arrays, "test", names=("same.png",) * 10)
    twice = dataclasses.replace(twice, fingerprint="f" * 64)
    store.add_dataset("twice", twice)
    with pytest.raises(InputError, match="names 10 images; use one of test:0, test:1"):
        store.sample("f" * 64, "same.png")


def test_readers_serve_the_same_arrays(store, arrays):
    with RunStore.open(store.path, read_only=True) as reader:
        np.testing.assert_array_equal(
            reader.images(arrays.fingerprint, "train"), arrays.splits["train"].images
        )
        with pytest.raises(StoreError, match="reading only"):
            reader.add_dataset("other", make_arrays(seed=2))
    assert len(list((store.folder / "datasets").iterdir())) == 1
