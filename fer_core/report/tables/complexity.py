"""Time and space layer by layer, with the products and sums behind the numbers."""

from typing import TYPE_CHECKING

import pandas as pd

from fer_core.analysis import costs
from fer_core.figures import complexity, network, text
from fer_core.figures.complexity import Complexity
from fer_core.report.facts.complexity import worked
from fer_core.report.tables.printing import Printed, captioned, with_runs
from fer_core.translation import translator

if TYPE_CHECKING:
    from fer_core.store import RunStore


def collect(store: "RunStore", run_ids: tuple[str, ...]) -> Complexity:
    """Read the layers of runs. InputError for a run without layers."""
    return complexity.collect(store, run_ids, by="layer")


def table(info: Complexity) -> pd.DataFrame:
    """Return a row a layer, as the figure's: memory in bytes, products and sums worked out."""
    return complexity.table(info)


def printed(info: Complexity, *, language: str = "en") -> Printed:
    """Return a row for each layer that costs operations or parameters, then one with the sums over
    all layers, those that are left out among them."""
    _ = translator(language)
    rows: list[tuple[int, tuple[str, ...]]] = []
    for place, each in enumerate(info.networks):
        for layer in each.layers:
            if layer.operations or layer.parameters:
                row = [text.clean(layer.name), network.shape(layer.output_shape)]
                row.append(worked(costs.operations_formula(layer), layer.operations))
                row.append(worked(costs.parameters_formula(layer), layer.parameters))
                rows.append((place, (*row, f"{costs.activation_bytes(layer):,}")))
        sums = (each.operations, each.parameters, each.activation_bytes)
        rows.append((place, (_("total"), "", *(f"{value:,}" for value in sums))))
    header = (_("Layer"), _("Output shape"), _("Multiply-adds"), _("Parameters"), _("Bytes"))
    caption = _(
        "Cost of one image: multiply-adds, parameters, and bytes of the output in float32. Totals "
        "are over all layers, also those without operations and parameters, which have no row."
    )
    runs = [each.run for each in info.networks]
    numeric = (False, False, True, True, True)
    return Printed(*with_runs(header, rows, numeric, runs, _), captioned(caption, runs, _))
