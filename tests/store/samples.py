"""What tests of the store put into it: a small data set with twins, epochs, predictions."""

import numpy as np

from fer_core.fingerprints import dataset_fingerprint, split_fingerprint
from fer_core.records import DatasetArrays, Epoch, Predictions, SplitArrays
from fer_core.store import RunStore

COUNTS = {"train": 40, "validation": 12, "test": 10}
# test:0 is the same picture as train:3, test:1 as train:30, validation:2 as train:3.
TWINS = {("test", 0): 3, ("test", 1): 30, ("validation", 2): 3}


def make_arrays(seed: int = 0, *, regions: bool = True, unlabelled: str = "") -> DatasetArrays:
    rng = np.random.default_rng(seed)
    splits: dict[str, SplitArrays] = {}
    groups: dict[str, np.ndarray] = {}
    first = 0
    for name, count in COUNTS.items():
        images = rng.integers(0, 256, (count, 48, 48), dtype=np.uint8)
        groups[name] = np.arange(first, first + count, dtype=np.int32)
        first += count
        for (split, index), train_index in TWINS.items():
            if split == name:
                images[index] = splits["train"].images[train_index]
                groups[name][index] = groups["train"][train_index]
        labels = rng.integers(0, 7, count).astype(np.int8)
        if name == unlabelled:
            labels[:] = -1
        splits[name] = SplitArrays(
            images=images,
            labels=labels,
            names=tuple(f"{name}/{index:03}.png" for index in range(count)),
            regions=rng.integers(0, 7, images.shape, dtype=np.uint8) if regions else None,
        )
    fingerprints = {name: split_fingerprint(s.images, s.labels) for name, s in splits.items()}
    return DatasetArrays(
        form="synthetic",
        splits=splits,
        identical_groups=groups,
        near_groups=groups,
        flags={name: np.zeros(count, np.uint16) for name, count in COUNTS.items()},
        fingerprints=fingerprints,
        fingerprint=dataset_fingerprint(fingerprints),
        synthetic=True,
    )


def make_epoch(number: int, validation_accuracy: float = 0.5, **values: object) -> Epoch:
    return Epoch(number, 1.5, 0.4, 1.6, validation_accuracy, 2.0, **values)  # type: ignore[arg-type]


def make_predictions(
    store: RunStore, run_id: str, split: str, classes: np.ndarray | None = None, **values: object
) -> Predictions:
    """Predictions that give probability 0.7 to `classes`, by default the right ones."""
    judged = store.evaluation_split(run_id, split, needs_labels=False)
    chosen = np.maximum(judged.labels, 0) if classes is None else classes
    probabilities = np.full((len(judged.labels), 7), 0.05, np.float32)
    probabilities[np.arange(len(chosen)), chosen] = 0.7
    settings = {
        "split": split,
        "weights": "best",
        "averaging": "none",
        "probabilities": probabilities,
        "epoch": 3,
        "checkpoint_sha256": "c0ffee",
        "fingerprint": judged.fingerprint,
    }
    return Predictions(**{**settings, **values})  # type: ignore[arg-type]
