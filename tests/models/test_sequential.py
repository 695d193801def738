from typing import Any

import pytest
import torch

from fer_core.errors import InputError
from fer_core.models import build

CONV_NET = {
    "family": "sequential",
    "after_conv": ["relu"],
    "after_dense": ["batch_norm", "leaky_relu"],
    "layers": [
        {"conv": 4, "kernel": 5, "stride": 2, "padding": 0, "then": []},
        {"average_pool": 4, "ceil": True},
        {"conv": 8},
        {"flatten": True},
        {"dense": 16},
        {"dense": 7, "then": []},
    ],
}


def test_layers_are_built_as_written_and_named_in_order() -> None:
    network = build(CONV_NET)
    assert list(dict(network.named_children())) == [
        "conv1",
        "average_pool1",
        "conv2",
        "relu1",
        "flatten1",
        "dense1",
        "batch_norm1",
        "leaky_relu1",
        "dense2",
    ]
    # (48 - 5) // 2 + 1 = 22, pooled by 4 with the odd edge kept: 6.
    assert network.dense1.in_features == 8 * 6 * 6
    assert network(torch.zeros(3, 1, 48, 48)).shape == (3, 7)


def test_asking_shapes_changes_neither_statistics_nor_random_numbers() -> None:
    torch.manual_seed(0)
    network = build(CONV_NET)
    assert network.training
    assert torch.equal(network.batch_norm1.running_mean, torch.zeros(16))
    torch.manual_seed(0)
    assert torch.equal(build(CONV_NET).conv2.weight, network.conv2.weight)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([{"conv": 4}, {"dense": 7}], "layer 2 {'dense': 7} on input 4x48x48: needs a vector"),
        ([{"flatten": True}, {"conv": 4}], "layer 2 {'conv': 4} on input 2304: needs maps"),
        ([{"conv": "x"}], "layer 1 .* takes a whole number from 1, not 'x'"),
        ([{"conv": 4, "kernl": 3}], "layer 1 .* unknown option kernl"),
        ([{"conv": 4, "then": ["bn"]}], "follows it is 'bn'; use batch_norm, relu, leaky_relu"),
        ([{"conv": 4, "then": "relu"}], "follows it is 'relu'; write a list"),
        ([{"cnov": 4}], "layer 1 is {'cnov': 4}; it takes one of conv, dense"),
        (["conv 4"], "layer 1 is 'conv 4'"),
        ([{"max_pool": 64}], "layer 1 {'max_pool': 64} on input 1x48x48"),
        ([{"dropout": 2}], "layer 1 .* dropout probability"),
        ([{"flatten": True}], "the network ends in 2304; its last layer must give 7 logits"),
        ([], "the network ends in 1x48x48"),
    ],
)
def test_a_wrong_layer_is_named_with_its_input(layers: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("{", r"\{")) as caught:
        build({"family": "sequential", "layers": layers})
    assert "\n" not in str(caught.value)


def test_an_unknown_family_or_key_is_named() -> None:
    with pytest.raises(InputError, match="family is 'vgg'; use one of sequential"):
        build({"family": "vgg"})
    with pytest.raises(InputError, match="unknown architecture keys: depth"):
        build({"family": "sequential", "depth": 3})
