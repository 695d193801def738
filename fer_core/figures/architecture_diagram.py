"""Networks drawn: blocks as large as their maps, with names, kernels and shapes."""

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from fer_core.figures import network, text
from fer_core.figures.draw_architecture_diagram import draw as draw
from fer_core.figures.network import Network, Row
from fer_core.records import Run
from fer_core.translation import Translate, translator
from fer_core.words import clauses, listed

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("diagrams",)


class Block(NamedTuple):
    """What is drawn as one. rows: equal ones that follow each other, one or more; pools: rows of
    poolings right after them."""

    rows: tuple[Row, ...]
    pools: tuple[Row, ...]


class Diagram(NamedTuple):
    """The blocks of a run; input_shape: of its images, () where it is not known."""

    run: Run
    input_shape: tuple[int, ...]
    blocks: tuple[Block, ...]


class Diagrams(NamedTuple):
    """What the figure shows."""

    diagrams: tuple[Diagram, ...]


def collect(store: "RunStore", run_ids: tuple[str, ...]) -> Diagrams:
    """Read the layers of runs. InputError for a run without layers."""
    return Diagrams(tuple(_diagram(network.read(store, run_id)) for run_id in run_ids))


def _diagram(each: Network) -> Diagram:
    blocks: list[Block] = []
    for _, group in groupby(each.rows, key=_look):
        rows = tuple(group)
        if blocks and network.kind(rows[0].main) == "pool":
            blocks[-1] = blocks[-1]._replace(pools=(*blocks[-1].pools, *rows))
        else:
            blocks.append(Block(rows, ()))
    return Diagram(each.run, each.layers[0].input_shape, tuple(blocks))


def _look(row: Row) -> Any:
    """Rows that follow each other and are equal in this are drawn once."""
    return [(layer.type, layer.output_shape, layer.settings) for layer in row.layers]


def table(info: Diagrams) -> pd.DataFrame:
    """Return what is drawn, one line for each layer that has a block, or a part of one.

    repeats: how many equal layers the block stands for; shapes without the batch, ``32x48x48``.
    """
    lines = []
    for diagram in info.diagrams:
        for number, block in enumerate(diagram.blocks, start=1):
            for rows in (block.rows, *((pool,) for pool in block.pools)):
                main = rows[0].main
                lines.append(
                    {
                        "run_id": diagram.run.id,
                        "run": diagram.run.name,
                        "block": number,
                        "layer": main.name,
                        "repeats": len(rows),
                        "type": " + ".join(layer.type for layer in rows[0].layers),
                        "kernel": "x".join(map(str, network.pair(main, "kernel"))),
                        "stride": "x".join(map(str, network.pair(main, "stride"))),
                        "output_shape": "x".join(map(str, rows[0].output_shape)),
                    }
                )
    return pd.DataFrame(lines)


def describe(info: Diagrams, *, language: str = "en") -> str:
    """Return the figure in words, one line for each run: the layers from input to output."""
    _ = translator(language)
    summary = _(
        "Networks from input to output; a block is as high as its maps and, on a scale of powers "
        "of two, as thick as there are many; vectors are as high as they are long, on such a scale."
    )
    return "\n".join([summary, *(_describe(diagram, _) for diagram in info.diagrams)])


def _describe(diagram: Diagram, _: Translate) -> str:
    steps = [_("image {shape}").format(shape=network.shape(diagram.input_shape))]
    if not diagram.input_shape:
        steps = []
    for block in diagram.blocks:
        for rows in (block.rows, *((pool,) for pool in block.pools)):
            step = listed((network.words(layer, _) for layer in rows[0].layers), _)
            form = _("{layer} ({types}) {shape}")
            if len(rows) > 1:
                form = _("{layer} ({types}), {count} times {shape}")
            steps.append(
                form.format(
                    layer=text.clean(rows[0].main.name),
                    types=step,
                    count=len(rows),
                    shape=network.shape(rows[0].output_shape),
                )
            )
    name = text.clean(diagram.run.name)
    return _("{name}: {facts}.").format(name=name, facts=clauses(steps, _))
