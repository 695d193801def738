"""Networks written as a list of layers, one small table a layer (see presets/*.toml)."""

import inspect
import json
from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.models.layer_kinds import EXAMPLES, FOLLOWING, LAYERS, MOST_PARAMETERS, Shape
from fer_core.records import CLASS_NAMES, IMAGE_SIZE

_WITH_WIDTH = ("conv", "dense")
_MOST_REPEATS = 100


def build(architecture: Mapping[str, Any]) -> nn.Sequential:
    """Build the network that `architecture` lists.

    layers: tables such as ``{conv = 64, kernel = 3}``, ``{dense = 512, then = ["relu"]}``,
    ``{max_pool = 2}``, ``{dropout = 0.5}``, ``{flatten = true}``; after_conv, after_dense: what
    follows each convolution and dense layer unless its `then` says otherwise, e.g.
    ``["batch_norm", {leaky_relu = 0.1}]``; side: of the images that it sees, 48 by default.
    ``repeat = 2`` in a convolution or dense layer stands for writing it twice. Input (N, 1, side,
    side) float32, output logits (N, 7). Modules are named ``conv1``, ``relu1``, ``dense1`` and so
    on in forward order.

    Raises InputError with the layer's place, its input shape and what it needs.
    """
    unknown = set(architecture) - {"family", "side", "layers", "after_conv", "after_dense"}
    if unknown:
        raise InputError(
            f"unknown architecture keys: {', '.join(sorted(unknown))}; use family, side, layers, "
            "after_conv and after_dense"
        )
    side = architecture.get("side", IMAGE_SIZE)
    if type(side) is not int or not 8 <= side <= IMAGE_SIZE:
        raise InputError(f"side is {side!r}; use 8 to {IMAGE_SIZE} pixels")
    layers = architecture.get("layers", ())
    if not isinstance(layers, list | tuple):
        raise InputError(f"layers is {layers!r}; write a list such as [{{ flatten = true }}, ...]")
    network = _Builder((1, side, side))
    for place, layer in enumerate(layers, start=1):
        kind, options = _kind(place, layer)
        shape = network.shape
        try:
            repeat = _repeat(kind, options.pop("repeat", 1))
            for _ in range(repeat):
                shape = network.shape
                network.add(kind, layer[kind], dict(options), architecture)
        except (InputError, RuntimeError, ValueError, TypeError) as error:
            reason = f"{kind} {str(error).splitlines()[0]}"
            if "{" not in reason:  # that is an example already
                reason += f"; e.g. {EXAMPLES[kind]}"
            raise InputError(
                f"layer {place} {_toml(layer)} on input {_text(shape)}: {reason}"
            ) from None
    if network.shape != (len(CLASS_NAMES),):
        raise InputError(
            f"the network ends in {_text(network.shape)} after layer {len(layers)}; its last layer "
            f"must give {len(CLASS_NAMES)} logits, e.g. {{ dense = {len(CLASS_NAMES)}, then = [] }}"
        )
    return nn.Sequential(network.modules)


class _Builder:
    """Adds modules one by one and follows the shape that they give."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.modules: OrderedDict[str, nn.Module] = OrderedDict()
        self._numbers: Counter[str] = Counter()
        self._parameters = 0

    def add(self, kind: str, value: Any, options: dict, architecture: Mapping[str, Any]) -> None:
        follow: Any = ()
        if kind in _WITH_WIDTH:
            follow = options.pop("then", architecture.get(f"after_{kind}", ()))
        following = _following(follow)
        allowed = list(inspect.signature(LAYERS[kind]).parameters)[2:]  # after shape and value
        if unknown := set(options) - set(allowed):
            allowed += ["then", "repeat"] if kind in _WITH_WIDTH else []
            raise InputError(
                f"has no option {', '.join(sorted(unknown))}; it has {', '.join(allowed) or 'none'}"
            )
        self._append(kind, LAYERS[kind](self.shape, value, **options))
        for name, setting in following:
            try:
                module = LAYERS[name](self.shape, setting)
            except InputError as error:
                raise InputError(
                    f"is followed by {name}, which {error}; e.g. {_FOLLOW_EXAMPLE}"
                ) from None
            self._append(name, module)

    def _append(self, kind: str, module: nn.Module) -> None:
        self._parameters += sum(parameter.numel() for parameter in module.parameters())
        if self._parameters > MOST_PARAMETERS:
            raise InputError(
                f"brings the network to {self._parameters:,} parameters; {MOST_PARAMETERS:,} is "
                "the most"
            )
        with torch.no_grad():  # dropout and statistics are off: asking the shape changes nothing
            self.shape = tuple(module.eval()(torch.zeros(1, *self.shape)).shape[1:])
        self._numbers[kind] += 1
        self.modules[f"{kind}{self._numbers[kind]}"] = module.train()


def _kind(place: int, layer: Any) -> tuple[str, dict]:
    kinds = [key for key in layer if key in LAYERS] if isinstance(layer, Mapping) else []
    if len(kinds) != 1:
        raise InputError(
            f"layer {place} is {_toml(layer)}; it takes one of {', '.join(LAYERS)}, "
            f"e.g. {EXAMPLES['conv']}"
        )
    return kinds[0], {key: value for key, value in layer.items() if key != kinds[0]}


def _repeat(kind: str, repeat: Any) -> int:
    if kind not in _WITH_WIDTH and repeat != 1:
        raise InputError(f"has no option repeat; {' and '.join(_WITH_WIDTH)} have")
    if type(repeat) is not int or not 1 <= repeat <= _MOST_REPEATS:
        raise InputError(f"takes as repeat a whole number from 1 to {_MOST_REPEATS}, not {repeat}")
    return repeat


def _following(follow: Any) -> list[tuple[str, Any]]:
    """Return what follows a layer as names with their settings: True, or a leaky ReLU's slope."""
    if not isinstance(follow, list | tuple):
        raise InputError(f"is followed by {_toml(follow)}; write a list such as {_FOLLOW_EXAMPLE}")
    pairs: list[tuple[str, Any]] = []
    for entry in follow:
        pair = tuple(entry.items()) if isinstance(entry, Mapping) else ((entry, True),)
        if len(pair) != 1 or pair[0][0] not in FOLLOWING:
            raise InputError(
                f"is followed by {_toml(entry)}; use {', '.join(FOLLOWING)} in a list such as "
                f"{_FOLLOW_EXAMPLE}"
            )
        pairs += pair
    return pairs


_FOLLOW_EXAMPLE = '["batch_norm", { leaky_relu = 0.1 }]'


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape))


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)
