"""A layer's filters as a grid of small images, one picture, for each figure that shows them all."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np

from fer_core.errors import InputError
from fer_core.figures import text
from fer_core.figures.draw_tiles import Sheet
from fer_core.figures.options import one_of, whole
from fer_core.figures.wanted_maps import named

PER_ROW, MOST_PER_ROW = 16, 64
INDEX, ACTIVATION, SIMILARITY = "index", "activation", "similarity"
ON, OFF = "on", "off"


def grid(
    tiles: np.ndarray,
    per_row: int,
    hover: Sequence[str],
    *,
    title: str = "",
    captions: Sequence[str] = (),
    clicks: Sequence[Any] = (),
    framed: bool = False,
) -> Sheet:
    """Return tiles (N, 48, 48) or (N, 48, 48, 3) uint8 as a sheet, row by row, with a text for
    each; the last row may be short."""
    columns = min(per_row, len(tiles))
    rows = ceil(len(tiles) / columns)
    lacking = rows * columns - len(tiles)
    blank = np.full((lacking, *tiles.shape[1:]), 255, np.uint8)
    shape = (rows, columns)
    return Sheet(
        np.concatenate([tiles, blank]).reshape(*shape, *tiles.shape[1:]),
        np.arange(rows * columns).reshape(shape) < len(tiles),
        [*hover, *[""] * lacking],
        title=title,
        captions=[*captions, *[""] * lacking] if captions else (),
        framed=framed,
        clicks=[*clicks, *[None] * lacking] if clicks else (),
    )


def short(value: float) -> str:
    """Write an activation in about four characters: more do not fit below an image of 5 mm."""
    size = abs(value)
    if size >= 9999.5:
        return text.compact(value)
    if 0 < value < 0.005:
        return "<.01"
    digits = 0 if size >= 99.95 else 1 if size >= 9.995 or value < 0 else 2
    return f"{value:.{digits}f}" if value else "0"


def per_row_of(value: Any) -> int:
    """Read the option `per_row`."""
    return whole("per_row", value, 1, MOST_PER_ROW)


def switch(option: str, value: str) -> bool:
    """Read an option that is ``on`` or ``off``."""
    one_of(option, value, (ON, OFF))
    return value == ON


def numbers(chosen: str) -> list[int]:
    """Read ``0,3,17``; [] for ""."""
    return [whole("filter", part, 0, 1_000_000) for part in named(chosen)]


def places(chosen: Sequence[int], there: np.ndarray, of: str) -> np.ndarray:
    """Return where the chosen filters lie among those that are there, (N,) int64; all for []."""
    if not chosen:
        return np.arange(len(there))
    known = {int(number): place for place, number in enumerate(there)}
    for number in chosen:
        if number not in known:
            raise InputError(
                f"no filter {number} is stored of {of}; there are {len(there)}, "
                f"{there[0]} to {there[-1]}"
            )
    return np.array([known[number] for number in chosen])
