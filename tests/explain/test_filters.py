"""Tests of gradient ascent on filters: known optima, independence, dead filters, wrong input."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from fer_core.errors import InputError
from fer_core.explain import filters
from fer_core.explain.ascent_styles import PLAIN_STEP
from fer_core.explain.filters import Ascent, ascend, kernels
from fer_core.models import Classifier, Normalise
from tests.explain.networks import residual_net
from tests.explain.small_networks import comes_back_as_it_was, convolutional, faces, first_layer


def _gabors(side: int = 7) -> np.ndarray:
    """Kernels (8, k, k): two frequencies, four orientations, mean 0, norm 1."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    found = []
    for frequency in (1 / 6, 1 / 3):
        for angle in np.pi * np.arange(4) / 4:
            wave = np.cos(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)))
            kernel = np.exp(-(x**2 + y**2) / (2 * (side / 4) ** 2)) * wave
            kernel -= kernel.mean()
            found.append(kernel / np.linalg.norm(kernel))
    return np.array(found, np.float32)


@pytest.mark.parametrize("style", ["plain", "natural"])
def test_ascended_images_have_the_frequencies_of_gabor_kernels(style: str) -> None:
    gabors = _gabors()
    found = ascend(first_layer(gabors), "conv1", style=style, record_every=200)
    ends = found.images[:, -1] - found.images[:, -1].mean((1, 2), keepdims=True)
    amplitudes = np.abs(np.fft.fft2(ends)).reshape(len(gabors), -1)
    wanted = np.abs(np.fft.fft2(gabors, s=(48, 48))).reshape(len(gabors), -1)
    own = np.corrcoef(amplitudes, wanted)[: len(gabors), len(gabors) :]
    assert own.diagonal().min() > 0.6
    assert own.argmax(1).tolist() == list(range(len(gabors)))  # and are no other kernel's


@pytest.mark.parametrize("layer", ["conv2", "conv3", "conv4", "last"])
def test_filters_within_residual_blocks_and_shortcuts_are_climbed(layer: str) -> None:
    model = residual_net().float()
    found = ascend(model, layer, steps=20, record_every=20)
    assert (found.activations[:, -1] > found.activations[:, 0]).all()


class Peaks(nn.Module):
    """Each filter is highest, at 0, for its own image: minus the squared distance of each pixel."""

    def __init__(self, optima: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("optima", optima)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return -((images - self.optima[None, :, 0]) ** 2)


def test_a_quadratic_layer_is_climbed_to_its_known_optima() -> None:
    optima = faces(3, seed=5)
    model = nn.Sequential(Peaks(optima), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 7))
    found = ascend(model, "0", steps=60, record_every=20)
    away = np.sqrt(((found.images[:, -1] - optima[:, 0].numpy()) ** 2).mean((1, 2)))
    assert away.max() <= PLAIN_STEP  # a step is this long
    np.testing.assert_allclose(
        found.activations,
        -((found.images - optima.numpy()) ** 2).mean((2, 3)),
        rtol=1e-5,
    )
    natural = ascend(model, "0", steps=60, record_every=60, style="natural")
    assert (natural.activations[:, 1] > natural.activations[:, 0]).all()
    assert 0 <= natural.images.min() <= natural.images.max() <= 1


