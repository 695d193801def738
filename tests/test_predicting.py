import hashlib
from pathlib import Path

import numpy as np
import pytest

from fer_core import predicting
from fer_core.config import RunConfig
from fer_core.data.photo import Face, Photo
from fer_core.errors import InputError
from fer_core.evaluating import evaluate_run
from fer_core.records import VALIDATION, DatasetArrays
from fer_core.store import RunStore


def photo(pixels: np.ndarray, name: str = "photo.jpg") -> Photo:
    """A photo with these faces; its hash is that of their bytes."""
    faces = tuple(Face(each, (10 * place, 0, 48)) for place, each in enumerate(pixels))
    return Photo(name, hashlib.sha256(pixels.tobytes()).hexdigest(), faces)


def contents(folder: Path) -> dict[str, bytes]:
    """All files; SQLite's shared memory and an empty log, which readers leave, hold nothing."""
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith("-shm")
    }
    return {name: data for name, data in files.items() if data or not name.endswith("-wal")}


@pytest.mark.parametrize("weights", ["best", "last"])
@pytest.mark.parametrize("averaging", ["none", "flip", "crops"])
def test_a_prediction_is_what_an_evaluation_stores_for_the_same_images(
    trained_store: RunStore, tiny_faces: DatasetArrays, weights: str, averaging: str
) -> None:
    run = trained_store.run("first")
    evaluate_run(trained_store, run.id, weights=weights, averaging=averaging, device="cpu")
    stored = trained_store.predictions(run.id, VALIDATION, weights, averaging)
    images = tiny_faces.splits[VALIDATION].images
    (answer,) = predicting.predict(
        trained_store, [run], images, weights=weights, averaging=averaging, device="cpu"
    )
    np.testing.assert_array_equal(answer.probabilities, stored.probabilities)
    assert (answer.epoch, answer.checkpoint_sha256) == (stored.epoch, stored.checkpoint_sha256)
    assert (answer.weights, answer.averaging) == (weights, averaging)


def test_the_ensemble_is_the_mean_of_the_probabilities(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    runs = predicting.find_runs(trained_store, ["second", "first"])
    images = tiny_faces.splits[VALIDATION].images
    told: list[tuple[int, int]] = []
    answers = predicting.predict(
        trained_store, runs, images, progress=lambda done, total: told.append((done, total))
    )
    assert [answer.run.name for answer in answers] == ["second", "first"]
    one, other = (trained_store.predictions(run.id, VALIDATION).probabilities for run in runs)
    mean = predicting.ensemble(answers)
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean, one / 2 + other / 2, atol=1e-6)
    assert told == [(0, 2), (1, 2)]


def test_a_prediction_writes_nothing(
    trained_store: RunStore, tiny_faces: DatasetArrays, tmp_path: Path
) -> None:
    trained_store.close()
    before = contents(tmp_path)
    with RunStore.open(tmp_path / "runs.db", read_only=True) as store:
        revision = store.run("first").revision
        predicting.predict(store, [store.run("first")], tiny_faces.splits[VALIDATION].images)
        assert store.run("first").revision == revision
    assert contents(tmp_path) == before


def test_kept_faces_lie_with_each_run_with_all_that_made_the_result(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    images = tiny_faces.splits[VALIDATION].images[:3]
    pair, single = photo(images[:2], "pair.jpg"), photo(images[2:], "single.png")
    runs = predicting.find_runs(trained_store, ["first", "second"])
    answers = predicting.predict(trained_store, runs, images, averaging="flip", weights="last")
    names = predicting.keep(trained_store, [pair, single], answers)
    assert names == ("pair.jpg#1", "pair.jpg#2", "single.png#1")
    for answer in answers:
        kept = trained_store.tensors(answer.run.id, "photo")
        assert tuple(record.sample for record in kept) == names
        for record, pixels, row in zip(kept, images, answer.probabilities, strict=True):
            np.testing.assert_array_equal(record.array, pixels)
            assert record.array.dtype == np.uint8
            assert list(record.provenance["probabilities"].values()) == row.tolist()
            assert list(record.provenance["probabilities"])[:2] == ["Angry", "Disgust"]
        record = kept[1]
        assert (record.method, record.weights) == ("flip", "last")
        assert {**record.provenance, "probabilities": None} == {
            "probabilities": None,
            "box": [10, 0, 48],
            "weights": "last",
            "averaging": "flip",
            "epoch": answer.run.epochs,
            "checkpoint_sha256": answer.checkpoint_sha256,
            "file_sha256": pair.sha256,
        }


def test_another_photo_of_the_same_name_does_not_replace_a_kept_one(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    images = tiny_faces.splits[VALIDATION].images
    runs = [trained_store.run("first")]
    for index in (0, 1, 1):
        chosen = images[index : index + 1]
        answers = predicting.predict(trained_store, runs, chosen)
        predicting.keep(trained_store, [photo(chosen, "image.jpg")], answers)
    kept = trained_store.tensors(runs[0].id, "photo")
    assert [record.sample for record in kept] == ["image.jpg#1"] * 2
    np.testing.assert_array_equal([record.array for record in kept], images[:2])


def test_what_cannot_predict_is_named_in_one_line(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    images = tiny_faces.splits[VALIDATION].images
    first = trained_store.run("first")
    with pytest.raises(InputError, match="run 'first' is named twice"):
        predicting.find_runs(trained_store, ["first", first.id])
    with pytest.raises(InputError, match="no run 'fourth'"):
        predicting.find_runs(trained_store, ["first", "fourth"])
    with pytest.raises(InputError, match="weights is 'worst'; use one of best, last, average"):
        predicting.predict(trained_store, [first], images, weights="worst")
    with pytest.raises(InputError, match="averaging is 'five'; use one of none, flip, crops"):
        predicting.predict(trained_store, [first], images, averaging="five")
    for path in trained_store.checkpoint_folder(first.id).glob("*.safetensors"):
        path.unlink()
    with pytest.raises(InputError, match=r"run 'first': no checkpoint with hash .*leave it out"):
        predicting.predict(trained_store, [first], images)


def test_a_run_without_a_finished_epoch_is_refused(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    with tiny_store.start_run("young", config=tiny_config.to_dict()):
        pass
    runs, images = [tiny_store.run("young")], np.zeros((1, 48, 48), np.uint8)
    with pytest.raises(InputError, match="run 'young' has no finished epoch"):
        predicting.predict(tiny_store, runs, images)
