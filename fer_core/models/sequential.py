"""Networks written as a list of layers, one small table a layer (see presets/*.toml)."""

import inspect
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.models.dropout import Dropout
from fer_core.records import CLASS_NAMES, IMAGE_SIZE

Shape = tuple[int, ...]  # (C, H, W) or (N,), without the batch


def build(architecture: Mapping[str, Any]) -> nn.Sequential:
    """Build the network that `architecture` lists.

    layers: tables such as ``{conv = 64, kernel = 3}``, ``{dense = 512, then = ["relu"]}``,
    ``{max_pool = 2}``, ``{dropout = 0.5}``, ``{flatten = true}``; after_conv, after_dense: what
    follows each convolution and dense layer unless its `then` says otherwise; side: of the
    images that it sees, 48 by default. Input (N, 1, side, side) float32, output logits (N, 7).
    Modules are named ``conv1``, ``relu1``, ``dense1`` and so on in forward order.

    Raises InputError with the layer's place, its input shape and what it needs.
    """
    unknown = set(architecture) - {"family", "side", "layers", "after_conv", "after_dense"}
    if unknown:
        raise InputError(f"unknown architecture keys: {', '.join(sorted(unknown))}")
    side = architecture.get("side", IMAGE_SIZE)
    if side not in range(8, IMAGE_SIZE + 1):
        raise InputError(f"side is {side!r}; use 8 to {IMAGE_SIZE} pixels")
    network = _Builder((1, side, side))
    for place, layer in enumerate(architecture.get("layers", ()), start=1):
        kind, options = _kind(place, layer)
        shape = "x".join(map(str, network.shape))
        try:
            network.add(kind, layer[kind], options, architecture)
        except (InputError, RuntimeError, ValueError, TypeError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"layer {place} {dict(layer)} on input {shape}: {reason}") from None
    if network.shape != (len(CLASS_NAMES),):
        shape = "x".join(map(str, network.shape))
        raise InputError(
            f"the network ends in {shape}; its last layer must give {len(CLASS_NAMES)} logits, "
            "e.g. { dense = 7, then = [] }"
        )
    return nn.Sequential(network.modules)


class _Builder:
    """Adds modules one by one and follows the shape that they give."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.modules: OrderedDict[str, nn.Module] = OrderedDict()
        self._numbers: Counter[str] = Counter()

    def add(self, kind: str, value: Any, options: dict, architecture: Mapping[str, Any]) -> None:
        follow: Any = ()
        if kind in ("conv", "dense"):
            follow = options.pop("then", architecture.get(f"after_{kind}", ()))
        make = LAYERS[kind]
        if unknown := set(options) - set(inspect.signature(make).parameters):
            raise InputError(f"unknown option {', '.join(sorted(unknown))}")
        self._append(kind, make(self.shape, value, **options))
        for name in _names(follow):
            self._append(name, LAYERS[name](self.shape, True))

    def _append(self, kind: str, module: nn.Module) -> None:
        with torch.no_grad():  # dropout and statistics are off: asking the shape changes nothing
            self.shape = tuple(module.eval()(torch.zeros(1, *self.shape)).shape[1:])
        self._numbers[kind] += 1
        self.modules[f"{kind}{self._numbers[kind]}"] = module.train()


def _kind(place: int, layer: Any) -> tuple[str, dict]:
    kinds = [key for key in layer if key in LAYERS] if isinstance(layer, Mapping) else []
    if len(kinds) != 1:
        raise InputError(
            f"layer {place} is {layer!r}; it takes one of {', '.join(LAYERS)}, e.g. {{ conv = 64 }}"
        )
    return kinds[0], {key: value for key, value in layer.items() if key != kinds[0]}


def _names(follow: Any) -> Sequence[str]:
    if not isinstance(follow, Sequence) or isinstance(follow, str):
        raise InputError(f"what follows it is {follow!r}; write a list such as ['relu']")
    for name in follow:
        if name not in ACTIVATIONS:
            raise InputError(f"what follows it is {name!r}; use {', '.join(ACTIVATIONS)}")
    return follow


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"takes a whole number from 1, not {value!r}")
    return value


def _conv(
    shape: Shape,
    filters: int,
    *,
    kernel: int = 3,
    stride: int = 1,
    padding: int | str = "same",
    bias: bool = True,
) -> nn.Module:
    _needs_maps(shape)
    conv = nn.Conv2d(shape[0], _count(filters), kernel, stride, padding, bias=bias)
    # torch's default is for a = sqrt(5): too small to train seven layers without batch norm.
    nn.init.kaiming_uniform_(conv.weight, nonlinearity="relu")
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv


def _dense(shape: Shape, units: int, *, bias: bool = True) -> nn.Module:
    if len(shape) != 1:
        raise InputError("needs a vector: put { flatten = true } before it")
    dense = nn.Linear(shape[0], _count(units), bias=bias)
    if units == len(CLASS_NAMES):  # the logits: no activation follows
        nn.init.kaiming_uniform_(dense.weight, nonlinearity="linear")
    else:
        nn.init.kaiming_uniform_(dense.weight, nonlinearity="relu")
    if dense.bias is not None:
        nn.init.zeros_(dense.bias)
    return dense


def _pool(module: type[nn.Module]) -> Callable[..., nn.Module]:
    def make(shape: Shape, size: int, *, ceil: bool = False) -> nn.Module:
        _needs_maps(shape)
        return module(_count(size), ceil_mode=ceil)

    return make


def _global_average_pool(shape: Shape, _: bool) -> nn.Module:
    _needs_maps(shape)
    return nn.AdaptiveAvgPool2d(1)


def _needs_maps(shape: Shape) -> None:
    if len(shape) != 3:
        raise InputError("needs maps (channels, height, width), which end at the flatten layer")


def _batch_norm(shape: Shape, _: bool) -> nn.Module:
    return nn.BatchNorm2d(shape[0]) if len(shape) == 3 else nn.BatchNorm1d(shape[0])


# What may follow a layer in its `then`; each may be a layer of its own, too: { relu = true }.
ACTIVATIONS = ("batch_norm", "relu", "leaky_relu")
LAYERS: dict[str, Callable[..., nn.Module]] = {
    "conv": _conv,
    "dense": _dense,
    "max_pool": _pool(nn.MaxPool2d),
    "average_pool": _pool(nn.AvgPool2d),
    "global_average_pool": _global_average_pool,
    "flatten": lambda _shape, _: nn.Flatten(),
    "dropout": lambda _shape, rate: Dropout(rate),
    "batch_norm": _batch_norm,
    "relu": lambda _shape, _: nn.ReLU(),
    "leaky_relu": lambda _shape, _: nn.LeakyReLU(0.05),
}
