"""A stored map is what the method gives, with all that it depends on."""

import numpy as np
import pytest
import torch

from fer_core.explain import explain
from fer_core.loading import load_model
from fer_core.records import (
    CLASS_NAMES,
    EXPLANATION,
    SEGMENT_WEIGHTS,
    SEGMENTS,
    TEST,
    DatasetArrays,
)
from fer_core.store import RunStore
from tests.explaining.asked import Calls, blobs, explained


def test_a_stored_map_is_what_the_method_gives_for_the_image(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    done = explained(trained_store, methods=("saliency",), samples="test:3,train:9")
    assert [(key.method, key.sample, key.layer) for key in done.stored] == [
        ("saliency", "test:3", ""),
        ("saliency", "train:9", ""),
    ]
    stored = trained_store.tensors("first", EXPLANATION)
    loaded = load_model(trained_store, trained_store.run("first"), device="cpu")
    for record, (split, index) in zip(stored, (("test", 3), ("train", 9)), strict=True):
        image = tiny_faces.splits[split].images[index]
        pixels = torch.tensor(image, dtype=torch.float32)[None, None] / 255
        with torch.no_grad():
            probabilities = loaded.model.eval()(pixels).softmax(1)[0].numpy()
        target = probabilities.argmax()
        expected = explain("saliency", loaded.model, pixels, targets=np.array([target])).maps[0]
        assert (record.array.shape, record.array.dtype) == ((48, 48), np.float32)
        np.testing.assert_allclose(record.array, expected, rtol=1e-4, atol=1e-6)
        assert record.array.max() > 0
        assert record.target == CLASS_NAMES[target] == record.provenance["predicted"]
        assert record.provenance["probability"] == pytest.approx(probabilities[target], rel=1e-4)
        assert record.provenance["true"] == CLASS_NAMES[tiny_faces.splits[split].labels[index]]


def test_the_provenance_says_all_that_a_map_depends_on(trained_store: RunStore) -> None:
    explained(
        trained_store,
        methods=("segmented",),
        samples="test:3",
        targets="HAPPY",
        weights="last",
        output="probability",
        seed=5,
        options={"segmented": {"segments": 3}},
    )
    (record,) = trained_store.tensors("first", EXPLANATION)
    loaded = load_model(trained_store, trained_store.run("first"), "last", "cpu")
    assert (record.target, record.weights) == ("Happy", "last")
    label = trained_store.labels(trained_store.run("first").dataset_fingerprint, TEST)[3]
    whole = dict(record.provenance)
    assert 0 < whole.pop("probability") < 1
    assert whole.pop("predicted") in CLASS_NAMES
    versions = whole.pop("versions")
    assert versions == loaded.device.versions() | {"precision": "float32"}
    assert set(versions) >= {"fer-lab", "python", "torch", "numpy", "machine", "threads"}
    assert whole == {
        "checkpoint_sha256": loaded.sha256,
        "epoch": 4,
        "seed": 5,
        "output": "probability",
        "options": {"segments": 3, "scale": 1.0},
        "signed": True,
        "true": CLASS_NAMES[label],
        "extras": {"r2": pytest.approx(0.3), "gap": 0.5},
    }


def test_segments_and_the_targets_weights_are_stored_beside_the_map(
    trained_store: RunStore, calls: Calls
) -> None:
    explained(trained_store, methods=("segmented",), per_class=2, split="train")
    maps = trained_store.tensors("first", EXPLANATION)
    segments = trained_store.tensors("first", SEGMENTS)
    weights = trained_store.tensors("first", SEGMENT_WEIGHTS)
    assert len(maps) == 14
    counts = set()
    for each, places, values in zip(maps, segments, weights, strict=True):
        assert (each.sample, each.target) == (places.sample, places.target)
        assert (each.sample, each.target) == (values.sample, values.target)
        assert (places.array.dtype, places.array.shape) == (np.int16, (48, 48))
        assert values.array.dtype == np.float64
        np.testing.assert_array_equal(values.array[places.array].astype(np.float32), each.array)
        assert each.provenance["extras"]["r2"] == pytest.approx(CLASS_NAMES.index(each.target) / 10)
        counts.add(len(values.array))
        assert places.array.max() + 1 == len(values.array)
    assert counts == {2, 4}, "no image with fewer segments: the test tests less than it says"
    explained(
        trained_store,
        methods=("segmented",),
        per_class=2,
        split="train",
        options={"segmented": {"segments": 6}},
    )
    assert len(trained_store.tensors("first", SEGMENTS)) == 14
    assert max(len(r.array) for r in trained_store.tensors("first", SEGMENT_WEIGHTS)) == 6
    found, wanted = blobs(trained_store)
    assert found == wanted
