"""What is stored of filters and class images is what the makers give."""

import numpy as np
import pytest
import torch

from fer_core.config import RunConfig
from fer_core.experiment import train_run
from fer_core.explain.class_images import class_images
from fer_core.explain.filters import ascend
from fer_core.microscope import (
    carry_out,
    plan_outputs,
)
from fer_core.records import (
    CLASS_IMAGES,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    KERNELS,
    LAYER_OUTPUTS,
    TOP_IMAGES,
    TRAIN,
    VALIDATION,
    DatasetArrays,
)
from fer_core.store import RunStore
from tests.microscope.asked import SHORT, ascended, model_of, one, pixels, responses, study


def test_stored_filters_are_what_the_ascent_gives_with_all_they_depend_on(
    trained_store: RunStore,
) -> None:
    done = ascended(trained_store, layers=("last",), seed=3, style="natural")
    assert [key.kind for key in done.stored] == [
        *(FILTERS, FILTER_ACTIVATIONS, KERNELS, TOP_IMAGES, FILTER_SIMILARITY)
    ]
    loaded = model_of(trained_store)
    expected = ascend(loaded.model, "conv1", style="natural", seed=3, **SHORT)
    images, values = (one(trained_store, kind) for kind in (FILTERS, FILTER_ACTIVATIONS))
    assert (images.array.shape, images.array.dtype) == ((4, 3, 48, 48), np.float16)
    np.testing.assert_array_equal(images.array, expected.images.astype(np.float16))
    np.testing.assert_array_equal(values.array, expected.activations)
    assert values.array.dtype == np.float32
    for record in (images, values):
        key = (record.method, record.layer, record.sample, record.target, record.weights)
        assert key == ("natural", "conv1", "", "", "best")
        whole = dict(record.provenance)
        versions = whole.pop("versions")
        assert versions == loaded.device.versions() | {"precision": "float32"}
        assert whole == {
            "checkpoint_sha256": loaded.sha256,
            "epoch": loaded.epoch,
            "seed": 3,
            "options": {"steps": 4, "record_every": 2},
            "filters": [0, 1, 2, 3],
            "dead": np.flatnonzero(expected.dead).tolist(),
            "steps": [0, 2, 4],
        }


