"""SHA-256 fingerprints of images and labels: equal fingerprints mean the same pictures in order."""

import hashlib
from collections.abc import Mapping

import numpy as np


def split_fingerprint(images: np.ndarray, labels: np.ndarray) -> str:
    """Fingerprint one split.

    images: (N, H, W) uint8; labels: (N,) int8, -1 for unlabelled. The form in which the data
    came (archive, csv, folder) does not enter, the order of the images does.
    """
    if images.dtype != np.uint8:
        raise TypeError(f"images must be uint8, got {images.dtype}")
    digest = hashlib.sha256()
    digest.update(repr(images.shape).encode())
    digest.update(np.ascontiguousarray(images).data)
    digest.update(np.ascontiguousarray(labels, dtype=np.int8).data)
    return digest.hexdigest()


def dataset_fingerprint(splits: Mapping[str, str]) -> str:
    """Fingerprint a data set from its splits' names and fingerprints."""
    digest = hashlib.sha256()
    for name in sorted(splits):
        digest.update(f"{name}:{splits[name]}\n".encode())
    return digest.hexdigest()
