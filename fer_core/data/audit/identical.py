"""Groups of images with the same bytes."""

import hashlib
from collections.abc import Mapping

import numpy as np

from fer_core.records import TRAIN, SplitArrays


def identical_groups(splits: Mapping[str, SplitArrays]) -> dict[str, np.ndarray]:
    """Number all images so that two have the same number exactly when their bytes are equal.

    Returns (N,) int32 for each split; numbers count from 0 in the order in which pictures first
    appear, split after split. Bytes are compared by their BLAKE2b digests of 256 bits.
    """
    seen: dict[bytes, int] = {}

    def number(image: np.ndarray) -> int:
        return seen.setdefault(hashlib.blake2b(image.data, digest_size=32).digest(), len(seen))

    return {
        name: np.fromiter(
            map(number, np.ascontiguousarray(split.images)), np.int32, len(split.images)
        )
        for name, split in splits.items()
    }


def twins(groups: Mapping[str, np.ndarray], split: str, source: str = TRAIN) -> np.ndarray:
    """Say which images of a split have an identical twin in another; (N,) bool.

    groups: as `identical_groups` returns them. A source that is not there has no twins.
    """
    return np.isin(groups[split], groups.get(source, ()))
