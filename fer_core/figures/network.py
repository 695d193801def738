"""A run's network as figures show it: layers in forward order, small ones folded into rows."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from fer_core.analysis.costs import activation_bytes
from fer_core.errors import InputError
from fer_core.records import Layer, Run
from fer_core.translation import Translate

if TYPE_CHECKING:
    from fer_core.store import RunStore

Kind = Literal[
    "convolution", "dense", "pool", "norm", "activation", "dropout", "sum", "flatten", "other"
]
FOLDED: tuple[Kind, ...] = ("norm", "activation", "dropout", "sum")

# Layers are known by the names of their torch classes; the first pattern that fits decides.
_KINDS: Mapping[Kind, str] = {
    "pool": "Pool",
    "convolution": "^Conv",
    "dense": "^Linear$",
    "norm": "Norm",
    "dropout": "Dropout",
    "sum": "^Add$",
    "flatten": "^Flatten$",
    "activation": "LU6?$|Sigmoid|sigmoid|Tanh|tanh|Soft|swish|^Mish$",
}


class Row(NamedTuple):
    """A layer and those that follow it and only change its values; sums are over all of them."""

    layers: tuple[Layer, ...]

    @property
    def main(self) -> Layer:
        return self.layers[0]

    @property
    def output_shape(self) -> tuple[int, ...]:
        return self.layers[-1].output_shape

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def operations(self) -> int:
        return sum(layer.operations for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        return sum(activation_bytes(layer) for layer in self.layers)


class Network(NamedTuple):
    """The layers of a run, and the rows that a figure shows of them."""

    run: Run
    layers: tuple[Layer, ...]
    rows: tuple[Row, ...]

    @property
    def trainable(self) -> int:
        return sum(layer.trainable for layer in self.layers)

    @property
    def non_trainable(self) -> int:
        return sum(layer.non_trainable for layer in self.layers)

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def operations(self) -> int:
        return sum(layer.operations for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        return sum(activation_bytes(layer) for layer in self.layers)


def read(store: "RunStore", run_id: str, *, folded: bool = True) -> Network:
    """Read the layers of a run. InputError for a run that was stored without them."""
    details = store.details(run_id)
    if not details.layers:
        raise InputError(
            f"run {details.run.name!r} was stored without its layers; a loop of your own keeps "
            "them with: store.start_run(..., layers=layer_table(network))"
        )
    rows = fold(details.layers) if folded else tuple(Row((layer,)) for layer in details.layers)
    return Network(details.run, details.layers, rows)


def fold(layers: Sequence[Layer]) -> tuple[Row, ...]:
    """Put batch norm, activations, dropout and sums into the row of the layer that they follow."""
    rows: list[Row] = []
    for layer in layers:
        follows = rows and rows[-1].output_shape == layer.output_shape
        if follows and kind(layer) in FOLDED:
            rows[-1] = Row((*rows[-1].layers, layer))
        else:
            rows.append(Row((layer,)))
    return tuple(rows)


def kind(layer: Layer) -> Kind:
    """Return what a layer does, by the name of its class."""
    return next(
        (name for name, pattern in _KINDS.items() if re.search(pattern, layer.type)), "other"
    )


def pair(layer: Layer, name: str) -> tuple[float, ...]:
    """Return a setting of rows and columns; () where it is not known."""
    value = layer.settings.get(name, ())
    return value if isinstance(value, tuple) else (value, value)


def settings(layer: Layer, _: Translate) -> list[str]:
    """Write the kernel as rows and columns, ``3×3``, and stride and groups unless they are what
    is usual; nothing where there are none, or none are known. A convolution beside a residual block
    is called its shortcut."""
    written = []
    kernel, stride = pair(layer, "kernel"), pair(layer, "stride")
    if kernel:
        written.append("×".join(map(str, kernel)))
    if stride and stride != (kernel if kind(layer) == "pool" else (1, 1)):
        sides = stride if len(set(stride)) > 1 else stride[:1]
        written.append(_("stride {stride}").format(stride="×".join(map(str, sides))))
    groups = layer.settings.get("groups", 1)
    if groups != 1:
        written.append(_("{groups} groups").format(groups=groups))
    if kind(layer) == "convolution" and "shortcut" in layer.path.split("."):
        written.append(_("shortcut"))
    return written


def words(layer: Layer, _: Translate) -> str:
    """Name a layer's class with what it is set to: ``Conv2d 5×5``, ``Dropout 0.1``."""
    values = [f"{layer.settings[name]:g}" for name in ("rate", "slope") if name in layer.settings]
    return " ".join([layer.type, *settings(layer, _), *values])


def shape(values: Sequence[int]) -> str:
    """Write a shape as reports do: ``32 × 48 × 48``."""
    return " × ".join(map(str, values))
