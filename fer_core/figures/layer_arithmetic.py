"""The shapes that convolutions give, worked out: the formula with each one's own numbers."""

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from fer_core.analysis.convolutions import (
    CHANNELS_FIRST,
    CHANNELS_LAST,
    Convolution,
    convolution,
    is_convolution,
)
from fer_core.errors import InputError
from fer_core.figures import network, text
from fer_core.figures.draw_layer_arithmetic import draw as draw
from fer_core.records import Run
from fer_core.translation import Translate, translator
from fer_core.words import clauses

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("runs",)


class RunArithmetic(NamedTuple):
    """The convolutions of one run in forward order; a network without any has none."""

    run: Run
    convolutions: tuple[Convolution, ...]


class LayerArithmetic(NamedTuple):
    """What the figure shows."""

    runs: tuple[RunArithmetic, ...]


def collect(store: "RunStore", run_ids: tuple[str, ...]) -> LayerArithmetic:
    """Read the convolutions of runs.

    InputError for a run without layers, and for one that was stored before their kernels were.
    """
    runs = []
    for run_id in run_ids:
        each = network.read(store, run_id)
        convolutions = []
        for layer in filter(is_convolution, each.layers):
            numbers = convolution(layer)
            if numbers is None:
                raise InputError(
                    f"run {each.run.name!r} was stored without the kernel, stride and padding of "
                    f"{layer.name}, which are kept since; train it again with: fer-core train"
                )
            convolutions.append(numbers)
        runs.append(RunArithmetic(each.run, tuple(convolutions)))
    return LayerArithmetic(tuple(runs))


def table(info: LayerArithmetic) -> pd.DataFrame:
    """Return one row a convolution: its numbers, and the formula with them in both orders."""
    columns = ["run_id", "run", "layer", "input_width", "input_height", "input_channels"]
    pairs = ("kernel", "stride", "padding", "dilation")
    columns += [f"{name}_{axis}" for name in pairs for axis in ("width", "height")]
    columns += ["output_width", "output_height", "output_channels"]
    columns += ["channels_last", "channels_first"]
    rows = [
        (
            *(each.run.id, each.run.name, layer.name, *layer.size, layer.channels[0]),
            *layer.kernel, *layer.stride, *layer.padding, *layer.dilation,
            *layer.output_size, layer.channels[1],
            " ".join(layer.channels_last), " ".join(layer.channels_first),
        )
        for each in info.runs
        for layer in each.convolutions
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def describe(info: LayerArithmetic, *, language: str = "en") -> str:
    """Return the formula and, one line for each run, each convolution worked out."""
    _ = translator(language)
    summary = _("Shapes of convolutions: {last}; in PyTorch's order {first}.").format(
        last=" ".join(CHANNELS_LAST), first=" ".join(CHANNELS_FIRST)
    )
    return "\n".join([summary, *(_describe(each, _) for each in info.runs)])


def _describe(each: RunArithmetic, _: Translate) -> str:
    worked = (f"{layer.name} {' '.join(layer.channels_last)}" for layer in each.convolutions)
    facts = clauses(worked, _) or _("no convolutions")
    return _("{name}: {facts}.").format(name=text.clean(each.run.name), facts=facts)
