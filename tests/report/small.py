"""A store so small that every number of a report can be worked out by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fer_core.ensembling import make_ensemble
from fer_core.fingerprints import dataset_fingerprint, split_fingerprint
from fer_core.records import (
    ADVERSARIAL,
    CLASS_IMAGES,
    EXPLANATION,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    ROBUSTNESS,
    SEGMENT_WEIGHTS,
    DatasetArrays,
    Epoch,
    Layer,
    Predictions,
    SplitArrays,
    TensorRecord,
)
from fer_core.store import RunStore

LABELS = np.array([0, 0, 0, 3, 3, 3, 3, 6, 6, 6], np.int8)  # of validation
SAYS = {
    "cnn": [0, 0, 3, 3, 3, 3, 3, 6, 6, 0],  # 8 of 10 right
    "dnn": [0, 3, 3, 3, 3, 3, 3, 3, 3, 6],  # 6; cnn alone has 1, 7 and 8, this one alone has 9
}
_PLAIN = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
CONVOLUTIONAL = (
    Layer(
        "conv1", "conv1", "Conv2d", (2, 48, 48), 20, 20, 0, 41_472,
        (1, 48, 48), {"kernel": (3, 3), **_PLAIN},
    ),
    Layer("norm1", "norm1", "BatchNorm2d", (2, 48, 48), 8, 4, 4, 0, (2, 48, 48)),
    Layer("relu1", "relu1", "ReLU", (2, 48, 48), 0, 0, 0, 0, (2, 48, 48)),
    Layer(
        "pool1", "pool1", "MaxPool2d", (2, 24, 24), 0, 0, 0, 0,
        (2, 48, 48), {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)},
    ),
    Layer("flatten1", "flatten1", "Flatten", (1152,), 0, 0, 0, 0, (2, 24, 24)),
    Layer("drop1", "drop1", "Dropout", (1152,), 0, 0, 0, 0, (1152,), {"rate": 0.5}),
    Layer("dense1", "dense1", "Linear", (7,), 8071, 8071, 0, 8064, (1152,)),
)  # fmt: skip
DENSE = (
    Layer("flatten1", "flatten1", "Flatten", (2304,), 0, 0, 0, 0, (1, 48, 48)),
    Layer("dense1", "dense1", "Linear", (7,), 16_135, 16_135, 0, 16_128, (2304,)),
)
RECIPE: dict[str, Any] = {
    "preset": "small", "optimizer": "adam", "learning_rate": 0.001, "batch_size": 4,
    "momentum": 0.9, "weight_decay": 0.0, "label_smoothing": 0.1, "schedule": "constant",
    "normalise": "dataset", "rotate": 12.0, "shift": 0.1, "seed": 0,
}  # fmt: skip
CONFIGS = {"cnn": {**RECIPE, "augment": "shift-flip"}, "dnn": {**RECIPE, "augment": "none"}}


def _arrays() -> DatasetArrays:
    """Validation 0 is train 0; train 1 is black; regions: the left half none, the right the mouth.
    Trained on: 8 Angry, 4 Happy, 8 Neutral."""
    rng = np.random.default_rng(0)
    labels = {
        "train": np.repeat([0, 3, 6], [8, 4, 8]).astype(np.int8),
        "validation": LABELS,
        "test": LABELS[:5],
    }
    regions = np.zeros((48, 48), np.uint8)
    regions[:, 24:] = 4
    splits = {
        name: SplitArrays(
            rng.integers(0, 256, (len(each), 48, 48), dtype=np.uint8),
            each,
            tuple(f"{name}-{index}" for index in range(len(each))),
            np.tile(regions, (len(each), 1, 1)),
        )
        for name, each in labels.items()
    }
    groups = {
        name: np.arange(100 * place, 100 * place + len(each), dtype=np.int32)
        for place, (name, each) in enumerate(labels.items())
    }
    groups["validation"][0] = groups["train"][0]
    flags = {name: np.zeros(len(each), np.uint16) for name, each in labels.items()}
    flags["train"][1] = 1  # black
    prints = {name: split_fingerprint(each.images, each.labels) for name, each in splits.items()}
    return DatasetArrays(
        "made-up", splits, groups, groups, flags, prints, dataset_fingerprint(prints), True
    )


def _history() -> list[Epoch]:
    return [
        Epoch(1, 2.0, 0.6, 1.9, 0.5, 10.0),
        Epoch(2, 1.5, 0.9, 1.4, 0.8, 30.0),
        Epoch(3, 1.0, 1.0, 1.6, 0.7, 20.0),
    ]


def _record(kind: str, array: Any, provenance: dict[str, Any], **key: str) -> TensorRecord:
    said = {"checkpoint_sha256": "c0ffee", "epoch": 2, "seed": 0, "options": {}, **provenance}
    return TensorRecord(kind, np.asarray(array, np.float32), **key, provenance=said)


def _explanations() -> list[TensorRecord]:
    """A saliency map that is 1 on the left half and 3 on the right, and one that is blank; LIME of
    two images."""
    halves = np.ones((48, 48))
    halves[:, 24:] = 3
    found = []
    for sample, array in (("validation:0", halves), ("validation:1", np.zeros((48, 48)))):
        said = {"predicted": "Angry", "true": "Angry", "extras": {}, "probability": 0.9}
        key = {"method": "saliency", "sample": sample, "target": "Angry"}
        found.append(_record(EXPLANATION, array, said, **key))
    for sample, true, r2 in (("validation:3", "Happy", 0.5), ("validation:9", "Neutral", 0.75)):
        said = {"predicted": "Happy", "true": true, "extras": {"r2": r2}, "probability": 0.9}
        key = {"method": "lime", "sample": sample, "target": "Happy"}
        found.append(_record(EXPLANATION, halves, said, **key))
        weights = np.ones(60 if true == "Happy" else 64)
        found.append(_record(SEGMENT_WEIGHTS, weights, said, **key))
    return found


def _filters() -> list[TensorRecord]:
    """Three filters: stripes of 6 pixels, the same again, a dead one."""
    stripes = np.sin(2 * np.pi * np.arange(48) / 6) * np.ones((48, 1))
    images = np.stack([[stripes, stripes], [stripes, stripes], [stripes * 0, stripes * 0]])
    said = {"filters": [0, 1, 2], "steps": [0, 20], "dead": [2]}
    key = {"layer": "conv1"}
    alike = np.array([[1, 0.99, 0], [0.99, 1, 0], [0, 0, 1]])
    values = [[0, 2], [0, 2], [0, 0]]
    return [
        _record(FILTERS, images, said, method="plain", **key),
        _record(FILTER_ACTIVATIONS, values, said, method="plain", **key),
        _record(FILTER_SIMILARITY, alike, {}, sample="train", **key),
    ]


def _made() -> list[TensorRecord]:
    """Class images, six of which are taken for their class; two attacks, one of which works."""
    shares = np.eye(7) * 0.9 + 0.01
    shares[1] = shares[0]
    at = {"before": [0.9, *[0.02] * 5, 0], "epsilon": 8.0}
    there = {**at, "after": [0.1, 0.9, *[0] * 5], "smallest_epsilon": 2.5, "true": "Angry"}
    not_there = {**at, "after": at["before"], "smallest_epsilon": None, "true": "Angry"}
    image = np.zeros((2, 48, 48))
    return [
        _record(
            CLASS_IMAGES, np.zeros((7, 48, 48)), {"probabilities": shares.tolist()},
            method="plain", sample="noise",
        ),
        _record(ADVERSARIAL, image, there, method="fgsm", sample="validation:0"),
        _record(ADVERSARIAL, image, not_there, method="fgsm", sample="validation:1"),
        _record(
            ROBUSTNESS, [[0, 0.8], [4, 0.2]], {"n": 10}, method="fgsm", sample="validation"
        ),
    ]  # fmt: skip


@contextmanager
def small_store(folder: Path) -> Iterator[RunStore]:
    """Runs: cnn and dnn, with predictions on validation (cnn on test, too); `both`, their
    ensemble; `bare`, which has nothing but a name."""
    with RunStore.open(folder / "runs.db") as store:
        store.add_dataset("made-up", _arrays())
        for name, layers in (("cnn", CONVOLUTIONAL), ("dnn", DENSE)):
            with store.start_run(
                name, config=CONFIGS[name], preset="small", data="made-up", layers=layers,
                parameters=sum(layer.parameters for layer in layers), epochs_planned=5,
                device="a CPU",
            ) as run:  # fmt: skip
                for epoch in _history():
                    run.add_epoch(epoch)
            for split in ("validation", "test") if name == "cnn" else ("validation",):
                judged = store.evaluation_split(run.id, split)
                said = np.array(SAYS[name])[: len(judged.labels)]
                shares = (np.eye(7) * 0.79 + 0.03)[said].astype(np.float32)
                store.add_predictions(
                    run.id,
                    Predictions(split, "best", "none", shares, 2, "c0ffee", judged.fingerprint),
                )
        store.add_tensors(store.run("cnn").id, [*_explanations(), *_filters(), *_made()])
        make_ensemble(store, ["cnn", "dnn"], name="both")
        with store.start_run("bare", config={}):
            pass
        store.set_leaderboard(store.run("cnn").id, public=0.68514, private=None)
        yield store
