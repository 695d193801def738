"""Which figures show faces of single people: marked, or decided by what they show."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from fer_core import figures


def test_every_figure_of_single_images_says_so() -> None:
    marked = {name for name in figures.FIGURES if figures.shows_faces(name)}
    assert marked == {
        *("samples", "augmentation_preview", "probabilities", "flips", "saliency_panel"),
        *("explanations", "lime_panel", "layer_outputs", "filter_detail", "adversarial", "dream"),
    }


def test_what_an_ascent_began_at_and_how_many_images_a_mean_has_decides() -> None:
    def shows(name: str, **info: Any) -> bool:
        return figures.shows_faces(name, SimpleNamespace(**info))

    assert not shows("filters", start="noise")
    assert shows("filters", start="test:3")
    for counts, few in (([0, 10], False), ([9, 50], True), ([0, 1], True)):
        each = SimpleNamespace(counts=np.array(counts))
        assert shows("mean_explanation", runs=[each]) is few
        datasets = [SimpleNamespace(splits={"train": each})]
        assert shows("mean_faces", datasets=datasets) is few
    assert not shows("confusion_matrix")
