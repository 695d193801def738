"""Tables of a report, defined once: printed in its documents, and in full as csv.

A table is a module with `collect(store, run_ids, **options)` (store -> NamedTuple), `table(info)`
(-> the csv, in full precision, names of classes in English) and `printed(info, *, language)` (->
Printed: the same digits as in figures). A new one is a new file and a line in TABLES.
"""

from types import ModuleType

from fer_core.report.tables import (
    class_scores,
    complexity,
    confusion,
    layer_arithmetic,
    layers,
    pairs,
    parameters,
    recipe,
    scores,
    test_readings,
)
from fer_core.report.tables.printing import Printed

__all__ = ["TABLES", "Printed"]

TABLES: dict[str, ModuleType] = {
    "parameters": parameters,
    "layers": layers,
    "recipe": recipe,
    "scores": scores,
    "class_scores": class_scores,
    "confusion": confusion,
    "pairs": pairs,
    "layer_arithmetic": layer_arithmetic,
    "complexity": complexity,
    "test_readings": test_readings,
}