@pytest.mark.parametrize("style", ["plain", "natural"])
def test_filters_in_one_batch_end_as_each_alone_and_in_any_chunks(
    style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = convolutional().double()
    together = ascend(model, "conv2", steps=30, style=style, seed=3)
    for index in (0, 4):
        alone = ascend(model, "conv2", filters=[index], steps=30, style=style, seed=3)
        np.testing.assert_allclose(alone.images[0], together.images[index], atol=1e-5)
        np.testing.assert_allclose(alone.activations[0], together.activations[index], atol=1e-5)
    monkeypatch.setattr(filters, "_AT_ONCE", {"cpu": 4})
    done = []
    chunked = ascend(
        model, "conv2", steps=30, style=style, seed=3, progress=lambda *each: done.append(each)
    )
    np.testing.assert_allclose(chunked.images, together.images, atol=1e-5)
    assert done == [(step, 60) for step in range(1, 61)]


@pytest.mark.parametrize("style", ["plain", "natural"])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_image(style: str) -> None:
    def once(seed: int) -> Ascent:
        return ascend(convolutional(), "conv2", steps=4, record_every=2, style=style, seed=seed)

    first, second, other = once(1), once(1), once(2)
    assert first.images.tobytes() == second.images.tobytes()
    assert first.activations.tobytes() == second.activations.tobytes()
    assert all(abs(a - b).max() > 1e-3 for a, b in zip(first.images, other.images, strict=True))


def test_noise_is_uniform_and_belongs_to_the_filter_s_index() -> None:
    found = ascend(convolutional(), "conv2", filters=[5, 1], steps=1, record_every=1)
    noise = found.images[:, 0]
    expected = [np.random.default_rng([0, n]).random((48, 48), np.float32) for n in (5, 1)]
    np.testing.assert_array_equal(noise, expected)
    assert abs(noise.mean() - 0.5) < 0.02
    assert abs(noise.std() - 12**-0.5) < 0.01


@pytest.mark.parametrize("kind", ["none", "unit", "dataset", "per-image"])
@pytest.mark.parametrize("side", [48, 40])
def test_a_step_is_the_gradient_over_its_root_mean_square_under_a_fixed_normalisation(
    kind: str, side: int
) -> None:
    network = first_layer(_gabors())  # of mean 0: noise excites each here and there
    model = Classifier(Normalise(kind, mean=0.4, deviation=0.2), network, side)
    found = ascend(model, "conv1", steps=1, record_every=1)
    mean, deviation = {
        "none": (0.0, 1 / 255),
        "unit": (0.0, 1.0),
        "dataset": (0.4, 0.2),
        "per-image": (0.5, 12**-0.5),
    }[kind]
    for index, (start, end) in enumerate(found.images):
        image = torch.tensor(start)[None, None].requires_grad_()
        seen = functional.interpolate(image, size=(side, side), mode="bilinear", antialias=True)
        maps = functional.conv2d((seen - mean) / deviation, network[0].weight, padding=3)
        maps[0, index].relu().mean().backward()
        gradient = image.grad[0, 0].numpy()
        expected = start + 0.02 * gradient / np.sqrt((gradient**2).mean())
        np.testing.assert_allclose(end, expected, atol=1e-5)


def test_with_per_image_statistics_a_start_image_keeps_its_own() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 46**2, 7))
    model = Classifier(Normalise("per-image"), network)
    face = faces(1)[0, 0] * 0.5
    found = ascend(model, "conv1", start=face, steps=2, record_every=1)
    np.testing.assert_array_equal(found.images[:, 0], np.stack([face, face]))
    for index, images in enumerate(found.images):
        seen = (torch.tensor(images)[:, None] - face.mean()) / face.std(correction=0)
        with torch.no_grad():
            expected = network[0](seen)[:, index].relu().mean((1, 2))
        np.testing.assert_allclose(found.activations[index], expected, rtol=1e-4)


def test_a_natural_ascent_starts_from_the_image_it_was_given() -> None:
    face = faces(1)[0, 0] * 0.8 + 0.1
    found = ascend(
        first_layer(_gabors()), "conv1", start=face, steps=5, record_every=5, style="natural"
    )
    np.testing.assert_allclose(found.images[:, 0], np.stack([face] * 8), atol=1e-5)
    assert (found.activations[:, 1] > found.activations[:, 0]).all()


def test_a_silent_filter_is_woken_by_its_pre_activation_and_a_dead_one_is_said_to_be() -> None:
    kernel = _gabors()[0]
    found = ascend(
        first_layer(
            np.stack([kernel, kernel, np.zeros_like(kernel)]),
            bias=np.array([0.0, -2.0, -1.0], np.float32),  # 2: more than noise can reach
        ),
        "conv1",
        steps=100,
        record_every=50,
    )
    assert found.activations[1, 0] == 0 < found.activations[1, -1]
    assert found.dead.tolist() == [False, False, True]
    np.testing.assert_array_equal(found.images[2, 0], found.images[2, -1])  # no way up
    assert (found.activations[2] == 0).all()


