"""The same maps as captum's, grad-cam's and zennit's, where these are right."""

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from captum import attr
from pytorch_grad_cam import GradCAM, GuidedBackpropReLUModel
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn
from zennit import attribution
from zennit.composites import GuidedBackprop

from fer_core.explain import explain
from fer_core.explain.layers import find
from tests.explain.networks import convnet, images, residual_net, targets


@pytest.fixture(autouse=True)
def _their_warnings() -> Iterator[None]:
    with warnings.catch_warnings():  # about hooks and gradients that they set
        warnings.simplefilter("ignore", UserWarning)
        yield


def ours(method: str, model: nn.Module | None = None, **options: object) -> np.ndarray:
    found = explain(method, model or convnet(), images(), targets=targets(), **options)
    assert np.abs(found.maps).max() > 0
    return found.maps


def same(found: np.ndarray, theirs: torch.Tensor, tolerance: float = 1e-6) -> None:
    expected = theirs.detach().numpy()[:, 0]
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found / scale, expected / scale, atol=tolerance)


def test_captum_saliency() -> None:
    same(ours("saliency"), attr.Saliency(convnet()).attribute(images(), target=targets()))


@pytest.mark.parametrize(("steps", "fill"), [(8, 0.0), (64, 0.0), (64, None)])
def test_captum_integrated_gradients(steps: int, fill: float | None) -> None:
    mean = images().mean((1, 2, 3), keepdim=True).expand_as(images())
    theirs, gap = attr.IntegratedGradients(convnet()).attribute(
        images(),
        baselines=torch.zeros_like(mean) if fill is not None else mean,
        target=targets(),
        n_steps=steps,
        method="gausslegendre",
        return_convergence_delta=True,
    )
    kind = "black" if fill is not None else "mean"
    same(ours("integrated_gradients", steps=steps, baseline=kind), theirs)
    found = explain(
        "integrated_gradients", convnet(), images(), targets=targets(), steps=steps, baseline=kind
    )
    np.testing.assert_allclose(found.extras["completeness_gap"], gap, atol=1e-7)


def test_zennit_integrated_gradients_with_many_steps() -> None:
    attributor = attribution.IntegratedGradients(convnet(), n_iter=400)
    _, theirs = attributor(images(), torch.eye(7, dtype=torch.float64)[targets()])
    same(ours("integrated_gradients", steps=400), theirs, tolerance=0.02)


def test_zennit_smoothgrad_in_the_limit_of_many_samples() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        attributor = attribution.SmoothGrad(convnet(), noise_level=0.15, n_iter=500)
        _, theirs = attributor(images(), torch.eye(7, dtype=torch.float64)[targets()])
    found = ours("smoothgrad", samples=500)
    for map_, other in zip(found, theirs.abs()[:, 0].numpy(), strict=True):
        assert np.corrcoef(map_.ravel(), other.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("index", [0, 2, 3, 5])
def test_captum_grad_cam_when_told_to_interpolate_bilinearly(index: int) -> None:
    model = convnet()
    coarse = attr.LayerGradCam(model, model[index]).attribute(
        images(), target=targets(), relu_attributions=True
    )
    theirs = attr.LayerAttribution.interpolate(coarse, (48, 48), "bilinear")
    same(ours("gradcam", layer=str(index)), theirs)


@pytest.mark.parametrize("index", [0, 3])
def test_grad_cam_package(index: int) -> None:
    model = convnet()
    with GradCAM(model, [model[index]]) as cam:
        theirs = cam(images(), [ClassifierOutputTarget(each) for each in targets()])
    found = ours("gradcam", layer=str(index))
    # It scales each coarse map to 0..1 before it enlarges it, in float32.
    assert (found.min((1, 2)) >= 0).all()
    for map_, other in zip(found, theirs, strict=True):
        slope, offset = np.polyfit(map_.ravel(), other.ravel(), 1)
        np.testing.assert_allclose(slope * map_ + offset, other, atol=1e-5)


def test_captum_guided_backprop_on_relu_modules() -> None:
    theirs = attr.GuidedBackprop(convnet()).attribute(images(), target=targets())
    same(ours("guided_backprop"), theirs)


def test_grad_cam_package_guided_backprop_on_relu_modules() -> None:
    guided = GuidedBackpropReLUModel(convnet(), "cpu")
    theirs = [
        guided(images()[index : index + 1], int(target)) for index, target in enumerate(targets())
    ]
    same(ours("guided_backprop"), torch.from_numpy(np.stack(theirs))[..., 0][:, None])


def test_zennit_guided_backprop_on_relu_modules() -> None:
    with attribution.Gradient(convnet(), GuidedBackprop()) as attributor:
        _, theirs = attributor(images(), torch.eye(7, dtype=torch.float64)[targets()])
    same(ours("guided_backprop"), theirs)


def test_captum_guided_grad_cam_when_told_to_interpolate_bilinearly() -> None:
    model = convnet()
    theirs = attr.GuidedGradCam(model, model[3]).attribute(
        images(), target=targets(), interpolate_mode="bilinear"
    )
    same(ours("guided_gradcam"), theirs)


@pytest.mark.parametrize(("patch", "stride"), [(8, 4), (12, 12), (6, 2)])
def test_captum_occlusion(patch: int, stride: int) -> None:
    theirs = attr.Occlusion(convnet()).attribute(
        images(),
        (1, patch, patch),
        strides=(1, stride, stride),
        baselines=torch.zeros_like(images()),
        target=targets(),
        perturbations_per_eval=8,
    )
    same(ours("occlusion", patch=patch, stride=stride, fill="black"), theirs)


def test_for_probabilities_they_agree_too() -> None:
    model = nn.Sequential(convnet(), nn.Softmax(1))
    theirs = attr.Saliency(model).attribute(images(), target=targets())
    same(ours("saliency", output="probability"), theirs)
    theirs = attr.GuidedBackprop(model).attribute(images(), target=targets())
    same(ours("guided_backprop", output="probability"), theirs)


@pytest.mark.parametrize("layer", ["conv1", "conv3", "conv4", "conv6", "residual1.add"])
def test_captum_on_a_residual_network(layer: str) -> None:
    model = residual_net()
    same(ours("saliency", model), attr.Saliency(model).attribute(images(), target=targets()))
    guided = attr.GuidedBackprop(residual_net()).attribute(images(), target=targets())
    same(ours("guided_backprop", model), guided)
    module = find(model, layer)
    coarse = attr.LayerGradCam(model, module).attribute(
        images(), target=targets(), relu_attributions=True
    )
    theirs = attr.LayerAttribution.interpolate(coarse, (48, 48), "bilinear")
    same(ours("gradcam", model, layer=layer), theirs)
    both = attr.GuidedGradCam(model, module).attribute(
        images(), target=targets(), interpolate_mode="bilinear"
    )
    same(ours("guided_gradcam", model, layer=layer), both)


def test_captum_integrated_gradients_and_occlusion_on_a_residual_network() -> None:
    model, black = residual_net(), torch.zeros_like(images())
    theirs = attr.IntegratedGradients(model).attribute(
        images(), baselines=black, target=targets(), n_steps=16, method="gausslegendre"
    )
    same(ours("integrated_gradients", model, steps=16, baseline="black"), theirs)
    theirs = attr.Occlusion(model).attribute(
        images(), (1, 12, 12), strides=(1, 12, 12), baselines=black, target=targets()
    )
    same(ours("occlusion", model, patch=12, stride=12, fill="black"), theirs)
