"""Networks layer by layer: type, shape of the output, parameters. A row a module, as Keras has."""

from typing import TYPE_CHECKING, Literal

import pandas as pd

from fer_core.figures import architecture, network, text
from fer_core.figures.architecture import Architectures
from fer_core.report.tables.printing import Printed, captioned, with_runs
from fer_core.translation import translator

if TYPE_CHECKING:
    from fer_core.store import RunStore


def collect(
    store: "RunStore", run_ids: tuple[str, ...], *, rows: Literal["all", "folded"] = "all"
) -> Architectures:
    """Read the layers of runs. rows: ``folded`` puts batch norm, activations, dropout and sums into
    the row of the layer that they follow. InputError for a run without layers."""
    return architecture.collect(store, run_ids, rows=rows)


def table(info: Architectures) -> pd.DataFrame:
    """Return the rows, shapes without the batch, channels first."""
    return architecture.table(info)


def printed(info: Architectures, *, language: str = "en") -> Printed:
    """Return a row a layer, then for each run one with its sums."""
    _ = translator(language)
    rows: list[tuple[int, tuple[str, ...]]] = []
    for place, each in enumerate(info.networks):
        for row in each.rows:
            types = " + ".join(text.clean(network.words(layer, _)) for layer in row.layers)
            shape = network.shape(row.output_shape)
            name = text.clean(row.main.name)
            rows.append((place, (name, types, shape, f"{row.parameters:,}")))
        total = _("{parameters:,} ({trainable:,} trainable, {fixed:,} not)").format(
            parameters=each.parameters, trainable=each.trainable, fixed=each.non_trainable
        )
        rows.append((place, (_("total"), "", "", total)))
    runs = [each.run for each in info.networks]
    header = (_("Layer"), _("Type"), _("Output shape"), _("Parameters"))
    caption = _("Layers in forward order; shapes without the batch, channels first.")
    numeric = (False, False, False, True)
    return Printed(*with_runs(header, rows, numeric, runs, _), captioned(caption, runs, _))
