import re
import tomllib
from typing import Any

import pytest
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.models import build, layer_table
from fer_core.models.layer_kinds import EXAMPLES, LAYERS

CONV_NET = {
    "family": "sequential",
    "after_conv": ["relu"],
    "after_dense": ["batch_norm", {"leaky_relu": 0.05}],
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


def test_a_repeated_layer_is_the_layer_written_twice_with_what_follows() -> None:
    once = {"conv": 4, "kernel": 5, "then": ["relu"]}
    rest = [{"flatten": True}, {"dense": 7}]
    repeated = {"family": "sequential", "layers": [{**once, "repeat": 2}, *rest]}
    written = {"family": "sequential", "layers": [once, once, *rest]}
    assert str(build(repeated)) == str(build(written))
    assert list(dict(build(repeated).named_children()))[:4] == ["conv1", "relu1", "conv2", "relu2"]


def _residual_net(*blocks: dict[str, Any]) -> dict[str, Any]:
    layers = [{"conv": 4}, *blocks, {"conv": 5}, {"flatten": True}, {"dense": 7}]
    return {
        "family": "sequential", "side": 12, "layers": layers, "after_conv": ["batch_norm", "relu"],
        "after_residual": ["relu"],
    }  # fmt: skip


def test_a_residual_block_adds_its_input_or_a_projection_of_it() -> None:
    second = {"conv": 6, "then": ["batch_norm"]}
    network = build(
        _residual_net(
            {"residual": [{"conv": 8}, {"conv": 4, "then": []}]},
            {"residual": [{"conv": 6, "stride": 2, "padding": 1}, second], "then": []},
        )
    )
    assert list(dict(network.named_children())) == [
        *("conv1", "batch_norm1", "relu1", "residual1", "relu3", "residual2"),
        *("conv7", "batch_norm6", "relu5", "flatten1", "dense1"),
    ]
    same, halved = network.residual1, network.residual2
    assert same.shortcut is None
    assert [name for name, _ in halved.shortcut.named_children()] == ["conv4", "batch_norm3"]
    assert [name for name, _ in halved.block.named_children()] == [
        *("conv5", "batch_norm4", "relu4", "conv6", "batch_norm5"),
    ]
    maps = torch.randn(2, 4, 12, 12)
    network.eval()
    torch.testing.assert_close(same(maps), same.block(maps) + maps)
    projected = nn.functional.conv2d(maps, halved.shortcut.conv4.weight, stride=2)
    projected = projected / (1 + 1e-5) ** 0.5  # a batch norm that has seen nothing
    torch.testing.assert_close(halved(maps), halved.block(maps) + projected)
    assert halved.shortcut.conv4.weight.shape == (6, 4, 1, 1)
    assert network(torch.zeros(3, 1, 12, 12)).shape == (3, 7)


def test_convolutions_have_the_same_number_by_name_and_by_path() -> None:
    block = {"residual": [{"depthwise": 3}, {"conv": 6, "kernel": 1, "then": []}], "repeat": 2}
    layers = layer_table(build(_residual_net(block)), 12)
    convolutions = [layer for layer in layers if layer.type == "Conv2d"]
    assert [layer.name for layer in convolutions] == [f"conv{n}" for n in range(1, 8)]
    assert [layer.path for layer in convolutions] == [
        *("conv1", "residual1.shortcut.conv2", "residual1.block.conv3", "residual1.block.conv4"),
        *("residual2.block.conv5", "residual2.block.conv6", "conv7"),
    ]
    assert [layer.settings["groups"] for layer in convolutions] == [1, 1, 4, 1, 6, 1, 1]
    depthwise = convolutions[4]
    assert (depthwise.parameters, depthwise.operations) == (6 * 9 + 6, 6 * 9 * 12 * 12)


def test_blocks_within_blocks_do_not_double_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counted(nn.Conv2d):
        def __init__(self, *given: Any, **options: Any) -> None:
            made.append(self)
            super().__init__(*given, **options)

    monkeypatch.setattr(nn, "Conv2d", Counted)
    depth = 12
    layer: dict[str, Any] = {"conv": 4}
    for _ in range(depth):
        layer = {"residual": [{"conv": 4}, layer]}
    network = build(_residual_net(layer))
    names = [name for name, module in network.named_modules() if isinstance(module, Counted)]
    assert len(names) == 1 + depth + 1 + 1
    # Each block once, and once for the shape of each block around it; not 2 to the 12th.
    assert len(made) < depth**2
    assert network(torch.zeros(2, 1, 12, 12)).shape == (2, 7)


def test_a_residual_block_learns_and_draws_from_the_seed_alone() -> None:
    architecture = _residual_net({"residual": [{"conv": 6}, {"conv": 6, "then": []}]})
    torch.manual_seed(0)
    network = build(architecture)
    torch.manual_seed(0)
    again = build(architecture)
    for own, other in zip(network.parameters(), again.parameters(), strict=True):
        assert torch.equal(own, other)
        assert not own.is_meta
    network(torch.rand(2, 1, 12, 12)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_a_leaky_relu_has_the_slope_that_is_written() -> None:
    layers = [{"flatten": True}, {"dense": 4, "then": [{"leaky_relu": 0.3}]}]
    layers += [{"leaky_relu": 0.05}, {"dense": 7}]
    network = build({"family": "sequential", "layers": layers})
    assert network.leaky_relu1.negative_slope == 0.3
    assert network.leaky_relu2.negative_slope == 0.05


def test_asking_shapes_changes_neither_statistics_nor_random_numbers() -> None:
    torch.manual_seed(0)
    network = build(CONV_NET)
    assert network.training
    assert torch.equal(network.batch_norm1.running_mean, torch.zeros(16))
    torch.manual_seed(0)
    assert torch.equal(build(CONV_NET).conv2.weight, network.conv2.weight)


FLAT = {"flatten": True}


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [{"conv": 4}, {"dense": 7}],
            "layer 2 { dense = 7 } on input 4x48x48: dense takes a vector; "
            "put { flatten = true } before it",
        ),
        (
            [FLAT, {"conv": 4}],
            "layer 2 { conv = 4 } on input 2304: conv takes maps (channels x height x width), "
            "which end at the flatten layer; e.g. { conv = 64, kernel = 3 }",
        ),
        (
            [{"conv": "x"}],
            'layer 1 { conv = "x" } on input 1x48x48: conv takes its number of filters, '
            "a whole number from 1, not 'x'; e.g. { conv = 64, kernel = 3 }",
        ),
        (
            [{"conv": 4, "kernl": 3}],
            "layer 1 { conv = 4, kernl = 3 } on input 1x48x48: conv has no option kernl; "
            "it has kernel, stride, padding, bias, then, repeat; e.g. { conv = 64, kernel = 3 }",
        ),
        ([FLAT, {"flatten": True, "then": []}], "flatten has no option then; it has none"),
        ([{"max_pool": 2, "stride": 1}], "max_pool has no option stride; it has ceil"),
        ([{"conv": 4, "kernel": 0}], "as kernel the side of its window, a whole number from 1"),
        ([{"conv": 4, "kernel": [3, 3]}], "conv takes as kernel the side of its window"),
        ([{"conv": 4, "kernel": 4}], "with kernel 4 and stride 1 it cannot keep the size"),
        ([{"conv": 4, "stride": 2}], "e.g. padding = 1"),
        ([{"conv": 4, "padding": "valid"}], "takes as padding 'same' or a number of pixels"),
        (
            [{"max_pool": 24}, {"conv": 4, "kernel": 3, "padding": 0}],
            "layer 2 { conv = 4, kernel = 3, padding = 0 } on input 1x2x2: conv a kernel of 3",
        ),
        ([{"conv": 4, "padding": 3}], "conv a padding of 3 is as wide as its kernel; take less"),
        ([{"conv": 4, "bias": "no"}], "conv takes true or false as bias, not 'no'"),
        ([{"conv": True}], "conv takes its number of filters, a whole number from 1, not true"),
        ([FLAT, {"dense": 0}], "dense takes its number of units, a whole number from 1, not 0"),
        ([FLAT, {"dense": 4.5}], "a whole number from 1, not 4.5; e.g. { dense = 512 }"),
        ([{"conv": 4, "then": ["bn"]}], 'conv is followed by "bn"; use batch_norm, relu, leaky'),
        ([{"conv": 4, "then": "relu"}], 'followed by "relu"; write a list such as ["batch_norm"'),
        (
            [{"conv": 4, "then": ["leaky_relu"]}],
            "conv is followed by leaky_relu, which takes its slope for values below 0, a number "
            'from 0 to 1, not true; e.g. ["batch_norm", { leaky_relu = 0.1 }]',
        ),
        (
            [{"conv": 4, "then": ["relu", "leaky_relu"], "repeat": 2}],
            'then = ["relu", "leaky_relu"], repeat = 2 } on input 1x48x48: conv is followed by',
        ),
        ([{"conv": 4, "then": [{"relu": True, "batch_norm": True}]}], "conv is followed by { relu"),
        ([{"conv": 4, "then": [["relu"]]}], 'conv is followed by ["relu"]; use batch_norm'),
        ([{"leaky_relu": 2}], "leaky_relu takes its slope for values below 0, a number from 0 to"),
        ([{"relu": 0.1}], "relu takes true, not 0.1; leave the layer out to have none"),
        ([{"batch_norm": False}], "batch_norm takes true, not false; leave the layer out"),
        ([{"conv": 4, "repeat": 0}], "conv takes as repeat a whole number from 1 to 100, not 0"),
        ([{"max_pool": 2, "repeat": 2}], "max_pool has no option repeat; conv, depthwise, dense"),
        (
            [{"residual": [{"conv": 4, "kernl": 3}]}],
            "layer 1 { residual = [{ conv = 4, kernl = 3 }] } on input 1x48x48: residual layer 1 "
            "{ conv = 4, kernl = 3 } on input 1x48x48: conv has no option kernl",
        ),
        (
            [{"residual": {"conv": 4}}],
            "residual its block is {'conv': 4}; write a list such as [{ flatten = true }, ...]",
        ),
        ([{"residual": [FLAT]}], "residual gives 2304, and maps are added to maps; e.g. { resid"),
        (
            [
                {"max_pool": 3},
                {"conv": 1, "kernel": 2, "padding": 0},
                {"residual": [{"max_pool": 2}]},
            ],
            "residual gives 1x7x7 for 1x15x15, to which no stride of a shortcut leads; halve with",
        ),
        ([{"residual": [{"conv": 4}], "kernel": 3}], "residual has no option kernel; it has then"),
        ([FLAT, {"depthwise": 3}], "depthwise takes maps (channels x height x width)"),
        ([{"depthwise": 4}], "depthwise with kernel 4 and stride 1 it cannot keep the size"),
        ([{"cnov": 4}], "layer 1 is { cnov = 4 }; it takes one of conv, depthwise, dense"),
        ([{"conv": 4, "dense": 4}], "layer 1 is { conv = 4, dense = 4 }; it takes one of"),
        (["conv 4"], 'layer 1 is "conv 4"; it takes one of conv, depthwise, dense'),
        (
            [{"max_pool": 64}],
            "layer 1 { max_pool = 64 } on input 1x48x48: max_pool a window of 64 is larger",
        ),
        ([{"average_pool": 2, "ceil": 1}], "average_pool takes true or false as ceil"),
        ([{"dropout": 2}], "dropout takes the probability that a value is dropped, a number from"),
        ([FLAT, {"global_average_pool": True}], "global_average_pool takes maps"),
        ([FLAT, {"dense": 10**9}], "dense would have 2,304,000,000,000 weights; 500,000,000 is"),
        ([FLAT], "the network ends in 2304 after layer 1; its last layer must give 7 logits"),
        ([], "the network ends in 1x48x48 after layer 0"),
    ],
)
def test_a_wrong_layer_is_named_with_its_input_and_what_it_takes(
    layers: list[Any], message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        build({"family": "sequential", "layers": layers})
    assert "\n" not in str(caught.value)


def test_many_large_layers_are_refused_before_they_fill_the_memory() -> None:
    layers = [{"flatten": True}, {"dense": 16_000, "repeat": 3}, {"dense": 7}]
    named = "on input 16000: dense brings the network to 548,912,000 parameters"
    with pytest.raises(InputError, match=named), torch.device("meta"):
        build({"family": "sequential", "layers": layers})


def test_every_kind_has_an_example_that_works() -> None:
    assert LAYERS.keys() == EXAMPLES.keys()
    for kind, example in EXAMPLES.items():
        (layer,) = tomllib.loads(f"layers = [{example}]")["layers"]
        before = [] if kind != "dense" else [FLAT]
        after = [] if kind in ("dense", "flatten") else [FLAT]
        layers = [*before, layer, *after, {"dense": 7}]
        assert build({"family": "sequential", "layers": layers}), kind


def test_an_unknown_family_or_key_is_named() -> None:
    with pytest.raises(InputError, match=r"family is 'vgg'; use one of sequential.* family = "):
        build({"family": "vgg"})
    with pytest.raises(InputError, match="unknown architecture keys: depth"):
        build({"family": "sequential", "depth": 3})
    with pytest.raises(InputError, match=r"layers is {}; write a list such as \[{ flatten"):
        build({"family": "sequential", "layers": {}})
    for side in (7, 49, 40.0, "big", True):
        with pytest.raises(InputError, match=f"side is {side!r}; use 8 to 48 pixels"):
            build({"family": "sequential", "layers": [], "side": side})
