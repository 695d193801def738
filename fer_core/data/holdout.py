"""The part of a training split that a run holds out for validation."""

import numpy as np


def held_out_indices(labels: np.ndarray, fraction: float, *, seed: int) -> np.ndarray:
    """Choose `fraction` of each class at random, at least one image of a class that has two.

    labels: (N,) int8. Returns sorted indices (K,) int32; the same seed gives the same images.
    """
    random = np.random.default_rng(seed)
    chosen = []
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        count = round(len(members) * fraction)
        if len(members) > 1:
            count = min(max(count, 1), len(members) - 1)
        chosen.append(members[:count])
    return np.sort(np.concatenate(chosen)).astype(np.int32)
