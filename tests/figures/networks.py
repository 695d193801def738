"""Networks of reports, and others that figures must draw, by name."""

import warnings
from collections import OrderedDict
from functools import cache
from typing import Any

from torch import nn

from fer_core.models import build, input_side, layer_table, preset_config
from fer_core.records import Layer


def _conv(filters: int, **options: Any) -> dict[str, Any]:
    return {"conv": filters, **options}


def _sequential(*layers: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"family": "sequential", "layers": list(layers), **options}


def _twenty() -> dict[str, Any]:
    """18 convolutions that all differ, and two dense layers."""
    layers = []
    for number in range(18):
        layers.append(_conv(16 + 8 * number, kernel=5 if number < 3 else 3))
        if number % 5 == 2:
            layers.append({"max_pool": 2})
    head = [{"flatten": True}, {"dense": 256}, {"dropout": 0.5}, {"dense": 7, "then": []}]
    follow = {"after_conv": ["batch_norm", "relu"], "after_dense": ["relu"]}
    return _sequential(*layers, *head, **follow)


ARCHITECTURES: dict[str, dict[str, Any]] = {
    **{
        name: dict(preset_config(name, data="").architecture)
        for name in ("fast", "e-cnn", "e-dnn", "tiny")
    },
    # Report D's, with its activations and their order.
    "d-cnn": _sequential(
        *[_conv(32, kernel=5, padding=2)] * 3,
        {"max_pool": 2},
        {"dropout": 0.1},
        *[_conv(128)] * 3,
        {"max_pool": 2},
        {"dropout": 0.1},
        *[_conv(512)] * 3,
        {"max_pool": 2},
        {"flatten": True},
        {"dense": 512, "then": ["relu", "batch_norm"]},
        {"dense": 7},
        after_conv=[{"leaky_relu": 0.05}, "batch_norm"],
    ),
    "residual": _sequential(
        _conv(8, kernel=5),
        {"max_pool": 4},
        {"residual": [_conv(8), _conv(8, then=["batch_norm"])]},
        {"residual": [_conv(16, stride=2, padding=1), _conv(16, then=["batch_norm"])]},
        {"flatten": True},
        {"dense": 7, "then": []},
        after_conv=["batch_norm", "relu"],
        after_residual=["relu"],
    ),
    "twenty": _twenty(),
    "uneven": {},  # a network of one's own, see `_uneven`
    "small": _sequential(
        _conv(8, kernel=5),
        {"max_pool": 4},
        {"dropout": 0.1},
        {"flatten": True},
        {"dense": 7, "then": []},
        after_conv=["batch_norm", "relu"],
    ),
}


def _uneven() -> nn.Module:
    """Strides, a padding that is not the same on both sides, and none."""
    modules = {
        "conv1": nn.Conv2d(1, 16, 7, stride=2, padding=3),
        "relu1": nn.ReLU(),
        "conv2": nn.Conv2d(16, 33, 4, padding="same"),
        "relu2": nn.ReLU(),
        "conv3": nn.Conv2d(33, 64, 3, stride=3),
        "relu3": nn.ReLU(),
        "global_average_pool1": nn.AdaptiveAvgPool2d(1),
        "flatten1": nn.Flatten(),
        "dense1": nn.Linear(64, 7),
    }
    return nn.Sequential(OrderedDict(modules))


@cache
def layers(name: str) -> tuple[Layer, ...]:
    architecture = ARCHITECTURES[name]
    with warnings.catch_warnings():  # torch's remark on a kernel of 4 and padding "same"
        warnings.filterwarnings("ignore", message="Using padding='same' with even kernel")
        network = build(architecture) if architecture else _uneven()
        return layer_table(network, input_side(architecture))


def parameters(name: str) -> int:
    return sum(layer.parameters for layer in layers(name))
