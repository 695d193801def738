"""Paragraphs of facts that stand under a report's questions, put together from the store.

A fact is a module with `paragraphs(store, runs, *, language)`: a list of paragraphs, which say
what is stored of the runs and nothing of what is not (figures and tables name the commands that
make it). Each number stands with its n, split and weights; no sentence gives a cause. A new one
is a new file and a line in FACTS.
"""

from types import ModuleType

from fer_core.report.facts import (
    accuracy,
    architecture,
    confusion,
    training,
)

FACTS: dict[str, ModuleType] = {
    "architecture": architecture,
    "training": training,
    "accuracy": accuracy,
    "confusion": confusion,
}
