"""Networks written as a list of layers, one small table a layer (see presets/*.toml)."""

import inspect
import json
from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.models.layer_kinds import (
    EXAMPLES,
    FOLLOWING,
    LAYERS,
    MOST_PARAMETERS,
    RESIDUAL,
    Shape,
)
from fer_core.records import CLASS_NAMES, IMAGE_SIZE

# What follows a layer of these kinds unless its `then` says otherwise; they may be repeated.
_FOLLOWED = {
    "conv": "after_conv",
    "depthwise": "after_conv",
    "dense": "after_dense",
    RESIDUAL: "after_residual",
}
_MOST_REPEATS = 100


def build(architecture: Mapping[str, Any]) -> nn.Sequential:
    """Build the network that `architecture` lists.

    layers: tables such as ``{conv = 64, kernel = 3}``, ``{dense = 512, then = ["relu"]}``,
    ``{max_pool = 2}``, ``{dropout = 0.5}``, ``{flatten = true}``; after_conv, after_dense,
    after_residual: what follows each convolution, dense layer and residual block unless its `then`
    says otherwise, e.g. ``["batch_norm", {leaky_relu = 0.1}]``; side: of the images that it sees,
    48 by default. ``repeat = 2`` in one of these stands for writing it twice. In
    ``{residual = [...]}`` the layers' input is added to what they give, projected by a convolution
    of kernel 1 with batch norm where they change the shape (He et al. 2016, option B). Input
    (N, 1, side, side) float32, output logits (N, 7). Modules are named ``conv1``, ``relu1``,
    ``dense1`` and so on in forward order, also within blocks.

    Raises InputError with the layer's place, its input shape and what it needs.
    """
    unknown = set(architecture) - {"family", "side", "layers", *_FOLLOWED.values()}
    if unknown:
        raise InputError(
            f"unknown architecture keys: {', '.join(sorted(unknown))}; use family, side, layers, "
            "after_conv, after_dense and after_residual"
        )
    side = architecture.get("side", IMAGE_SIZE)
    if type(side) is not int or not 8 <= side <= IMAGE_SIZE:
        raise InputError(f"side is {side!r}; use 8 to {IMAGE_SIZE} pixels")
    layers = architecture.get("layers", ())
    network = _Builder((1, side, side), architecture)
    network.add_layers("layers", layers)
    if network.shape != (len(CLASS_NAMES),):
        raise InputError(
            f"the network ends in {_text(network.shape)} after layer {len(layers)}; its last layer "
            f"must give {len(CLASS_NAMES)} logits, e.g. {{ dense = {len(CLASS_NAMES)}, then = [] }}"
        )
    return nn.Sequential(network.modules)


