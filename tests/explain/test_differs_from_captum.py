"""Where captum is silently wrong: what it gives, and that ours is something else."""

import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from captum import attr
from torch import nn

from fer_core.errors import InputError
from fer_core.explain import explain
from tests.explain.networks import Functional, Shared, convnet, images, seeded, state, targets


@pytest.fixture(autouse=True)
def _their_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def plain_gradient(model: nn.Module) -> np.ndarray:
    pixels = images().requires_grad_()
    model(pixels)[torch.arange(4), targets()].sum().backward()
    return pixels.grad[:, 0].numpy()


@pytest.mark.parametrize(
    "make",
    [lambda: convnet(lambda: nn.LeakyReLU(0.05)), lambda: seeded(Functional)],
    ids=["LeakyReLU", "functional ReLU"],
)
def test_its_guided_backprop_is_the_plain_gradient_there_and_ours_is_not(make: Callable) -> None:
    theirs = attr.GuidedBackprop(make()).attribute(images(), target=targets())
    plain = plain_gradient(make())
    np.testing.assert_allclose(theirs.detach()[:, 0], plain, atol=1e-12)
    found = explain("guided_backprop", make(), images(), targets=targets()).maps
    assert np.abs(found - plain).max() > 0.1 * np.abs(plain).max()


def test_its_grad_cam_of_a_shared_activation_is_that_of_one_call_and_ours_is_refused() -> None:
    model, apart = seeded(Shared), seeded(lambda: Shared(shared=False))
    theirs = attr.LayerGradCam(model, model.relu).attribute(images(), target=targets())
    last = attr.LayerGradCam(apart, apart.other).attribute(images(), target=targets())
    assert torch.equal(theirs, last)
    with pytest.raises(InputError, match="layer 'relu' runs 2 times for one image"):
        explain("gradcam", model, images(), targets=targets(), layer="relu")
    found = explain("gradcam", apart, images(), targets=targets(), layer="relu").maps
    assert np.abs(found).max() > 0  # each has maps of its own where they can be told apart


def test_it_explains_a_model_in_training_and_changes_its_statistics_and_ours_does_neither() -> None:
    model, ours = convnet().train(), convnet().train()
    before = state(model)
    theirs = attr.Saliency(model).attribute(images(), target=targets())
    changed = {name for name, kept in state(model).items() if before[name] != kept}
    assert ("1.running_mean", "values") in changed
    right = attr.Saliency(convnet().eval()).attribute(images(), target=targets())[:, 0]
    assert not np.allclose(theirs[:, 0], right, rtol=0.1)
    before = state(ours)
    found = explain("saliency", ours, images(), targets=targets())
    np.testing.assert_allclose(found.maps, right, rtol=1e-6)
    assert state(ours) == before


def test_its_grad_cam_is_enlarged_in_blocks_and_ours_bilinearly() -> None:
    model = convnet()
    theirs = attr.GuidedGradCam(model, model[3]).attribute(images(), target=targets())
    found = explain("guided_gradcam", model, images(), targets=targets())
    assert np.abs(found.maps - theirs.detach().numpy()[:, 0]).max() > 0.1 * np.abs(found.maps).max()
    coarse = attr.LayerGradCam(model, model[3]).attribute(images(), target=targets())
    blocks = attr.LayerAttribution.interpolate(coarse, (48, 48))[:, 0].detach().numpy()
    assert (blocks[:, ::3] == blocks[:, 1::3]).all()
    cam = explain("gradcam", model, images(), targets=targets()).maps
    assert (cam[:, ::3] != cam[:, 1::3]).any()
