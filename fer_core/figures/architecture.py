"""The layers of networks as tables: what each one gives, holds and costs, and the totals."""

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

import pandas as pd

from fer_core.figures import network, text
from fer_core.figures.draw_architecture import draw as draw
from fer_core.figures.network import Network, Row
from fer_core.figures.options import one_of
from fer_core.translation import Translate, translator
from fer_core.words import clauses, listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("networks",)
COLUMNS = ("type", "shape", "parameters", "operations")


class Architectures(NamedTuple):
    """What the figure shows. columns: those of COLUMNS that are drawn, beside the name."""

    networks: tuple[Network, ...]
    columns: tuple[str, ...]
    folded: bool


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    columns: str = ",".join(COLUMNS),
    rows: Literal["folded", "all"] = "folded",
) -> Architectures:
    """Read the layers of runs.

    columns: which ones, with commas between them; rows: batch norm, activations, dropout, sums
    `folded` into the row of the layer that they follow, or `all` in rows of their own.
    InputError for a run without layers.
    """
    chosen = tuple(column.strip() for column in columns.split(","))
    for column in chosen:
        one_of("column", column, COLUMNS)
    one_of("rows", rows, ("folded", "all"))
    networks = [network.read(store, run_id, folded=rows == "folded") for run_id in run_ids]
    return Architectures(
        tuple(networks), tuple(c for c in COLUMNS if c in chosen), rows == "folded"
    )


def table(info: Architectures) -> pd.DataFrame:
    """Return the rows of the figure; shapes without the batch, channels first, ``32x48x48``."""
    return pd.DataFrame(
        [
            {
                "run_id": each.run.id,
                "run": each.run.name,
                "layer": row.main.name,
                "type": " + ".join(layer.type for layer in row.layers),
                "kernel": "x".join(map(str, network.pair(row.main, "kernel"))),
                "input_shape": "x".join(map(str, row.main.input_shape)),
                "output_shape": "x".join(map(str, row.output_shape)),
                "parameters": row.parameters,
                "trainable": sum(layer.trainable for layer in row.layers),
                "non_trainable": sum(layer.non_trainable for layer in row.layers),
                "operations": row.operations,
            }
            for each in info.networks
            for row in each.rows
        ]
    )


def describe(info: Architectures, *, language: str = "en") -> str:
    """Return the totals and layers of each run in one line: what a report's text says."""
    _ = translator(language)
    lines = [_("Layers in forward order; operations are multiply-adds for one image.")]
    if info.folded:
        folded = _(
            "Batch norm, activations, dropout and sums stand in the row of the layer that they "
            "follow."
        )
        lines = [sentences([*lines, folded], _)]
    return "\n".join(lines + [_describe(each, _) for each in info.networks])


def _describe(each: Network, _: Translate) -> str:
    kinds = Counter(network.kind(layer) for layer in each.layers)
    return _(
        "{name}: {convolutions} convolutions and {dense} dense layers; {parameters:,} parameters "
        "({trainable:,} trainable, {fixed:,} not), {operations:,} multiply-adds. {layers}."
    ).format(
        name=text.clean(each.run.name),
        convolutions=kinds["convolution"],
        dense=kinds["dense"],
        parameters=each.parameters,
        trainable=each.trainable,
        fixed=each.non_trainable,
        operations=each.operations,
        layers=clauses((_row_in_words(row, _) for row in each.rows), _),
    )


def _row_in_words(row: Row, _: Translate) -> str:
    types = listed((network.words(layer, _) for layer in row.layers), _)
    return _("{layer} ({types}) {shape}").format(
        layer=text.clean(row.main.name), types=types, shape=network.shape(row.output_shape)
    )
