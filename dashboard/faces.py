"""Faces with what a model says about each, as one block of HTML around one image.

512 separate images take Streamlit five seconds and 512 requests; one sprite, cut by CSS, takes
one second and none. Every text is escaped here: names of samples come from other people's files.
"""

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from PIL import Image

COLUMNS = 16  # of the sprite
SIDE = 96  # pixels on screen: every pixel of a 48-pixel face becomes 2 x 2


class Face(NamedTuple):
    """One face's texts: `title` (``validation:12``), `hint` (its source name), and for every
    class its name with a probability in 0..1."""

    title: str
    hint: str
    bars: tuple[tuple[str, float], ...]


def sprite(images: np.ndarray) -> bytes:
    """Lay (N, 48, 48) uint8 images into one PNG, 16 a row."""
    count, height, width = images.shape
    rows = -(-count // COLUMNS)
    sheet = np.zeros((rows * COLUMNS, height, width), np.uint8)
    sheet[:count] = images
    pixels = sheet.reshape(rows, COLUMNS, height, width).swapaxes(1, 2)
    buffer = io.BytesIO()
    Image.fromarray(pixels.reshape(rows * height, COLUMNS * width)).save(buffer, "PNG")
    return buffer.getvalue()


def grid(images: np.ndarray, faces: Sequence[Face], *, true: str, predicted: str) -> str:
    """Return the HTML of a grid of faces, each with its bars.

    images: (N, 48, 48) uint8, one for each of `faces`; `true` and `predicted` name the bars to
    mark. Sizes and colours are in `style.CSS`.
    """
    sheet = base64.b64encode(sprite(images)).decode("ascii")
    cards = [_card(face, index, true=true, predicted=predicted) for index, face in enumerate(faces)]
    picture = f"<style>.faces i{{background-image:url(data:image/png;base64,{sheet})}}</style>"
    return f'{picture}<div class="faces">{"".join(cards)}</div>'


def _card(face: Face, index: int, *, true: str, predicted: str) -> str:
    row, column = divmod(index, COLUMNS)
    bars = "".join(_bar(name, share, true, predicted) for name, share in face.bars)
    title, hint = escape(face.title), escape(face.hint)
    return (
        f'<figure title="{hint}"><i role="img" aria-label="{title}" '
        f'style="background-position:-{column * SIDE}px -{row * SIDE}px"></i>'
        f"<figcaption><b>{title}</b>{bars}</figcaption></figure>"
    )


def _bar(name: str, share: float, true: str, predicted: str) -> str:
    marks = ("true " if name == true else "") + ("predicted" if name == predicted else "")
    return (
        f'<span class="{marks}" style="--share:{100 * share:.1f}%">'
        f"{escape(name)}<em>{100 * share:.0f}</em></span>"
    )