def test_an_ascent_may_start_from_an_image(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    ascended(trained_store, start="test:5")
    record = one(trained_store, FILTERS, sample="test:5")
    start = pixels(tiny_faces, "test")[5, 0].numpy()
    np.testing.assert_array_equal(record.array[:, 0], np.stack([start.astype(np.float16)] * 4))
    assert not np.array_equal(record.array[0, 1], record.array[1, 1])


def test_kernels_are_the_weights_of_the_first_convolution(trained_store: RunStore) -> None:
    ascended(trained_store, layers=("conv1",))
    record = one(trained_store, KERNELS, layer="conv1")
    weight = dict(model_of(trained_store).model.named_parameters())
    (expected,) = (each for each in weight.values() if each.ndim == 4)
    np.testing.assert_array_equal(record.array, expected.detach().numpy())
    assert record.array.shape == (4, 1, 3, 3)
    assert record.provenance["seed"] is None


def test_top_images_and_similarity_are_those_of_a_forward_pass_written_out(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    ascended(trained_store, split=VALIDATION)
    _, activation = responses(model_of(trained_store), pixels(tiny_faces, VALIDATION))
    means = activation.mean((2, 3)).numpy()
    top = one(trained_store, TOP_IMAGES)
    assert (top.layer, top.sample) == ("conv1", VALIDATION)
    assert (top.array.shape, top.array.dtype) == ((4, 9, 4), np.float32)
    live = 0
    for number, rows in enumerate(top.array):
        order = np.argsort(-means[:, number], kind="stable")[:9]
        np.testing.assert_allclose(rows[:, 0], means[order, number], rtol=1e-4, atol=1e-6)
        if len(set(means[:, number])) < 14:
            continue  # of equals, rounding decides
        live += 1
        np.testing.assert_array_equal(rows[:, 1], order)
        flat = activation[order, number].flatten(1).argmax(1).numpy()
        np.testing.assert_array_equal(rows[:, 2:], np.stack(np.divmod(flat, 48), axis=1))
    assert live, "no live filter: the test tests less than it says"
    assert (top.provenance["source"], top.provenance["n"]) == (VALIDATION, 14)
    similarity = one(trained_store, FILTER_SIMILARITY)
    rows = activation.transpose(0, 1).flatten(1).double().numpy()
    with np.errstate(invalid="ignore"):
        expected = np.nan_to_num(np.corrcoef(rows))
    np.testing.assert_allclose(similarity.array, expected, atol=1e-4)
    assert (similarity.array.shape, similarity.array.dtype) == ((4, 4), np.float32)
    assert similarity.provenance["n"] == 14


def test_similarity_is_over_a_drawn_part_of_a_large_split(
    trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fer_core.microscope.answers.SIMILARITY_IMAGES", 20)
    ascended(trained_store)
    record = one(trained_store, FILTER_SIMILARITY, sample=TRAIN)
    assert (record.provenance["n"], record.provenance["source"]) == (20, TRAIN)
    assert record.provenance["options"] == {"images": 20, "seed": 0}


def test_top_images_of_a_held_out_split_are_named_as_in_the_source(
    tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    config = tiny_config.replace(validation=0.25, epochs=1)
    run = train_run(tiny_store, config, name="held", device="cpu")
    ascended(tiny_store, "held", split=VALIDATION)
    record = one(tiny_store, TOP_IMAGES, "held")
    held_out = set(tiny_store.held_out(run.id).tolist())
    assert (record.sample, record.provenance["source"]) == (VALIDATION, TRAIN)
    assert set(record.array[..., 1].astype(int).ravel().tolist()) <= held_out


def test_class_images_start_from_noise_and_from_the_mean_of_the_training_images(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    ascended(trained_store, classes="both", seed=2)
    loaded = model_of(trained_store)
    face = pixels(tiny_faces, TRAIN).double().mean((0, 1)).float()
    for sample, start in (("noise", "noise"), ("mean-face", face)):
        record = one(trained_store, CLASS_IMAGES, sample=sample, method="plain")
        expected = class_images(loaded.model, start=start, steps=4, seed=2)
        np.testing.assert_allclose(record.array, expected.images, atol=1e-5)
        assert (record.array.shape, record.array.dtype) == ((7, 48, 48), np.float32)
        found = np.array(record.provenance["probabilities"])
        np.testing.assert_allclose(found, expected.probabilities, atol=1e-4)
    ascended(trained_store, classes="mean-face", style="natural")
    assert one(trained_store, CLASS_IMAGES, method="natural").sample == "mean-face"


def test_a_layers_outputs_are_those_of_a_forward_pass_written_out(
    trained_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    planned = plan_outputs(study(trained_store), samples="test:3,train:9", layers=("last",))
    assert [key.sample for key in carry_out(planned).stored] == ["test:3", "train:9"]
    record = one(trained_store, LAYER_OUTPUTS, sample="train:9", layer="conv1")
    own, activation = responses(model_of(trained_store), pixels(tiny_faces, TRAIN)[9:10])
    assert (record.array.shape, record.array.dtype) == ((4, 48, 48), np.float16)
    np.testing.assert_allclose(record.array, own[0], rtol=2e-3, atol=1e-3)
    assert record.array.min() < 0, "what follows a ReLU would not be the layer's own output"
    expected = activation.mean((2, 3))[0].tolist()
    assert record.provenance["activations"] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_values_that_float16_cannot_hold_are_stored_as_they_are(trained_store: RunStore) -> None:
    loaded = model_of(trained_store)
    with torch.no_grad():
        for parameter in loaded.model.network.parameters():
            if parameter.ndim == 4:
                parameter.mul_(1e6)
    looked = study(trained_store)
    looked.loaded = loaded
    carry_out(plan_outputs(looked, samples="test:3"))
    array = one(trained_store, LAYER_OUTPUTS).array
    assert array.dtype == np.float32
    assert np.isfinite(array).all()
    assert np.abs(array).max() > 65504
