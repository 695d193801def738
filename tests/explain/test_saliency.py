import numpy as np
import pytest
import torch

from fer_core.explain import explain
from tests.explain.networks import classifier, convnet, images, linear_net, targets


def test_of_a_linear_model_it_is_the_size_of_the_weights() -> None:
    model = linear_net()
    found = explain("saliency", model, images(), targets=targets())
    expected = model[1].weight.view(7, 48, 48)[targets()].abs().detach()
    np.testing.assert_allclose(found.maps, expected, rtol=1e-6)


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_it_agrees_with_central_differences(output: str) -> None:
    model, step = classifier("dataset"), 1e-6
    found = explain("saliency", model, images(1), targets=[2], output=output).maps[0]

    def score(pixels: torch.Tensor) -> float:
        logits = model(pixels)
        return (logits if output == "logit" else logits.softmax(1))[0, 2].item()

    places = np.random.default_rng(0).integers(0, 48, (20, 2))
    for row, column in places:
        more, less = images(1), images(1)
        more[0, 0, row, column] += step
        less[0, 0, row, column] -= step
        difference = (score(more) - score(less)) / (2 * step)
        assert found[row, column] == pytest.approx(abs(difference), rel=1e-5, abs=1e-8)


def test_of_a_layer_it_is_the_largest_slope_over_channels_by_central_differences() -> None:
    model, step = convnet()[2:], 1e-6  # what follows the first convolution and its batch norm
    whole = convnet()
    found = explain("saliency", whole, images(1), targets=[2], layer="1").maps[0]
    activations = whole[:2](images(1)).detach()
    slopes = np.zeros((4, 16, 16))
    for channel, row, column in np.ndindex(4, 16, 16):
        more, less = activations.clone(), activations.clone()
        more[0, channel, row, column] += step
        less[0, channel, row, column] -= step
        with torch.no_grad():
            slopes[channel, row, column] = (model(more) - model(less))[0, 2] / (2 * step)
    largest = np.abs(slopes).max(0)
    # Enlarged three times, every second of three pixels lies on one of the layer's places.
    np.testing.assert_allclose(found[1::3, 1::3], largest, rtol=1e-5, atol=1e-8)


def test_a_layer_by_any_of_its_names_gives_the_same_map() -> None:
    maps = [
        explain("saliency", convnet(), images(), targets=targets(), layer=name)
        for name in ("conv2", "3", "last")
    ]
    assert {each.layer for each in maps} == {"conv2"}
    assert len({each.maps.tobytes() for each in maps}) == 1
