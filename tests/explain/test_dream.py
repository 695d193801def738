"""Tests of deep dream."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.explain.dream import dream
from fer_core.models import Classifier, Normalise
from tests.explain.small_networks import comes_back_as_it_was, convolutional, faces


def _strength(model: Classifier, image: np.ndarray, like: np.ndarray) -> float:
    """Mean square of the first layer's ReLU, with the normalisation of `like`."""
    seen = (torch.as_tensor(image)[None, None] - like.mean()) / like.std()
    with torch.no_grad():
        norm = model.network[1].eval()
        return norm(model.network[0](seen)).relu().square().mean().item()


@pytest.mark.parametrize("size", [(48, 48), (60, 90)])
def test_dreaming_changes_the_image_and_raises_the_objective(size: tuple[int, int]) -> None:
    model = Classifier(Normalise("per-image"), convolutional())
    image = nn.functional.interpolate(faces(1), size=size)[0, 0].numpy()
    done = []
    found = dream(model, image, "conv1", steps=5, progress=lambda *each: done.append(each))
    assert found.shape == size
    assert found.dtype == np.float32
    assert 0 <= found.min() <= found.max() <= 1
    assert done == [(step, 15) for step in range(1, 16)]
    assert _strength(model, found, image) > 1.5 * _strength(model, image, image)
    assert abs(found - image).mean() > 0.01
    np.testing.assert_array_equal(found, dream(model, image, "conv1", steps=5))


def test_octaves_add_coarser_patterns_than_one_size_does() -> None:
    model, image = convolutional(), np.full((48, 48), 0.5, np.float32)
    one, three = (dream(model, image, "conv2", octaves=n, steps=10) for n in (1, 3))
    coarse = np.hypot(*np.meshgrid(np.fft.fftfreq(48), np.fft.fftfreq(48))) < 1 / 8

    def share(found: np.ndarray) -> float:
        energy = np.abs(np.fft.fft2(found - found.mean())) ** 2
        return energy[coarse].sum() / energy.sum()

    assert share(three) > share(one)


def test_a_network_that_resizes_dreams_in_the_image_s_own_size() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 7)
    )
    image = nn.functional.interpolate(faces(1), size=(64, 48))[0, 0]
    model = Classifier(Normalise("unit"), network, 24)
    found = dream(model, image, "conv1", steps=2, octaves=2)
    assert found.shape == (64, 48)
    with torch.no_grad():  # the network has half the side that it sees 48x48 images in
        before, after = (
            network[:2](nn.functional.interpolate(each[None, None], size=(32, 24), mode="area"))
            for each in (image, torch.from_numpy(found))
        )
    assert after.square().mean() > before.square().mean()


def test_the_model_comes_back_as_it_was_also_after_an_exception() -> None:
    model, image = convolutional(), faces(1)[0, 0]

    def stop(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    with comes_back_as_it_was(model):
        dream(model, image, "conv2", steps=1)
    with comes_back_as_it_was(model), pytest.raises(KeyboardInterrupt):
        dream(model, image, "conv2", progress=stop)


def test_wrong_input_is_one_line() -> None:
    model, image = convolutional(), faces(1)[0, 0]
    for changed, message in (
        ({"layer": "dense1"}, "'dense1' has no maps; name a convolution"),
        ({"octaves": 0}, "octaves is 0; use a whole number from 1 to 100"),
        ({"octaves": 5000}, "octaves is 5000; use a whole number from 1 to 100"),
        ({"octaves": 6}, "with 6 octaves the image of (48, 48) shrinks to (9, 9), and 12 is"),
        ({"octave_scale": 1.0}, "octave_scale is 1; use more than 1, to 4"),
        ({"step_size": 0.0}, "step_size is 0; use more than 0, to 1"),
        ({"steps": 0}, "steps is 0; use 1 or more"),
        ({"image": np.zeros((3, 48, 48))}, "is (3, 48, 48) torch.float64; give (height, width)"),
    ):
        arguments = {"image": image, "layer": "conv1", **changed}
        with pytest.raises(InputError) as caught:
            dream(model, **arguments)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_layer_that_cannot_take_the_smaller_sizes_is_refused() -> None:
    mixed = nn.Sequential(
        nn.Flatten(), nn.Linear(2304, 16), nn.Unflatten(1, (1, 4, 4)), nn.Conv2d(1, 2, 3),
        nn.Flatten(), nn.Linear(8, 7),
    )  # fmt: skip
    with pytest.raises(InputError, match=r"cannot run an image of \(24, 24\) up to conv1"):
        dream(mixed, faces(1)[0, 0], "conv1")
