"""Arrays as small pictures: grey levels for images of any range, maps of any size as large ones."""

import numpy as np

LOW, HIGH = 1, 99  # percentiles of an image that become black and white


def stretched(images: np.ndarray) -> np.ndarray:
    """Return images (..., H, W) as grey levels uint8: each from its own 1st to its 99th percentile,
    what lies beyond cut off; a flat one, or one with a value that is not finite, middle grey."""
    values = images.astype(np.float32)
    finite = np.isfinite(values).all(axis=(-2, -1), keepdims=True)
    values = np.where(finite, values, 0)
    low, high = np.percentile(values, (LOW, HIGH), axis=(-2, -1), keepdims=True)
    span = high - low
    share = np.divide(
        values - low, span, out=np.full(values.shape, 0.5, np.float64), where=span > 0
    )
    return np.rint(255 * share.clip(0, 1)).astype(np.uint8)


def enlarged(maps: np.ndarray, side: int) -> np.ndarray:
    """Return maps (..., h, w) as (..., side, side): each place the value of the nearest one."""
    rows, columns = (
        (np.arange(side) + 0.5) * size // side for size in (maps.shape[-2], maps.shape[-1])
    )
    return maps[..., rows.astype(int)[:, None], columns.astype(int)]
