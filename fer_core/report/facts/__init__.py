"""Paragraphs of facts that stand under a report's questions, put together from the store.

A fact is a module with `paragraphs(store, runs, *, language)`: a list of paragraphs, which say
what is stored of the runs and nothing of what is not (figures and tables name the commands that
make it). Each number stands with its n, split and weights; no sentence gives a cause. A new one
is a new file and a line in FACTS.
"""

from types import ModuleType

from fer_core.report.facts import (
    accuracy,
    adversarial,
    architecture,
    arithmetic,
    augmentation_effect,
    class_images,
    comparison,
    complexity,
    confusion,
    data,
    ensemble,
    filters,
    lime,
    saliency,
    training,
)

FACTS: dict[str, ModuleType] = {
    "data": data,
    "architecture": architecture,
    "training": training,
    "accuracy": accuracy,
    "comparison": comparison,
    "augmentation_effect": augmentation_effect,
    "confusion": confusion,
    "saliency": saliency,
    "lime": lime,
    "filters": filters,
    "class_images": class_images,
    "adversarial": adversarial,
    "complexity": complexity,
    "arithmetic": arithmetic,
    "ensemble": ensemble,
}
