"""How fine the pattern of an image is: where, between coarse and fine, its energy lies."""

import numpy as np

# Edges of the bands in cycles a pixel: halves, so that a band's stripes are half as wide as those
# of the band before. In 48 pixels they are 3, 6, 12 and 24 stripes. The last band also holds the
# diagonals above half a cycle a pixel.
BANDS = (0.0, 1 / 16, 1 / 8, 1 / 4, 1.0)
# The same for people: what a bright and a dark stripe take together.
BAND_NAMES = ("over 16 px", "8 to 16 px", "4 to 8 px", "up to 4 px")


def energy_by_frequency(images: np.ndarray) -> np.ndarray:
    """Return the share of each image's energy in each of BANDS: (..., 4) float64, sums to 1.

    images: (..., H, W), any real values. The energy is the squared amplitude of the
    two-dimensional spectrum without its mean, so brightness and contrast do not count; a band is a
    ring around zero frequency, lower edge included. A flat image has no energy: NaN. White noise
    has a fifth of its energy outside the last band, as the last ring is the largest.
    """
    images = np.asarray(images, np.float64)
    height, width = images.shape[-2:]
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    band = np.digitize(frequency, BANDS[1:-1])
    centred = images - images.mean((-2, -1), keepdims=True)
    energy = np.abs(np.fft.fft2(centred)) ** 2
    energy[..., 0, 0] = 0  # what rounding leaves of the mean
    bands = [energy[..., band == number].sum(-1) for number in range(len(BANDS) - 1)]
    shares = np.stack(bands, -1)
    # What rounding leaves of a flat image is no pattern.
    least = height * width * (1e-12 * np.abs(images).max((-2, -1), initial=0)) ** 2
    total = shares.sum(-1, keepdims=True)
    return np.divide(
        shares, total, out=np.full_like(shares, np.nan), where=total > least[..., None]
    )
