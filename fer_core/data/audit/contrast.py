"""Images that hold nothing: black, or without contrast."""

import numpy as np

# In grey levels. Of FER2013, two images that are not black lie below (0.65 and 4.1); the others
# begin at 9.
FLAT_DEVIATION = 5.0


def black_and_flat(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Say which images are black, and which of the others are flat: two (n,) bool.

    images: (n, 48, 48) uint8. Black: every pixel is 0. Flat: the standard deviation of the
    pixels is below FLAT_DEVIATION.
    """
    brightest = images.max(axis=(1, 2), initial=0)
    deviation = images.std(axis=(1, 2), dtype=np.float32)
    return brightest == 0, (brightest > 0) & (deviation < FLAT_DEVIATION)
