"""How much of an explanation falls on which part of the face, where the parts are known."""

import numpy as np

from fer_core.records import REGION_NAMES


def energy_by_region(maps: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Return the share of each map's absolute values in each region: (N, 7) float64, sums to 1.

    maps: (N, 48, 48) float; regions: (N, 48, 48) uint8 indices into REGION_NAMES. After the
    energy-based pointing game (Wang et al. 2020, "Score-CAM", section 4.3), with |value| for maps
    that have a sign. A map that is blank or not finite has no energy: NaN.
    """
    values = np.abs(np.where(np.isfinite(maps), maps, np.nan).astype(np.float64))
    sums = np.stack(
        [np.where(regions == number, values, 0).sum((1, 2)) for number in range(len(REGION_NAMES))],
        axis=1,
    )
    total = sums.sum(axis=1, keepdims=True)
    return np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)


def share_of_pixels(regions: np.ndarray) -> np.ndarray:
    """Return the share of the pixels in each region, which a map that favours no place has of its
    energy: (N, 48, 48) -> (N, 7) float64."""
    return np.stack([(regions == n).mean((1, 2)) for n in range(len(REGION_NAMES))], axis=1)
