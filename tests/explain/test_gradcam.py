import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from fer_core.explain import explain
from tests.explain.networks import convnet, images, seeded, targets


def pooled_net() -> nn.Sequential:
    """Convolution, ReLU, global average pooling, linear: the network of CAM (Zhou et al. 2016)."""
    return seeded(
        lambda: nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=4),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, 7),
        )
    )


def test_on_a_pooled_linear_net_it_is_cam_over_the_number_of_places() -> None:
    model = pooled_net()
    found = explain("gradcam", model, images(), targets=targets(), layer="1")
    activations = model[:2](images()).detach()
    cam = torch.einsum("nk,nkhw->nhw", model[4].weight[targets()].detach(), activations).relu()
    assert cam.shape[1:] == (11, 11)
    large = functional.interpolate(cam[:, None] / 121, size=(48, 48), mode="bilinear")[:, 0]
    np.testing.assert_allclose(found.maps, large, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_it_weights_maps_by_their_mean_gradient(output: str) -> None:
    model = convnet()
    found = explain("gradcam", model, images(), targets=targets(), output=output)
    activations = model[:4](images()).detach().requires_grad_()
    logits = model[4:](activations)
    scores = logits if output == "logit" else logits.softmax(1)
    scores[torch.arange(4), targets()].sum().backward()
    weights = activations.grad.mean((2, 3), keepdim=True)
    cam = (weights * activations).sum(1, keepdim=True).relu().detach()
    large = functional.interpolate(cam, size=(48, 48), mode="bilinear")[:, 0]
    np.testing.assert_allclose(found.maps, large, rtol=1e-6, atol=1e-9)
    assert found.layer == "conv2"


@pytest.mark.parametrize("layer", ["conv1", "1", "2", "last", "4", "5"])
def test_any_layer_with_maps_will_do(layer: str) -> None:
    found = explain("gradcam", convnet(), images(), targets=targets(), layer=layer)
    assert found.maps.shape == (4, 48, 48)
    assert found.maps.max() > 0
    assert found.maps.min() >= 0


def test_where_nothing_speaks_for_the_class_the_map_is_all_zero() -> None:
    model = pooled_net()
    with torch.no_grad():
        model[4].weight[0] = -1
    found = explain("gradcam", model, images(1), targets=[0], layer="1")
    assert not found.maps.any()
