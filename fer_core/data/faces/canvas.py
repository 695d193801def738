"""Pixels in head coordinates, and the two ways in which the renderer changes them.

Masks are soft (0 to 1) and about a pixel wide at their edge, so that nothing needs to be drawn
larger and scaled down. Everything is float32, and works on a batch of faces.
"""

from dataclasses import dataclass

import numpy as np

from fer_core.data.faces.parameters import Faces
from fer_core.records import IMAGE_SIZE, REGION_NAMES

REST, BROWS, EYES, NOSE, MOUTH, CHEEKS, FOREHEAD = range(len(REGION_NAMES))


def edge(distance: np.ndarray, width: float | np.ndarray) -> np.ndarray:
    """Return a mask from a signed distance (negative inside) with an edge `width` wide."""
    mask = distance * (-1 / width)
    mask += 0.5
    return np.clip(mask, 0, 1, out=mask)


def hill(squared: np.ndarray) -> np.ndarray:
    """Return a smooth bump from a squared distance: 1 in the middle, 0 from 1 on."""
    bump = 1 - squared
    np.maximum(bump, 0, out=bump)
    return np.multiply(bump, bump, out=bump)


def _span(held: np.ndarray, axis: int) -> slice:
    """Return the slice from the first to the last true value, over an axis."""
    places = np.flatnonzero(held.any(axis=axis))
    return slice(places[0], places[-1] + 1) if len(places) else slice(0, 0)


@dataclass(frozen=True, eq=False)
class Canvas:
    """The pixels of n faces, or a box of them.

    grey: (n, rows, columns) float32; regions: uint8 of that shape; x, y: where each pixel lies
    on the upright head; u, v: where it lies on the face turned to a side, for features; pixel:
    (n, 1, 1), a pixel's size in head units.
    """

    grey: np.ndarray
    regions: np.ndarray
    x: np.ndarray
    y: np.ndarray
    u: np.ndarray
    v: np.ndarray
    pixel: np.ndarray

    @classmethod
    def of(cls, faces: Faces) -> "Canvas":
        """Return the backgrounds of these faces and their coordinates."""
        half = np.float32(IMAGE_SIZE / 2)
        pixels = np.arange(IMAGE_SIZE, dtype=np.float32) - (half - np.float32(0.5))
        across, down = pixels[None, None, :], pixels[None, :, None]
        grey = (faces.background + faces.background_x * (across / half)) + (
            faces.background_y * (down / half)
        )
        across, down = across - faces.shift_x, down - faces.shift_y
        cosine, sine = np.cos(faces.roll) / faces.scale, np.sin(faces.roll) / faces.scale
        x = across * cosine + down * sine
        y = down * cosine - across * sine
        # Features lie on a round head: turning it moves its middle most, its rim not at all.
        u = x - faces.yaw * np.maximum(1 - np.square(x / faces.head_width), 0)
        v = y - faces.pitch * np.maximum(1 - np.square(y), 0)
        return cls(grey, np.zeros(grey.shape, np.uint8), x, y, u, v, 1 / faces.scale)

    def box(self, u: tuple[float, float], v: tuple[float, float]) -> "Canvas":
        """Return the rows and columns that hold any pixel of these ranges, as views.

        One box serves the whole batch, so that drawing in it stays one step for all.
        """
        held = (self.u > u[0]) & (self.u < u[1]) & (self.v > v[0]) & (self.v < v[1])
        anywhere = np.logical_or.reduce(held, axis=0)
        box = (slice(None), _span(anywhere, 1), _span(anywhere, 0))
        return Canvas(
            grey=self.grey[box],
            regions=self.regions[box],
            x=self.x[box],
            y=self.y[box],
            u=self.u[box],
            v=self.v[box],
            pixel=self.pixel,
        )

    def paint(self, mask: np.ndarray, tone: float | np.ndarray) -> None:
        """Cover the canvas with a tone where the mask is 1."""
        layer = tone - self.grey
        layer *= mask
        np.add(self.grey, layer, out=self.grey)

    def darken(self, mask: np.ndarray, strength: float | np.ndarray) -> None:
        """Multiply the canvas by 1 - strength where the mask is 1; changes the mask."""
        mask *= strength
        np.subtract(1, mask, out=mask)
        np.multiply(self.grey, mask, out=self.grey)
