"""Time and space of networks: operations, parameters and memory, and the sums of the largest."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fer_core.analysis import costs
from fer_core.figures import facets, text
from fer_core.records import Layer, Run
from fer_core.translation import Translate, translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return how costs are counted, then a paragraph for each run with stored layers."""
    _ = translator(language)
    found = [
        sentences(_sentences(run, layers, _), _)
        for run in runs
        if (layers := store.details(run.id).layers)
    ]
    how = _(
        "Time is counted in multiply-adds for one image: of a convolution, maps × rows × columns "
        "of its output times maps in × kernel rows × kernel columns; of a dense layer, outputs × "
        "inputs. Space is counted in parameters and in the memory of each layer's output, 4 bytes "
        "a number (float32)."
    )
    return [how, *found] if found else []


def _sentences(run: Run, layers: tuple[Layer, ...], _: Translate) -> list[str]:
    name = facets.named(run, _)
    operations, slowest = _largest(layers, lambda layer: layer.operations)
    parameters, heaviest = _largest(layers, lambda layer: layer.parameters)
    memory, widest = _largest(layers, costs.activation_bytes)
    return [
        _(
            "{name}: {total:,} multiply-adds, most of one layer in {layer} ({share}): {worked}."
        ).format(
            name=name,
            total=operations,
            layer=text.clean(slowest.name),
            share=text.share(slowest.operations, operations),
            worked=worked(costs.operations_formula(slowest), slowest.operations),
        ),
        _(
            "{total:,} parameters ({size}B in float32), most of one layer in {layer} ({share}): "
            "{worked}."
        ).format(
            total=parameters,
            size=text.compact(costs.BYTES * parameters),
            layer=text.clean(heaviest.name),
            share=text.share(heaviest.parameters, parameters),
            worked=worked(costs.parameters_formula(heaviest), heaviest.parameters),
        ),
        _(
            "The outputs of all layers take {size}B, most of one layer in {layer} ({share}): "
            "{worked} = {value:,} bytes."
        ).format(
            size=text.compact(memory),
            layer=text.clean(widest.name),
            share=text.share(costs.activation_bytes(widest), memory),
            worked=costs.activations_formula(widest),
            value=costs.activation_bytes(widest),
        ),
    ]


def worked(formula: str, value: int) -> str:
    """Write a product with what it gives; the number alone where no product is known."""
    return f"{value:,}" if formula == str(value) else f"{formula} = {value:,}"


def _largest(layers: tuple[Layer, ...], cost: Callable[[Layer], int]) -> tuple[int, Layer]:
    """Return the sum of a cost over all layers, and the first layer that has most of it."""
    return sum(map(cost, layers)), max(layers, key=cost)
