from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn
from torch.nn import functional

from fer_core.data.synthetic import synthesise
from fer_core.errors import InputError
from fer_core.explain import explain
from tests.explain.networks import Functional, Shared, convnet, dense_net, images, seeded, targets

METHOD = "guided_backprop"


def by_hand(slope: float) -> np.ndarray:
    """Guided backpropagation through conv, activation, linear, written out for each image."""
    model = one_layer(nn.ReLU)
    hidden = model[0](images())
    weight = model[3].weight.view(7, 4, 15, 15)[targets()]
    back = weight.clamp_min(0) * torch.where(hidden > 0, 1.0, slope)
    return (
        functional.conv_transpose2d(back, model[0].weight, stride=3, output_padding=1)[:, 0]
        .detach()
        .numpy()
    )


def one_layer(activation: Callable[[], nn.Module]) -> nn.Sequential:
    return seeded(
        lambda: nn.Sequential(
            nn.Conv2d(1, 4, 5, stride=3), activation(), nn.Flatten(), nn.Linear(4 * 15 * 15, 7)
        )
    )


def test_only_positive_gradients_pass_where_the_input_was_positive() -> None:
    found = explain(METHOD, one_layer(nn.ReLU), images(), targets=targets())
    np.testing.assert_allclose(found.maps, by_hand(0.0), rtol=1e-6, atol=1e-9)
    assert found.extras["extended"].tolist() == [False] * 4


@pytest.mark.parametrize("slope", [0.05, 0.3])
def test_at_leaky_relus_positive_gradients_are_multiplied_by_the_slope(slope: float) -> None:
    found = explain(METHOD, one_layer(lambda: nn.LeakyReLU(slope)), images(), targets=targets())
    np.testing.assert_allclose(found.maps, by_hand(slope), rtol=1e-6, atol=1e-9)
    assert found.extras["extended"].tolist() == [True] * 4


def of(model: nn.Module) -> np.ndarray:
    return explain(METHOD, model, images(), targets=targets()).maps


def test_functions_inplace_and_shared_modules_are_relus_like_others() -> None:
    relu = seeded(lambda: Shared(shared=False))
    expected = of(relu)
    assert not np.allclose(expected, _plain(relu), atol=1e-3)
    same = [
        seeded(Shared),
        seeded(lambda: Shared(inplace=True)),
        seeded(Functional),
        seeded(lambda: Functional(lambda values, **_: values.relu())),
        seeded(lambda: Functional(lambda values, **_: torch.relu_(values))),
    ]
    for model in same:
        np.testing.assert_array_equal(of(model), expected)


def test_functional_leaky_relus_are_extended_too() -> None:
    leaky = seeded(lambda: Functional(functional.leaky_relu))
    plain = seeded(lambda: Functional(lambda x, **_: functional.leaky_relu(x)))
    found = explain(METHOD, leaky, images(), targets=targets())
    np.testing.assert_array_equal(found.maps, of(plain))
    assert found.extras["extended"].all()
    assert not np.allclose(found.maps, _plain(leaky), atol=1e-3)


def _plain(model: nn.Module) -> np.ndarray:
    pixels = images().requires_grad_()
    model(pixels)[torch.arange(4), targets()].sum().backward()
    return pixels.grad[:, 0].numpy()


def test_a_relu_whose_result_goes_two_ways_cuts_their_sum() -> None:
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.head = nn.Conv2d(1, 4, 5, stride=3), nn.Linear(900, 7)
            self.relu = nn.ReLU()

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            hidden = self.relu(self.conv(pixels))
            return self.head((hidden - 3 * hidden.clone()).flatten(1))

    double = seeded(Residual)
    model = nn.Sequential(double.conv, nn.ReLU(), nn.Flatten(), nn.Linear(900, 7).double())
    with torch.no_grad():
        model[3].weight.copy_(-2 * double.head.weight)
    np.testing.assert_allclose(of(double), of(model), rtol=1e-6, atol=1e-9)


def test_it_works_on_a_dense_network_and_for_probabilities() -> None:
    found = explain(METHOD, dense_net(), images(), targets=targets(), output="probability")
    assert found.maps.shape == (4, 48, 48)
    assert np.abs(found.maps).max() > 0


class _OwnRelu(torch.autograd.Function):
    @staticmethod
    def forward(context: object, values: torch.Tensor) -> torch.Tensor:
        return values.clamp_min(0)

    @staticmethod
    def backward(context: object, gradient: torch.Tensor) -> torch.Tensor:
        return gradient


@pytest.mark.parametrize(
    ("name", "activation"),
    [
        ("Elu", functional.elu),
        ("Elu", functional.selu),
        ("Celu", functional.celu),
        ("Gelu", functional.gelu),
        ("Silu", functional.silu),
        ("Mish", functional.mish),
        ("Softplus", functional.softplus),
        ("Hardtanh", functional.relu6),
        ("Hardswish", functional.hardswish),
        ("Threshold", lambda values: functional.threshold(values, 0, 0)),
        ("PreluKernel", lambda values: functional.prelu(values, torch.ones(1).double() / 4)),
        ("RreluWithNoise", functional.rrelu),
        ("Clamp", lambda values: values.clamp(min=0)),
        ("ClampMin", lambda values: values.clamp_min(0)),
        ("Maximum", lambda values: values.maximum(torch.zeros(()))),
        ("_OwnRelu", _OwnRelu.apply),
    ],
)
def test_other_rectifiers_are_refused_also_beside_relus(name: str, activation: Callable) -> None:
    class Other(nn.Module):
        def forward(self, values: torch.Tensor) -> torch.Tensor:
            return activation(values)

    model = convnet()
    model[2] = Other()
    with pytest.raises(InputError, match=f"guided_backprop knows no rule for {name}, which this"):
        of(model)


def test_a_network_without_relus_is_refused() -> None:
    with pytest.raises(InputError, match="changes the gradient at ReLUs, and this network has no"):
        of(convnet(nn.Tanh))


def test_guided_grad_cam_is_the_product_of_both() -> None:
    for layer, name in ((None, "conv2"), ("conv1", "conv1")):
        call = {"images": images(), "targets": targets()}
        product = explain("guided_gradcam", convnet(), **call, layer=layer)
        guided = explain(METHOD, convnet(), **call)
        cam = explain("gradcam", convnet(), **call, layer=layer)
        np.testing.assert_allclose(product.maps, guided.maps * cam.maps, rtol=1e-5, atol=1e-12)
        assert product.layer == name
        assert product.extras["extended"].tolist() == [False] * 4


def test_it_depends_far_less_on_the_weights_than_the_saliency_does() -> None:
    """What the documentation warns of: it is a property of the method, not a defect."""
    faces = synthesise(70, seed=3).splits["train"]
    pixels, kinds = faces.images[:4, None] / 255, faces.labels[:4].astype(int)

    def wide(seed: int) -> nn.Module:
        torch.manual_seed(seed)
        maps = [nn.Conv2d(1, 32, 5, padding=2), nn.Conv2d(32, 32, 3, padding=1)]
        head = [nn.Flatten(), nn.Linear(32 * 24 * 24, 7)]
        return nn.Sequential(
            maps[0], nn.ReLU(), nn.MaxPool2d(2), maps[1], nn.ReLU(), *head
        ).double()

    def correlation(method: str) -> float:
        with torch.random.fork_rng(devices=[]):
            pair = [explain(method, wide(seed), pixels, targets=kinds).maps for seed in (0, 1)]
        return np.mean(
            [spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(*pair, strict=True)]
        )

    assert correlation("guided_backprop") > 0.5
    assert abs(correlation("saliency")) < 0.1
