"""What is wrong with a data set: so far, byte-identical images."""

from collections.abc import Mapping

import numpy as np

from fer_core.records import TRAIN, SplitArrays


def identical_groups(splits: Mapping[str, SplitArrays]) -> dict[str, np.ndarray]:
    """Number all images so that two have the same number exactly when their bytes are equal.

    Returns (N,) int32 for each split; numbers count from 0 in the order in which pictures first
    appear, split after split.
    """
    rows = [np.ascontiguousarray(s.images).reshape(len(s.images), -1) for s in splits.values()]
    seen: dict[bytes, int] = {}
    groups = {}
    for name, pixels in zip(splits, rows, strict=True):
        numbers = (seen.setdefault(row.tobytes(), len(seen)) for row in pixels)
        groups[name] = np.fromiter(numbers, np.int32, len(pixels))
    return groups


def twins(groups: Mapping[str, np.ndarray], split: str, source: str = TRAIN) -> np.ndarray:
    """Say which images of a split have an identical twin in another; (N,) bool."""
    return np.isin(groups[split], groups[source])
