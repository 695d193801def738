"""From findings to one number an image: a bit for each of AUDIT_FLAGS."""

import numpy as np

from fer_core.records import AUDIT_FLAGS, UNLABELLED


def flags_of(
    *,
    black: np.ndarray,
    flat: np.ndarray,
    text_like: np.ndarray,
    identical: np.ndarray,
    near: np.ndarray,
    labels: np.ndarray,
    splits: np.ndarray,
) -> np.ndarray:
    """Return (M,) uint16 for the M images of all splits, in the order of the splits.

    black, flat, text_like: (M,) bool; identical, near: (M,) int, the groups' numbers; labels:
    (M,) int8, -1 where unlabelled; splits: (M,) int, the split of each image. An unlabelled
    image is in no conflict.
    """
    everywhere, labelled = np.ones(len(labels), bool), labels != UNLABELLED
    found = {
        "black": black,
        "flat": flat,
        "text-like": text_like,
        "copy": _has_one_before(identical),
        "conflict": _differs_in_group(identical, labels, labelled),
        "near-copy": _has_one_before(near),
        "near-conflict": _differs_in_group(near, labels, labelled),
        "twin": _differs_in_group(identical, splits, everywhere),
    }
    flags = np.zeros(len(labels), np.uint16)
    for bit, kind in enumerate(AUDIT_FLAGS):
        flags |= found[kind].astype(np.uint16) << bit
    return flags


def _has_one_before(groups: np.ndarray) -> np.ndarray:
    before = np.ones(len(groups), bool)
    before[np.unique(groups, return_index=True)[1]] = False
    return before


def _differs_in_group(groups: np.ndarray, values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Say which images are in a group with different values, among those that count."""
    size = groups.max(initial=-1) + 1
    low, high = np.full(size, np.iinfo(np.int64).max), np.full(size, -1)
    np.minimum.at(low, groups[counts], values[counts])
    np.maximum.at(high, groups[counts], values[counts])
    return counts & (low < high)[groups]
