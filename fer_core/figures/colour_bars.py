"""Scales of colours below pictures of explanations: what white and the strongest colours mean."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fer_core.figures import palette, text
from fer_core.figures.canvas import Canvas
from fer_core.translation import Translate

_STEPS = 128


class Bar(NamedTuple):
    """A scale of colours. pixels: (1, W, 3) uint8; ends: what its left end, its middle and its
    right end stand for."""

    pixels: np.ndarray
    ends: tuple[str, str, str]


def bars(kinds: Sequence[bool], _: Translate) -> list[Bar]:
    """Return the scales of unsigned (False) and signed (True) maps, each that is there once."""
    ends = {False: ("0", "", _("strong")), True: (_("against the class"), "0", _("for the class"))}
    return [
        Bar(palette.colours(np.linspace(-signed, 1, _STEPS)[None], signed=signed), ends[signed])
        for signed in sorted(set(kinds))
    ]


def signed_values(_: Translate) -> Bar:
    """Return the scale of values below and above 0."""
    pixels = palette.colours(np.linspace(-1, 1, _STEPS)[None], signed=True)
    return Bar(pixels, (_("negative"), "0", _("positive")))


def height(canvas: Canvas) -> float:
    """Return what bars and their ends take, in px."""
    return 1.1 * canvas.em + canvas.line


def add(canvas: Canvas, shown: Sequence[Bar], corner: tuple[float, float]) -> None:
    """Draw the scales side by side from `corner` (left, top) on, their ends below them."""
    em = canvas.em
    left, top = corner
    room = (canvas.width - left) / max(1, len(shown))
    width = min(room - em, 17 * em)
    halves = []
    for bar in shown:
        outer = max(text.text_width(bar.ends[end], em) for end in (0, 2))
        halves.append(outer + text.text_width(bar.ends[1], em) / 2 + 0.6 * em)
    size = em * min(1, width / 2 / max(halves, default=1))
    for index, bar in enumerate(shown):
        x = left + index * room
        canvas.picture(bar.pixels, (x, top + 0.2 * em, width, 0.7 * em))
        places = ((x, "left"), (x + width / 2, "center"), (x + width, "right"))
        for label, (place, anchor) in zip(bar.ends, places, strict=True):
            if label:
                y = top + 1.1 * em + canvas.line / 2
                written = text.escape(label)
                canvas.note(written, place, y, xanchor=anchor, font={"size": size})
