"""Each convolution's own numbers, and the shape that they give."""

from typing import TYPE_CHECKING

import pandas as pd

from fer_core.figures import layer_arithmetic, text
from fer_core.figures.layer_arithmetic import LayerArithmetic
from fer_core.report.facts.arithmetic import pair
from fer_core.report.tables.printing import Printed, captioned, with_runs
from fer_core.translation import translator

if TYPE_CHECKING:
    from fer_core.store import RunStore


def collect(store: "RunStore", run_ids: tuple[str, ...]) -> LayerArithmetic:
    """Read the convolutions of runs. InputError for a run without layers, and for one that was
    stored before their kernels were."""
    return layer_arithmetic.collect(store, run_ids)


def table(info: LayerArithmetic) -> pd.DataFrame:
    """Return one row a convolution: its numbers, and the formula with them in both orders."""
    return layer_arithmetic.table(info)


def printed(info: LayerArithmetic, *, language: str = "en") -> Printed:
    """Return a row a convolution; sizes and pairs along W, then along H."""
    _ = translator(language)
    rows = []
    for place, each in enumerate(info.runs):
        for layer in each.convolutions:
            before = _shape(*layer.size, layer.channels[0])
            after = _shape(*layer.output_size, layer.channels[1])
            pairs = (pair(layer.span), pair(layer.stride), pair(layer.padding))
            rows.append((place, (text.clean(layer.name), before, *pairs, after)))
    header = (_("Layer"), _("Input"), _("Kernel"), _("Stride"), _("Padding"), _("Output"))
    runs = [each.run for each in info.runs]
    caption = _(
        "Shapes of convolutions, as (B, W, H, C): output = floor((input + 2 padding − kernel) / "
        "stride) + 1. A dilated kernel stands with what it covers."
    )
    return Printed(
        *with_runs(header, rows, (False,) * len(header), runs, _), captioned(caption, runs, _)
    )


def _shape(width: int, height: int, channels: int) -> str:
    return f"(B, {width}, {height}, {channels})"
