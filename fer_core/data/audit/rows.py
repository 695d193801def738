"""The images of all splits as the rows of one table, without a copy of them."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import DTypeLike

BLOCK = 2048  # images looked at in one go: their floats fit a few megabytes


class Rows:
    """Images of several splits, numbered through in the order of the splits.

    images: for each split (N, 48, 48) uint8. `split_numbers`: (M,) int64, for each of the M rows
    the position of its split.
    """

    def __init__(self, images: Mapping[str, np.ndarray]) -> None:
        self._images = images
        counts = [len(each) for each in images.values()]
        self._starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.split_numbers = np.repeat(np.arange(len(counts)), counts)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def empty(self, dtype: DTypeLike) -> np.ndarray:
        """Return a column (M,) to be filled."""
        return np.empty(len(self), dtype)

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield all images in blocks, as (rows, (n, 48, 48) uint8)."""
        for start, images in zip(self._starts, self._images.values(), strict=False):
            for first in range(0, len(images), BLOCK):
                block = images[first : first + BLOCK]
                yield slice(int(start) + first, int(start) + first + len(block)), block

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Return the images of chosen rows: (n,) int -> (n, 48, 48) uint8."""
        taken = np.empty((len(rows), 48, 48), np.uint8)
        for number, images in enumerate(self._images.values()):
            here = np.flatnonzero(self.split_numbers[rows] == number)
            taken[here] = images[rows[here] - self._starts[number]]
        return taken

    def joined(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Put a column that is there by split, (N,) each, together: (M,)."""
        return np.concatenate([columns[name] for name in self._images])

    def split(self, column: np.ndarray) -> dict[str, np.ndarray]:
        """Take a column (M,) apart by split."""
        parts = np.split(column, self._starts[1:-1])
        return dict(zip(self._images, parts, strict=True))
