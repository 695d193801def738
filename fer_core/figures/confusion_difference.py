"""What changed in the confusion matrix: each run's less that of the first one."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from fer_core.analysis.answers import Answers, read_answers
from fer_core.analysis.cells import CellDifferences, cell_differences
from fer_core.figures import judged, text
from fer_core.figures.draw_confusion_difference import draw as draw
from fer_core.records import CLASS_NAMES, VALIDATION
from fer_core.translation import translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

CAPTION_LINES = 2
FACETS = ("others", "differences")
LEAST = 2


class ConfusionDifferences(NamedTuple):
    """What the figure shows. first: what the others are compared with; others: R - 1 runs;
    differences: theirs, each minus the first, by true class."""

    first: Answers
    others: tuple[Answers, ...]
    differences: tuple[CellDifferences, ...]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
) -> ConfusionDifferences:
    """Read predictions of two or more runs and compare each with the first. InputError from the
    store where predictions are not there, with the command that makes them."""
    first, *others = read_answers(store, run_ids, split=split, weights=weights, averaging=averaging)
    return ConfusionDifferences(
        first, tuple(others), tuple(cell_differences(other, first) for other in others)
    )


def table(info: ConfusionDifferences) -> pd.DataFrame:
    """Return the cells, 49 rows a compared run; differences of shares of the true class in -1..1,
    empty for a class without images. Class names are English whatever the figure's language."""
    rows: list[dict[str, Any]] = []
    for other, cells in zip(info.others, info.differences, strict=True):
        supported = cells.supported
        for i, true in enumerate(CLASS_NAMES):
            for j, predicted in enumerate(CLASS_NAMES):
                rows.append(
                    {
                        "run_id": other.run.id,
                        "run": other.run.name,
                        "minus_run_id": info.first.run.id,
                        "minus_run": info.first.run.name,
                        "minus_weights": info.first.weights,
                        "synthetic": other.run.synthetic,
                        "split": other.split,
                        "weights": other.weights,
                        "averaging": other.averaging,
                        "true": true,
                        "predicted": predicted,
                        "difference": float(cells.values[i, j]),
                        "p_holm": float(cells.p_holm[i, j]),
                        "supported": bool(supported[i, j]),
                    }
                )
    return pd.DataFrame(rows)


def describe(info: ConfusionDifferences, *, language: str = "en") -> str:
    """Return how runs were judged, then for each its cells that the data say have changed."""
    _ = translator(language)
    classes = text.class_labels(_)
    lines = [
        _(
            "Confusion matrices, each row divided by the images of the true class, less that of "
            "{name}; in percentage points."
        ).format(name=judged.named(info.first, _)),
        judged.how((info.first, *info.others), _),
    ]
    for other, cells in zip(info.others, info.differences, strict=True):
        changed = [
            _("{true} for {predicted} {points}").format(
                true=classes[i], predicted=classes[j], points=text.points(cells.values[i, j])
            )
            for i, j in zip(*np.nonzero(cells.supported), strict=True)
        ]
        said = _("{name}: the data support a change of {cells}.").format(
            name=judged.named(other, _), cells=listed(changed, _) or _("no cell")
        )
        lines.append(sentences([said, judged.readings(other, _)], _))
    return "\n".join(lines)
