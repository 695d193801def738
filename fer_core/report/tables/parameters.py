"""How large networks are: layers, and parameters as Keras counts them, a row a run."""

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from fer_core.figures import network
from fer_core.records import Layer, Run
from fer_core.report.tables.printing import Printed, captioned, run_names
from fer_core.translation import translator

if TYPE_CHECKING:
    from fer_core.store import RunStore


class Size(NamedTuple):
    """One run. layers: () where they are not stored; then only `run.parameters` is known."""

    run: Run
    layers: tuple[Layer, ...]

    @property
    def trainable(self) -> int:
        return sum(layer.trainable for layer in self.layers)

    @property
    def non_trainable(self) -> int:
        return sum(layer.non_trainable for layer in self.layers)

    @property
    def total(self) -> int:
        return self.trainable + self.non_trainable if self.layers else self.run.parameters

    def count(self, kind: str) -> int:
        """Return how many layers of a kind there are."""
        return Counter(network.kind(layer) for layer in self.layers)[kind]  # type: ignore[index]


class Sizes(NamedTuple):
    """What the table shows."""

    sizes: tuple[Size, ...]


def collect(store: "RunStore", run_ids: tuple[str, ...]) -> Sizes:
    """Read the layers of runs."""
    details = [store.details(run_id) for run_id in run_ids]
    return Sizes(tuple(Size(each.run, each.layers) for each in details))


def table(info: Sizes) -> pd.DataFrame:
    """Return a row a run; what is not known of a run without layers is empty."""
    return pd.DataFrame(
        [
            {
                "run_id": each.run.id,
                "run": each.run.name,
                "convolutions": each.count("convolution") if each.layers else None,
                "dense": each.count("dense") if each.layers else None,
                "parameters": each.total,
                "trainable": each.trainable if each.layers else None,
                "non_trainable": each.non_trainable if each.layers else None,
            }
            for each in info.sizes
        ]
    )


def printed(info: Sizes, *, language: str = "en") -> Printed:
    """Return a row a run."""
    _ = translator(language)
    runs = [each.run for each in info.sizes]
    rows = []
    for name, each in zip(run_names(runs, _), info.sizes, strict=True):
        counts = [each.count("convolution"), each.count("dense"), each.total]
        written = [f"{value:,}" for value in (*counts, each.trainable, each.non_trainable)]
        total = written[2] if each.total else "–"  # a loop of one's own may not have counted them
        rows.append((name, *(written if each.layers else ["–", "–", total, "–", "–"])))
    header = [_("Run"), _("Convolutions"), _("Dense layers")]
    header += [_("Parameters"), _("trainable"), _("not trainable")]
    caption = _(
        "Parameters as Keras counts them: the running statistics of batch norms are not trainable."
    )
    return Printed(tuple(header), tuple(rows), (False, *[True] * 5), captioned(caption, runs, _))