class _Builder:
    """Adds modules one by one and follows the shape that they give."""

    def __init__(
        self, shape: Shape, architecture: Mapping[str, Any], *, trial: bool = False
    ) -> None:
        """trial: only the shape is asked for, so that shortcuts are left out."""
        self.shape = shape
        self._trial = trial
        self.modules: OrderedDict[str, nn.Module] = OrderedDict()
        self._architecture = architecture
        self._numbers: Counter[str] = Counter()
        self._parameters = 0

    def add_layers(self, what: str, layers: Any) -> None:
        if not isinstance(layers, list | tuple):
            raise InputError(
                f"{what} is {layers!r}; write a list such as [{{ flatten = true }}, ...]"
            )
        for place, layer in enumerate(layers, start=1):
            kind, options = _kind(place, layer)
            shape = self.shape
            try:
                repeat = _repeat(kind, options.pop("repeat", 1))
                for _ in range(repeat):
                    shape = self.shape
                    self._add(kind, layer[kind], dict(options))
            except (InputError, RuntimeError, ValueError, TypeError) as error:
                reason = f"{kind} {str(error).splitlines()[0]}"
                if "{" not in reason:  # that is an example already
                    reason += f"; e.g. {EXAMPLES[kind]}"
                raise InputError(
                    f"layer {place} {_toml(layer)} on input {_text(shape)}: {reason}"
                ) from None

    def _add(self, kind: str, value: Any, options: dict) -> None:
        follow: Any = ()
        if kind in _FOLLOWED:
            follow = options.pop("then", self._architecture.get(_FOLLOWED[kind], ()))
        following = _following(follow)
        allowed = list(inspect.signature(LAYERS[kind]).parameters)[2:]  # after shape and value
        if unknown := set(options) - set(allowed):
            allowed += ["then", "repeat"] if kind in _FOLLOWED else []
            raise InputError(
                f"has no option {', '.join(sorted(unknown))}; it has {', '.join(allowed) or 'none'}"
            )
        if kind == RESIDUAL:
            self._append(kind, self._residual(value))
        else:
            self._append(kind, LAYERS[kind](self.shape, value, **options))
        for name, setting in following:
            try:
                module = LAYERS[name](self.shape, setting)
            except InputError as error:
                raise InputError(
                    f"is followed by {name}, which {error}; e.g. {_FOLLOW_EXAMPLE}"
                ) from None
            self._append(name, module)

    def _residual(self, layers: Any) -> nn.Module:
        # For its shape only: the shortcut's layers are numbered first. What it holds is on trial,
        # too, else each block within a block would double the work.
        with torch.device("meta"):
            trial = self._part(trial=True)
            trial.add_layers("its block", layers)
        if self._trial:
            return nn.Sequential(trial.modules)
        shortcut = None
        if trial.shape != self.shape:
            shortcut = self._part()
            for kind, value, options in _projection(self.shape, trial.shape):
                shortcut._append(kind, LAYERS[kind](shortcut.shape, value, **options))
            if shortcut.shape != trial.shape:
                raise InputError(
                    f"gives {_text(trial.shape)} for {_text(self.shape)}, to which no stride of a "
                    "shortcut leads; halve with a stride of 2"
                )
            self._numbers = shortcut._numbers
        block = self._part()
        block.add_layers("its block", layers)
        self._numbers = block._numbers
        passed = None if shortcut is None else nn.Sequential(shortcut.modules)
        return LAYERS[RESIDUAL](nn.Sequential(block.modules), passed)

    def _part(self, *, trial: bool = False) -> "_Builder":
        """Return a builder of what runs next on the same input, numbered as if it were here."""
        part = _Builder(self.shape, self._architecture, trial=trial)
        part._numbers, part._parameters = self._numbers.copy(), self._parameters
        return part

    def _append(self, kind: str, module: nn.Module) -> None:
        self._parameters += sum(parameter.numel() for parameter in module.parameters())
        if self._parameters > MOST_PARAMETERS:
            raise InputError(
                f"brings the network to {self._parameters:,} parameters; {MOST_PARAMETERS:,} is "
                "the most"
            )
        with torch.no_grad():  # dropout and statistics are off: asking the shape changes nothing
            self.shape = tuple(module.eval()(torch.zeros(1, *self.shape)).shape[1:])
        name = "conv" if kind == "depthwise" else kind
        self._numbers[name] += 1
        self.modules[f"{name}{self._numbers[name]}"] = module.train()


def _projection(shape: Shape, wanted: Shape) -> list[tuple[str, Any, dict[str, Any]]]:
    """Return the layers of a shortcut from maps of one shape to another."""
    if len(wanted) != 3:
        raise InputError(f"gives {_text(wanted)}, and maps are added to maps")
    stride = -(-shape[1] // wanted[1])
    options = {"kernel": 1, "stride": stride, "padding": 0, "bias": False}
    return [("conv", wanted[0], options), ("batch_norm", True, {})]


def _kind(place: int, layer: Any) -> tuple[str, dict]:
    kinds = [key for key in layer if key in LAYERS] if isinstance(layer, Mapping) else []
    if len(kinds) != 1:
        raise InputError(
            f"layer {place} is {_toml(layer)}; it takes one of {', '.join(LAYERS)}, "
            f"e.g. {EXAMPLES['conv']}"
        )
    return kinds[0], {key: value for key, value in layer.items() if key != kinds[0]}


def _repeat(kind: str, repeat: Any) -> int:
    if kind not in _FOLLOWED and repeat != 1:
        raise InputError(f"has no option repeat; {', '.join(_FOLLOWED)} have")
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
