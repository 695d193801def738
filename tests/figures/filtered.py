"""Small hand-made arrays of filters in a store: each is computed again from its run's name."""

from typing import Any

import numpy as np

from fer_core.records import (
    ADVERSARIAL,
    CLASS_IMAGES,
    CLASS_NAMES,
    DREAM,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    KERNELS,
    LAYER_OUTPUTS,
    ROBUSTNESS,
    TOP_IMAGES,
    TensorRecord,
)
from fer_core.store import RunStore

COUNT, STEPS = 8, (0, 10, 20)
DEAD, DOUBLE, OF = 5, 6, 2  # filter 6 answers as filter 2 does
SAMPLES = ("validation:3", "validation:7")
EPSILONS, ACCURACIES, IMAGES = (0.0, 4.0, 16.0), (0.75, 0.5, 0.25), 40


def random(*words: str) -> np.random.Generator:
    return np.random.default_rng([ord(letter) for letter in " ".join(words)])


def images(run: str, layer: str = "conv1", style: str = "plain", count: int = COUNT) -> np.ndarray:
    """(F, 3, 48, 48) float16."""
    shape = (count, len(STEPS), 48, 48)
    return random(run, layer, style).normal(0.5, 2, shape).astype(np.float16)


def activations(run: str, layer: str = "conv1", count: int = COUNT) -> np.ndarray:
    """(F, 3) float32, rising, 0 for the dead filter."""
    values = random("activations", run, layer).uniform(0.1, 1, (count, 1))
    found = values * np.array([[1, 3, 9]])
    found[DEAD] = 0
    return found.astype(np.float32)


def similarity(count: int = COUNT) -> np.ndarray:
    """(F, F) float32."""
    found = np.eye(count, dtype=np.float32)
    found[DOUBLE, OF] = found[OF, DOUBLE] = 0.97
    return found


def outputs(run: str, sample: str, layer: str = "conv1") -> np.ndarray:
    """(F, 12, 12) float16, both signs."""
    return random("outputs", run, sample, layer).normal(size=(COUNT, 12, 12)).astype(np.float16)


def top(count: int = COUNT) -> np.ndarray:
    """(F, 9, 4) float32: activation, index, row, column."""
    found = np.zeros((count, 9, 4), np.float32)
    for number in range(count):
        found[number, :, 0] = np.linspace(3, 1, 9) + number
        found[number, :, 1] = np.arange(9) + number
        found[number, :, 2:] = 20, 30
    return found


def kernels(run: str) -> np.ndarray:
    return random("kernels", run).normal(size=(COUNT, 1, 5, 5)).astype(np.float32)


def classes(run: str, start: str) -> np.ndarray:
    return random("classes", run, start).normal(size=(7, 48, 48)).astype(np.float32)


def record(kind: str, array: np.ndarray, **given: Any) -> TensorRecord:
    names = ("method", "layer", "sample", "target", "weights")
    key = {name: given.pop(name) for name in names if name in given}
    provenance = {"checkpoint_sha256": "c0ffee", "epoch": 5, "seed": 0, "options": {}, **given}
    return TensorRecord(kind, array, **key, provenance=provenance)


def add_layer(
    store: RunStore, run: str, layer: str, *, weights: str = "best", count: int = COUNT
) -> None:
    """Store the filters of a layer, the images that excite them, and how alike they are."""
    said = {"filters": list(range(count)), "dead": [DEAD], "steps": list(STEPS)}
    key = {"layer": layer, "weights": weights}
    made = images(run, layer, count=count)
    values = activations(run, layer, count)
    store.add_tensors(
        store.run(run).id,
        [
            record(FILTERS, made, method="plain", **key, **said),
            record(FILTER_ACTIVATIONS, values, method="plain", **key, **said),
            record(TOP_IMAGES, top(count), sample="train", source="train", n=50, **key),
            record(FILTER_SIMILARITY, similarity(count), sample="train", n=50, **key),
        ],
    )


def shares(best: int, share: float = 0.7) -> list[float]:
    """Probabilities with one that is greatest."""
    return [share if number == best else (1 - share) / 6 for number in range(7)]


def add(store: RunStore, run: str) -> None:
    """Store something of every kind for conv1 and the best weights."""
    add_layer(store, run, "conv1")
    records = [record(KERNELS, kernels(run), layer="conv1")]
    fingerprint = store.run(run).dataset_fingerprint
    for place, sample in enumerate(SAMPLES):
        strengths = random("strengths", run, sample).uniform(0, 1, COUNT)
        records.append(
            record(
                LAYER_OUTPUTS, outputs(run, sample), layer="conv1", sample=sample,
                activations=strengths.tolist(),
            )
        )  # fmt: skip
        [image] = store.images(fingerprint, "validation", [int(sample.split(":")[1])])
        signs = random("signs", run, sample).choice([-8.0, 8.0], (48, 48))
        changed = np.clip(image + signs, 0, 255)
        records.append(
            record(
                ADVERSARIAL, np.stack([image, changed]).astype(np.float32), method="fgsm",
                sample=sample, epsilon=8.0, smallest_epsilon=(2.5, None)[place],
                true=CLASS_NAMES[place], away_from=CLASS_NAMES[place],
                before=shares(3), after=shares(4 if place == 0 else 3, 0.6),
            )
        )  # fmt: skip
        dreamt = (image / 255 + 0.1).astype(np.float32)
        options = {"octaves": 3, "steps": 10}
        records.append(record(DREAM, dreamt, layer="conv1", sample=sample, options=options))
    for start in ("noise", "mean-face"):
        probabilities = [shares(label if label < 4 else 0) for label in range(7)]
        records.append(
            record(
                CLASS_IMAGES, classes(run, start), method="plain", sample=start,
                probabilities=probabilities, options={"steps": 200},
            )
        )  # fmt: skip
    curve = np.stack([EPSILONS, ACCURACIES], axis=1)
    records.append(
        record(ROBUSTNESS, curve, method="fgsm", sample="validation", n=IMAGES, source="validation")
    )
    store.add_tensors(store.run(run).id, records)
