"""Layers by name, and what is captured of them."""

import pytest
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.explain.layers import capture, find, resolve
from tests.explain.networks import (
    Functional,
    Shared,
    classifier,
    convnet,
    dense_net,
    images,
    residual_net,
)


def test_names_paths_and_last_lead_to_the_same_layer() -> None:
    model = convnet()
    assert resolve(model, "conv2") == resolve(model, "3") == resolve(model, "last") == "conv2"
    assert find(model, "last") is find(model, "conv2") is find(model, "3") is model[3]
    assert resolve(model, "dense1") == resolve(model, "8") == "dense1"
    assert resolve(model, "4") == "4"  # an activation has no other name


def test_paths_are_those_inside_a_classifiers_network() -> None:
    model = classifier()
    assert find(model, "3") is find(model, "last") is model.network[3]
    with pytest.raises(InputError, match=r"no layer 'network\.3'; use last or one of conv1, 1, 2"):
        resolve(model, "network.3")


def test_a_name_counts_more_than_another_layers_path() -> None:
    class Swapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(2, 1, 3), nn.Conv2d(1, 2, 3)

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return self.conv1(self.conv2(pixels))

    model = Swapped()
    assert find(model, "conv1") is model.conv2
    assert find(model, "conv2") is find(model, "last") is model.conv1


def test_names_count_on_within_residual_blocks_and_last_is_no_shortcut() -> None:
    model = residual_net()
    assert find(model, "conv3") is model.residual1.block.conv3
    assert find(model, "conv4") is model.residual2.shortcut.conv4
    assert find(model, "last") is find(model, "conv6") is model.residual2.block.conv6
    assert resolve(model, "residual2.block.conv6") == "conv6"
    pixels = images(2)
    with capture(model, "residual1.add") as added:
        model(pixels)
    with capture(model, "residual1") as whole:
        model(pixels)
    stem = model.relu1(model.batch_norm1(model.conv1(pixels)))
    torch.testing.assert_close(added.output(), model.residual1.block(stem) + stem)
    assert torch.equal(added.output(), whole.output())


def test_a_container_is_a_layer_by_its_path() -> None:
    model = nn.Sequential(convnet()[:3], convnet()[3:])
    assert resolve(model, "0") == "0"
    pixels = images(2)
    with capture(model, "0") as captured:
        model(pixels)
    assert torch.equal(captured.output(), model[0](pixels))


def test_last_is_also_a_convolution_of_another_class() -> None:
    class Own(nn.Conv2d):
        pass

    model = nn.Sequential(nn.Conv2d(1, 2, 3), Own(2, 2, 3), nn.ReLU())
    assert find(model, "last") is model[1]


def test_layers_that_are_not_there_are_said() -> None:
    with pytest.raises(InputError, match=r"no layer 'conv3'; use last or one of conv1, 1, 2"):
        resolve(convnet(), "conv3")
    with pytest.raises(InputError, match="'last' is the last convolution, and this network has"):
        resolve(dense_net(), "last")
    with pytest.raises(InputError, match="no layer ''"):
        resolve(convnet(), "")


def test_a_long_network_is_not_listed_whole() -> None:
    model = nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=1) for _ in range(13)])
    with pytest.raises(InputError, match=r"conv12 \.\.\.$"):
        resolve(model, "features.5")


def test_inplace_activations_do_not_change_what_was_captured() -> None:
    expected = convnet()[:2](images(2))
    assert expected.min() < 0
    model = convnet(lambda: nn.ReLU(inplace=True))
    with capture(model, "1") as captured:
        logits = model(images(2))
    assert torch.equal(captured.output(), expected)
    assert torch.equal(logits, convnet()(images(2)))


def test_functional_inplace_activations_do_not_either() -> None:
    model = Functional().double()
    with capture(model, "conv1") as captured:
        model(images(2))
    assert torch.equal(captured.output(), model.first(images(2)))


def test_what_was_captured_has_a_gradient_also_where_the_images_need_none() -> None:
    model = convnet().requires_grad_(False)
    with capture(model, "conv2") as captured:
        model(images(2)).sum().backward()
    assert captured.output().is_leaf
    with torch.no_grad(), capture(model, "conv2") as captured:
        model(images(2))
    assert not captured.output().requires_grad


def test_the_hook_goes_after_success_and_after_an_exception() -> None:
    model = convnet()
    with capture(model, "conv1"):
        pass
    with pytest.raises(RuntimeError), capture(model, "conv1"):
        model(torch.zeros(1, 2, 3))
    assert not model[0]._forward_hooks


def test_a_module_that_is_used_twice_or_not_at_all_is_refused() -> None:
    model = Shared().double()
    with capture(model, "relu") as captured:
        model(images(2))
    with pytest.raises(InputError, match="layer 'relu' runs 2 times for one image; name a layer"):
        captured.output()
    unused = nn.Sequential(nn.Identity())
    unused.extra = nn.Identity()
    unused.forward = lambda pixels: pixels
    with capture(unused, "extra") as captured:
        unused(images(1))
    with pytest.raises(InputError, match="layer 'extra' runs 0 times"):
        captured.output()


def test_a_layer_that_gives_several_tensors_is_refused() -> None:
    model = nn.Sequential(nn.Flatten(2), nn.LSTM(48**2, 3)).double()
    with (
        pytest.raises(InputError, match="layer '1' gives a tuple, not one tensor"),
        capture(model, "1"),
    ):
        model(images(1))
