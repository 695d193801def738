import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import nn

from fer_core.explain import explain
from tests.explain.networks import convnet, images, linear_net, targets

METHOD = "integrated_gradients"


def start(kind: str) -> np.ndarray:
    pixels = images().numpy()
    if kind == "black":
        return np.zeros_like(pixels)
    if kind == "mean":
        return np.ones_like(pixels) * pixels.mean((1, 2, 3), keepdims=True)
    return np.stack([gaussian_filter(each[0], 5.0, mode="nearest")[None] for each in pixels])


@pytest.mark.parametrize("kind", ["black", "mean", "blurred"])
@pytest.mark.parametrize("steps", [1, 7])
def test_of_a_linear_model_it_is_weight_times_change(kind: str, steps: int) -> None:
    model = linear_net()
    found = explain(METHOD, model, images(), targets=targets(), baseline=kind, steps=steps)
    weight = model[1].weight.view(7, 1, 48, 48)[targets()].detach().numpy()
    expected = (weight * (images().numpy() - start(kind)))[:, 0]
    np.testing.assert_allclose(found.maps, expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.extras["completeness_gap"], 0, atol=1e-12)


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_of_a_smooth_network_the_integral_is_exact_with_few_steps(output: str) -> None:
    model = convnet(nn.Tanh)
    model[5] = nn.AvgPool2d(2)  # the largest of four has kinks
    found = explain(METHOD, model, images(), targets=targets(), output=output, steps=32)
    np.testing.assert_allclose(found.extras["completeness_gap"], 0, atol=1e-10)


def test_the_gap_is_what_the_map_lacks_of_the_scores_change_and_shrinks_with_steps() -> None:
    model = convnet()
    with torch.no_grad():
        scores = [model(each)[torch.arange(4), targets()] for each in (images(), images() * 0)]
    change = (scores[0] - scores[1]).numpy()
    gaps = []
    for steps in (2, 256):
        found = explain(METHOD, model, images(), targets=targets(), steps=steps)
        gap = found.extras["completeness_gap"]
        np.testing.assert_allclose(gap, found.maps.sum((1, 2)) - change, atol=1e-5)
        gaps.append(np.abs(gap).max())
    assert gaps[1] < gaps[0] / 10
    assert gaps[1] < 0.01 * np.abs(change).max()


def test_pixels_that_are_as_in_the_baseline_get_nothing() -> None:
    pixels = images()
    pixels[:, :, :10] = 0
    found = explain(METHOD, convnet(), pixels, targets=targets(), steps=4)
    assert not found.maps[:, :10].any()
    assert found.maps[:, 10:].any()
