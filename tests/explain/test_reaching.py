"""Tests of the forward pass that stops at the activation that follows a layer."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from fer_core.errors import InputError
from fer_core.explain.reaching import Reach
from fer_core.explain.untouched import untouched
from tests.explain.small_networks import convolutional, faces


class Own(nn.Module):
    """A network of functions: each branch ends in seven logits."""

    def __init__(self, way: str) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.way = way
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.end = nn.Linear(4, 7)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.first(images)
        if self.way == "function":
            x = functional.relu(self.norm(x), inplace=True)
        elif self.way == "method":
            x = x.relu_()
        elif self.way == "clamped":
            x = functional.hardtanh(input=x, min_val=0.0, max_val=0.1)
        elif self.way == "residual":
            y = self.norm(x)
            y += self.second(x)
            x = y.relu()
        elif self.way == "shape only":
            x = x.view(x.shape[0], x.size(1), x.shape[2], -1).relu()
        return self.end(x.mean((2, 3)))


def _reached(model: nn.Module, layer: str, images: torch.Tensor):
    with untouched(model), torch.no_grad():
        return Reach(model, layer)(model, images)


@pytest.mark.parametrize("inplace", [False, True])
def test_the_activation_is_found_through_batch_norm_and_pooling(inplace: bool) -> None:
    model, images = convolutional(inplace=inplace), faces(3)
    conv, norm, _, pool = model[:4]
    with torch.no_grad():
        model.eval()
        before = norm(conv(images))
        found = _reached(model, "conv1", images)
        torch.testing.assert_close(found.before, before)
        torch.testing.assert_close(found.activation, before.relu())
        pooled_first = nn.Sequential(conv, pool, norm, nn.LeakyReLU(0.1), nn.Flatten()).eval()
        found = _reached(pooled_first, "conv1", images)
        torch.testing.assert_close(
            found.activation, functional.leaky_relu(norm(pool(conv(images))), 0.1)
        )


@pytest.mark.parametrize("way", ["function", "method", "clamped"])
def test_an_activation_that_is_a_function_counts_like_a_module(way: str) -> None:
    model, images = Own(way).eval(), faces(2)
    with torch.no_grad():
        before = model.first(images)
        if way == "function":
            before = model.norm(before)
        after = before.clamp(0, 0.1) if way == "clamped" else before.relu()
        found = _reached(model, "conv1", images)
    torch.testing.assert_close(found.before, before)
    torch.testing.assert_close(found.activation, after)


@pytest.mark.parametrize("way", ["residual", "shape only"])
def test_without_an_activation_directly_after_it_a_layer_s_own_output_counts(way: str) -> None:
    model, images = Own(way).eval(), faces(2)
    with torch.no_grad():
        found = _reached(model, "conv1", images)
        torch.testing.assert_close(found.activation, model.first(images))
    assert found.before is found.activation


def test_the_network_runs_no_further_than_the_activation() -> None:
    model, ran = convolutional(), []
    for number, module in enumerate(model):
        module.register_forward_hook(lambda *_, number=number: ran.append(number))
    with untouched(model):
        reach = Reach(model, "conv1")
        ran.clear()
        reach(model, faces(1))
    assert ran == [0, 1]  # the ReLU's function ends the pass before its module is done


def test_units_of_a_dense_layer_are_maps_of_one_point() -> None:
    model, images = convolutional().eval(), faces(3)
    with torch.no_grad():
        found = _reached(model, "dense1", images)
        torch.testing.assert_close(found.activation, model(images)[:, :, None, None])


def test_layers_that_run_twice_or_give_no_maps_are_refused() -> None:
    shared = nn.Conv2d(1, 1, 3, padding=1)
    twice = nn.Sequential(shared, nn.ReLU(), shared, nn.Flatten(), nn.Linear(2304, 7))
    with pytest.raises(InputError, match="runs 2 times"):
        Reach(twice, "conv1")
    rows = nn.Sequential(nn.Flatten(2), nn.Linear(2304, 4), nn.Flatten(), nn.Linear(4, 7))
    with pytest.raises(InputError, match=r"gives \(1, 4\) for an image; name one that gives maps"):
        Reach(rows, "dense1")
