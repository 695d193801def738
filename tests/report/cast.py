"""Small runs to cast: networks with and without convolutions, recipes, accuracies, maps."""

from typing import Any

import numpy as np

from fer_core.records import EXPLANATION, Epoch, Layer, TensorRecord
from fer_core.store import RunStore
from tests.store.samples import make_arrays

CONVOLUTIONAL = (
    Layer("conv1", "0", "Conv2d", (4, 48, 48), 40, 40, 0, 1000),
    Layer("dense1", "2", "Linear", (7,), 64_519, 64_519, 0, 64_512),
)
DENSE = (Layer("dense1", "1", "Linear", (7,), 16_135, 16_135, 0, 16_128),)
RECIPE = {
    "preset": "fast",
    "epochs": 5,
    "seed": 0,
    "augment": "none",
    "normalise": "none",
    "rotate": 12.0,
}


def add_data(store: RunStore) -> None:
    store.add_dataset("faces", make_arrays())


def add(
    store: RunStore,
    name: str,
    layers: tuple[Layer, ...] = CONVOLUTIONAL,
    *,
    accuracy: float = 0.5,
    held_out: np.ndarray | None = None,
    **recipe: Any,
) -> str:
    """Add a finished run with one epoch; its recipe is RECIPE with changes."""
    with store.start_run(
        name,
        config=RECIPE | {"architecture": len(layers)} | recipe,
        preset="fast",
        data="faces",
        held_out=held_out,
        layers=layers,
        epochs_planned=1,
    ) as run:
        run.add_epoch(Epoch(1, 1.0, 0.5, 1.0, accuracy, 2.0))
    return run.id


def explain(store: RunStore, name: str) -> None:
    """Store one map, of which only the key matters here."""
    store.add_tensor(
        name,
        TensorRecord(EXPLANATION, np.zeros((48, 48), np.float32), "saliency", sample="test:0"),
    )