def test_a_filter_in_chunks_with_others_is_dead_by_its_own_activation_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filters, "_AT_ONCE", {"cpu": 1})
    model = first_layer(np.zeros((3, 3, 3), np.float32), np.array([-1.0, 1.0, -1.0], np.float32))
    found = ascend(model, "conv1", steps=1, record_every=1)
    assert found.dead.tolist() == [True, False, True]


@pytest.mark.parametrize("style", ["plain", "natural"])
def test_activations_rise_for_every_filter_of_every_layer(style: str) -> None:
    model = convolutional(seed=2)
    for layer, count in (("conv1", 5), ("conv2", 6), ("last", 6), ("dense1", 7), ("3", 5)):
        found = ascend(model, layer, steps=30, record_every=10, style=style)
        assert found.images.shape == (count, 4, 48, 48)
        assert found.steps.tolist() == [0, 10, 20, 30]
        assert found.filters.tolist() == list(range(count))
        assert (found.activations[~found.dead, -1] > found.activations[~found.dead, 0]).all()
        assert found.images.dtype == found.activations.dtype == np.float32
    assert ascend(model, "last", steps=1, record_every=1).layer == "conv2"


def test_the_model_comes_back_as_it_was_also_after_an_exception() -> None:
    def stop(done: int, _all: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    model = convolutional(inplace=True)
    with comes_back_as_it_was(model):
        ascend(model, "conv2", steps=2, record_every=1)
    for style in ("plain", "natural"):
        with comes_back_as_it_was(model), pytest.raises(KeyboardInterrupt):
            ascend(model, "conv2", style=style, progress=stop)


def test_kernels_are_the_weights_as_they_are() -> None:
    model = convolutional()
    found = kernels(model, "conv2")
    assert found.shape == (6, 5, 3, 3)
    np.testing.assert_array_equal(found, model[4].weight.detach().numpy())
    with torch.no_grad():
        model[4].weight.zero_()
    assert found.any()  # a copy
    with pytest.raises(InputError, match="'dense1' is a Linear, which has no kernels"):
        kernels(model, "dense1")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"layer": "conv9"}, "no layer 'conv9'; use last or one of conv1"),
        ({"filters": [0, 6]}, "no filter 6 in conv2; it has 0 to 5"),
        ({"filters": [-1]}, "no filter -1 in conv2; it has 0 to 5"),
        ({"filters": [1.5]}, "no filter 1.5 in conv2; it has 0 to 5"),
        ({"filters": []}, "filters is empty; name some, or use all"),
        ({"filters": "some"}, "filters is 'some'; use all or a list of indices"),
        ({"steps": 0}, "steps is 0; use 1 or more"),
        ({"record_every": 30}, "record_every is 30, which does not divide 200 steps; use 25"),
        ({"record_every": 0}, "record_every is 0, which does not divide 200 steps; use 1"),
        ({"steps": 5}, "record_every is 10, which does not divide 5 steps; use 5"),
        ({"style": "pretty"}, "style is 'pretty'; use one of plain, natural"),
        ({"seed": -1}, "seed is -1; use 0 or more"),
        ({"start": "face"}, "start is 'face'; use noise or an image"),
        ({"start": np.zeros((47, 48))}, r"is (47, 48) torch.float64; give (48, 48) floats"),
        ({"start": np.full((48, 48), 255.0)}, "grey levels are 255 to 255; give them in [0, 1]"),
        ({"start": np.full((48, 48), np.nan)}, "grey levels are nan to nan; give them in [0, 1]"),
    ],
)
def test_wrong_input_is_one_line(changed: dict, message: str) -> None:
    arguments = {"layer": "conv2", **changed}
    with pytest.raises(InputError) as caught:
        ascend(convolutional(), **arguments)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
