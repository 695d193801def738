"""No real face leaves a store unasked; a data set without its images is a calm state."""

import zipfile

import numpy as np
import pytest

from fer_core.errors import InputError
from fer_core.records import (
    ADVERSARIAL,
    AUGMENTATION,
    CLASS_IMAGES,
    DREAM,
    EXPLANATION,
    FILTERS,
    KERNELS,
    ROBUSTNESS,
    SEGMENT_WEIGHTS,
    SEGMENTS,
    SOURCE,
)
from fer_core.store import RunStore
from fer_core.store.bundles.faces import shows_a_person
from tests.store.bundles import shared


@pytest.mark.parametrize(
    ("kind", "sample", "of_real_faces", "of_synthetic_faces"),
    [
        (KERNELS, "", False, False),
        (SOURCE, "net.py", False, False),
        (ROBUSTNESS, "validation", False, False),
        (FILTERS, "", False, False),
        (FILTERS, "train:3", True, False),
        (CLASS_IMAGES, "mean-face", False, False),
        (EXPLANATION, "test:1", True, False),
        (ADVERSARIAL, "test:1", True, False),
        (DREAM, "test:1", True, False),
        ("photo", "me.jpg#1", True, True),
        ("anything", "", True, True),
    ],
)
def test_what_shows_a_person(kind, sample, of_real_faces, of_synthetic_faces):
    assert shows_a_person(kind, sample, synthetic=False) == of_real_faces
    assert shows_a_person(kind, sample, synthetic=True) == of_synthetic_faces


def test_no_byte_of_a_real_face_is_in_a_file_without_faces(faceless, tmp_path, real):
    images = shared.real_faces().splits
    with zipfile.ZipFile(faceless) as archive:
        content = [archive.read(name) for name in archive.namelist()]
    rows = [split.images[0, 20].tobytes() for split in images.values()]
    assert not any(row in each for row in rows for each in content)
    with RunStore.open(real, read_only=True) as store:
        done = store.export_runs(["first", "second"], tmp_path / "faces.ferlab", faces=True)
        told = store.export_runs(["first", "second"], tmp_path / "none.ferlab").left_out
    assert done.left_out == {}
    assert told == {
        ADVERSARIAL: 2, AUGMENTATION: 1, EXPLANATION: 4, FILTERS: 2, "own": 2, "photo": 2,
        SEGMENT_WEIGHTS: 2, SEGMENTS: 2,
    }  # fmt: skip
    with zipfile.ZipFile(tmp_path / "faces.ferlab") as archive:
        content = [archive.read(name) for name in archive.namelist()]
    assert all(any(row in each for each in content) for row in rows)


def test_runs_without_faces_can_be_compared_image_by_image(faceless, real, empty):
    done = empty.import_runs(faceless)
    assert done.without_images == ("faces",)
    (dataset,) = empty.datasets()
    assert not empty.has_images(dataset.fingerprint)
    with RunStore.open(real, read_only=True) as source:
        assert source.dataset("faces") == dataset
        for split in ("validation", "train", "public", "test"):
            of, here = (store.evaluation_split("first", split) for store in (source, empty))
            assert of.fingerprint == here.fingerprint
            np.testing.assert_array_equal(of.twins, here.twins)
            np.testing.assert_array_equal(
                source.predictions("first", split).probabilities,
                empty.predictions("first", split).probabilities,
            )
        for split in dataset.splits:
            assert source.sample_names(dataset.fingerprint, split) == empty.sample_names(
                dataset.fingerprint, split
            )
            for part in ("flags", "near_groups", "identical_groups", "labels"):
                of, here = (
                    getattr(store, part)(dataset.fingerprint, split) for store in (source, empty)
                )
                np.testing.assert_array_equal(of, here)
    assert empty.repair().problems == empty.repair().unknown == ()


def test_images_that_are_not_here_are_said_in_one_line(faceless, empty):
    empty.import_runs(faceless)
    (dataset,) = empty.datasets()
    told = "images of data set 'faces' are not in this store.*fer-core data import PATH --name face"
    with pytest.raises(InputError, match=told):
        empty.images(dataset.fingerprint, "test")
    with pytest.raises(InputError, match=told):
        empty.images(dataset.fingerprint, "test", [1])
    with pytest.raises(InputError, match="no split 'moon'"):
        empty.images(dataset.fingerprint, "moon")
    assert empty.regions(dataset.fingerprint, "test") is None


def test_importing_the_data_later_fills_the_images_in(faceless, empty):
    empty.import_runs(faceless)
    (dataset,) = empty.datasets()
    empty.labels(dataset.fingerprint, "test")
    arrays = shared.real_faces()
    empty.add_dataset("faces", arrays)
    np.testing.assert_array_equal(
        empty.images(dataset.fingerprint, "test"), arrays.splits["test"].images
    )
    assert [each.name for each in empty.datasets()] == ["faces"]
    assert empty.repair().problems == ()
    again = empty.import_runs(faceless)
    assert (again.without_images, [run.new for run in again.runs]) == ((), [False, False])


def test_a_file_with_faces_fills_the_images_in(faceless, real, empty, tmp_path):
    empty.import_runs(faceless)
    with RunStore.open(real, read_only=True) as store:
        store.export_runs(["first"], tmp_path / "faces.ferlab", faces=True)
    with pytest.raises(InputError, match="with other tensors"):  # maps that it lacks
        empty.import_runs(tmp_path / "faces.ferlab")
    empty.delete("first")
    assert empty.import_runs(tmp_path / "faces.ferlab").pictured == ("faces",)
    assert empty.has_images(empty.dataset("faces").fingerprint)
    assert len(empty.tensors("first", "photo")) == 1


def test_a_data_set_that_is_here_keeps_its_images(faceless, empty):
    fingerprint = empty.add_dataset("mine", shared.real_faces()).fingerprint
    done = empty.import_runs(faceless)
    assert (done.datasets, done.without_images) == ({"faces": "mine"}, ())
    assert empty.has_images(fingerprint)


def test_labels_that_are_not_those_of_the_data_here_are_refused(faceless, empty, tmp_path):
    """Without images only a store that has the data set can tell."""
    empty.add_dataset("faces", shared.real_faces())
    file = shared.Tampered(faceless)
    split = file.data["splits"][2]
    array = file.array(split["labels"]).copy()
    array[0] = (array[0] + 1) % 7
    split["labels"] = file.put_array(array)
    with pytest.raises(InputError, match="labels are not those of its fingerprint"):
        empty.import_runs(file.write(tmp_path / "labels.ferlab"))
    assert empty.runs() == ()


def test_held_out_parts_of_one_fingerprint_and_two_sizes_are_refused(faceless, empty, tmp_path):
    """Without images the fingerprint cannot be worked out, but runs are compared by it."""
    file = shared.Tampered(faceless)
    run = file.manifest["runs"][1]
    run["held_out"] = file.put_array(file.array(run["held_out"])[:2].copy())
    (kept,) = (each for each in run["predictions"] if each["split"] == "validation")
    kept["array"] = file.put_array(file.array(kept["array"])[:2].copy())
    run["predictions"] = [kept]
    with pytest.raises(InputError, match=r"are for 2 images, and others .* for 4"):
        empty.import_runs(file.write(tmp_path / "held-out.ferlab"))
    assert empty.runs() == ()
    assert not list((empty.folder / "datasets").glob("*"))


def test_an_export_with_faces_where_there_are_none_says_so(faceless, empty, tmp_path):
    empty.import_runs(faceless)
    done = empty.export_runs(["first"], tmp_path / "again.ferlab", faces=True)
    assert done.lacking == ("the images of data set faces are not in this store",)
