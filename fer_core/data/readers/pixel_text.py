"""The text of an image: 2,304 numbers from 0 to 255 with blanks between them."""

import numpy as np

from fer_core.data.readers.csv_rows import WrongRowError, shown
from fer_core.records import IMAGE_SIZE

PIXELS = IMAGE_SIZE * IMAGE_SIZE


def pixels_of(text: bytes) -> np.ndarray:
    """Return the pixels, (2304,) uint8; raises WrongRowError for anything else."""
    # The fast way, for single blanks and up to three digits.
    padded = np.frombuffer(b"  " + text + b" ", np.uint8)
    digits = padded - 48  # of a blank: 240
    blanks = padded == 32
    ends = np.flatnonzero(blanks)[2:]  # behind each number
    if len(ends) == PIXELS and ((digits < 10) | blanks).all():
        lengths = np.diff(ends, prepend=1) - 1
        if lengths.min() > 0 and lengths.max() < 4:
            values = np.where(blanks, 0, digits).astype(np.uint16)
            hundreds = values[ends - 3] * (lengths == 3)
            numbers = values[ends - 1] + 10 * values[ends - 2] + 100 * hundreds
            if numbers.max() < 256:
                return numbers.astype(np.uint8)
    return _pixels_or_reason(text)


def _pixels_or_reason(text: bytes) -> np.ndarray:
    words = text.split()
    if len(words) != PIXELS:
        reason = f"{len(words):,} pixels instead of {PIXELS:,}; correct or remove the row"
        raise WrongRowError(reason)
    for place, word in enumerate(words):
        if not word.isdigit() or len(word) > 9 or int(word) > 255:
            reason = f"pixel {place} is {shown(word)}; use whole numbers from 0 to 255"
            raise WrongRowError(reason)
    return np.array([int(word) for word in words], np.uint8)
