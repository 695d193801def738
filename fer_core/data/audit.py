"""What is wrong with a data set: flags and groups for every image, computed once, at import."""

import hashlib
from collections.abc import Mapping

import numpy as np

from fer_core.fingerprints import dataset_fingerprint, split_fingerprint
from fer_core.records import TRAIN, DatasetArrays, SplitArrays


def audited(
    form: str, splits: Mapping[str, SplitArrays], *, synthetic: bool = False
) -> DatasetArrays:
    """Put a data set together: its fingerprints, and what the audit finds in its images."""
    fingerprints = {
        name: split_fingerprint(split.images, split.labels) for name, split in splits.items()
    }
    groups = identical_groups(splits)
    return DatasetArrays(
        form=form,
        splits=splits,
        identical_groups=groups,
        near_groups=groups,
        flags={name: np.zeros(len(split.labels), np.uint16) for name, split in splits.items()},
        fingerprints=fingerprints,
        fingerprint=dataset_fingerprint(fingerprints),
        synthetic=synthetic,
    )


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
