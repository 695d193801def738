"""A perceptual hash of faces that knows what turning and mirroring an image does to it.

The hash is the one known as pHash (Zauner, "Implementation and Benchmarking of Perceptual Image
Hash Functions", 2010): a bit for each of 64 low frequencies of the image's cosine transform. Ours
compares them with 0 instead of their median, and takes the 64 lowest instead of a square of
them: to mirror or turn an image then negates bits or exchanges them.
"""

from typing import NamedTuple

import numpy as np
from scipy.fft import dct

from fer_core.records import IMAGE_SIZE

TURNS = 8  # the symmetries of a square, number 0 leaves it as it is
BITS = 64
FREQUENCIES = 12  # in each direction
# Below one, a coefficient is rounding: a difference of one grey level gives up to 24.
_SILENT = 1.0

_COSINES = dct(np.eye(IMAGE_SIZE), norm="ortho", axis=0)[:FREQUENCIES].astype(np.float32)
_SIGNS = ((-1.0) ** np.arange(FREQUENCIES)).astype(np.float32)
_FREQUENCY = np.hypot(*np.indices((FREQUENCIES, FREQUENCIES)))
# The lowest frequencies, without the mean.
_LOWEST = np.argsort(_FREQUENCY, axis=None, kind="stable")[1 : BITS + 1]
# What a gradient (times the frequency) of an image blurred by 3 pixels (a Gaussian again) weighs
# each with: finer structure does not survive a shift by a pixel.
BLUR = 3.0
_WEIGHT = _FREQUENCY * np.exp(-((np.pi / IMAGE_SIZE * BLUR * _FREQUENCY) ** 2) / 2)


class Transforms(NamedTuple):
    """What is compared of n images.

    gradients: (n, 12, 12) float32 of length 1, the cosine transform of the blurred image, each
    frequency times its distance from 0: their products are the correlations of the blurred
    images' gradients (Parseval); bits: the hash for each of the 8 turns, (8, n, 64) bool.
    """

    gradients: np.ndarray
    bits: np.ndarray


def transforms(images: np.ndarray) -> Transforms:
    """Transform images (n, 48, 48) uint8."""
    transformed = _COSINES @ images.astype(np.float32) @ _COSINES.T
    bits = [
        turn_transform(transformed, turn).reshape(len(images), -1)[:, _LOWEST] > _SILENT
        for turn in range(TURNS)
    ]
    gradients = transformed * _WEIGHT.astype(np.float32)
    lengths = np.linalg.norm(gradients, axis=(1, 2), keepdims=True)
    return Transforms(gradients / np.maximum(lengths, _SILENT), np.stack(bits))


def turn_image(images: np.ndarray, turn: int) -> np.ndarray:
    """Return images (..., 48, 48) mirrored and turned by 90 degrees: a symmetry, 0 to 7."""
    vertical, horizontal = -1 if turn & 1 else 1, -1 if turn & 2 else 1
    mirrored = images[..., ::vertical, ::horizontal]
    return mirrored.swapaxes(-1, -2) if turn & 4 else mirrored


def turn_transform(transformed: np.ndarray, turn: int) -> np.ndarray:
    """Return the cosine transform (..., 12, 12) of `turn_image`, given that of the image."""
    if turn & 1:
        transformed = transformed * _SIGNS[:, None]
    if turn & 2:
        transformed = transformed * _SIGNS
    return transformed.swapaxes(-1, -2) if turn & 4 else transformed
