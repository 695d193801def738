"""Small hand-made explanations in a store: which map is where can be computed from their names."""

from collections.abc import Sequence

import numpy as np

from fer_core.records import (
    CLASS_NAMES,
    EXPLANATION,
    EXPLANATION_METHODS,
    SEGMENT_WEIGHTS,
    SEGMENTS,
    TensorRecord,
)
from fer_core.store import RunStore

GRID = (np.arange(64).reshape(8, 8).repeat(6, axis=0).repeat(6, axis=1)).astype(np.int16)
LAYERS = {"gradcam": "conv1", "guided_gradcam": "conv1"}


def values(run: str, method: str, sample: str, layer: str = "") -> np.ndarray:
    """The map of a method: noise of its own, with a sign where the method has one."""
    seed = [ord(letter) for letter in f"{run} {method} {sample} {layer}"]
    noise = np.random.default_rng(seed).normal(size=(48, 48)).astype(np.float32)
    if method == "lime":
        return weights(run, sample)[GRID].astype(np.float32)
    return noise if EXPLANATION_METHODS[method] else np.abs(noise)


def weights(run: str, sample: str) -> np.ndarray:
    """The weights of LIME's segments."""
    return np.random.default_rng([ord(letter) for letter in run + sample]).normal(size=64)


def add(
    store: RunStore,
    run: str,
    samples: Sequence[str],
    methods: Sequence[str],
    *,
    predicted: Sequence[str],
    true: Sequence[str | None],
    arrays: dict[str, np.ndarray] | None = None,
    layer: str = "",
    target: str = "",
    **key_values: str,
) -> None:
    """Store the maps of samples, of the predicted class unless `target` names another. key_values:
    further ones of the key, as ``weights="last"``."""
    for method in methods:
        for sample, guess, label in zip(samples, predicted, true, strict=True):
            key = {
                "method": method,
                "layer": layer or LAYERS.get(method, ""),
                "sample": sample,
                "target": target or guess,
                **key_values,
                "provenance": {
                    "checkpoint_sha256": "c0ffee",
                    "epoch": 5,
                    "seed": 3,
                    "output": "logit",
                    "options": {"samples": 200} if method == "lime" else {},
                    "signed": EXPLANATION_METHODS[method],
                    "probability": 0.7 if guess == (target or guess) else 0.05,
                    "predicted": guess,
                    "true": label,
                    "extras": {"r2": 0.5 + CLASS_NAMES.index(guess) / 100}
                    if method == "lime"
                    else {},
                    "versions": {},
                },
            }
            found = values(run, method, sample, layer)
            array = (arrays or {}).get(f"{method} {sample}", found)
            store.add_tensor(run, TensorRecord(EXPLANATION, array, **key))
            if method == "lime":
                store.add_tensor(run, TensorRecord(SEGMENTS, GRID, **key))
                of_segments = weights(run, sample)
                store.add_tensor(run, TensorRecord(SEGMENT_WEIGHTS, of_segments, **key))
