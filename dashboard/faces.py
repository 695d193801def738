"""Faces with what a model says about each, or with their names, as one block of HTML around one
image.

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
    class its name with a probability in 0..1; `link`: where a click on its picture leads, or ""."""

    title: str
    hint: str
    bars: tuple[tuple[str, float], ...]
    link: str = ""


class Answer(NamedTuple):
    """What a run says of a face: the run's name, the name of the class it takes the face for, and
    seven probabilities in 0..1."""

    run: str
    predicted: str
    shares: tuple[float, ...]


class Judged(NamedTuple):
    """One face with the answers of several runs: `title` (``validation:12``), `hint` (its source
    name), the name of its class; `link`: where its explanations are, or ""."""

    title: str
    hint: str
    true: str
    answers: tuple[Answer, ...]
    link: str = ""


class Tile(NamedTuple):
    """One face's texts without a model's: `title` (``train:12``), its class, and `name`, its
    source name or ""."""

    title: str
    label: str
    name: str = ""


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
    cards = [_card(face, index, true=true, predicted=predicted) for index, face in enumerate(faces)]
    return f'{_sheet(images, "faces")}<div class="faces">{"".join(cards)}</div>'


def judged(images: np.ndarray, faces: Sequence[Judged], classes: Sequence[str], link: str) -> str:
    """Return the HTML of a grid of faces, each with a column of bars for every run.

    images: (N, 48, 48) uint8, one for each of `faces`; classes: the names of the bars, in order;
    link: the words of the link to a face's explanations.
    """
    cards = []
    for index, face in enumerate(faces):
        title = escape(face.title)
        columns = "".join(_column(each, classes, face.true) for each in face.answers)
        leads = f'<a href="{escape(face.link)}">{escape(link)}</a>' if face.link else ""
        cards.append(
            f'<figure title="{escape(face.hint)}"><div>{_picture(title, index)}{leads}</div>'
            f"<figcaption><b>{title} · {escape(face.true)}</b><div>{columns}</div></figcaption>"
            "</figure>"
        )
    return f'{_sheet(images, "judged")}<div class="faces judged">{"".join(cards)}</div>'


def _column(answer: Answer, classes: Sequence[str], true: str) -> str:
    bars = "".join(
        _bar(name, share, true, answer.predicted)
        for name, share in zip(classes, answer.shares, strict=True)
    )
    return f"<section><h6>{escape(answer.run)}</h6>{bars}</section>"


def tiles(images: np.ndarray, groups: Sequence[tuple[str, Sequence[Tile]]]) -> str:
    """Return the HTML of small faces, each with its texts below.

    images: (N, 48, 48) uint8, one for each tile; groups: a heading, and the tiles that stand
    together under it. Without headings all stand in one row after another.
    """
    parts, first = [], 0
    for heading, members in groups:
        drawn = "".join(_tile(tile, first + index) for index, tile in enumerate(members))
        first += len(members)
        if heading:
            drawn = f"<section><h6>{escape(heading)}</h6><div>{drawn}</div></section>"
        parts.append(drawn)
    return f'{_sheet(images, "tiles")}<div class="tiles">{"".join(parts)}</div>'


def _sheet(images: np.ndarray, kind: str) -> str:
    """The style that puts all images behind the <i> of a block, of which each shows its own."""
    sheet = base64.b64encode(sprite(images)).decode("ascii")
    return f"<style>.{kind} i{{background-image:url(data:image/png;base64,{sheet})}}</style>"


def _tile(tile: Tile, index: int) -> str:
    title, name = escape(tile.title), f"<em>{escape(tile.name)}</em>" if tile.name else ""
    return (
        f"<figure>{_picture(title, index)}"
        f"<figcaption><b>{title}</b>{escape(tile.label)}{name}</figcaption></figure>"
    )


def _picture(title: str, index: int) -> str:
    """The face at `index` of the sheet; `title` is escaped."""
    row, column = divmod(index, COLUMNS)
    return (
        f'<i role="img" aria-label="{title}" '
        f'style="background-position:-{column * SIDE}px -{row * SIDE}px"></i>'
    )


def _card(face: Face, index: int, *, true: str, predicted: str) -> str:
    bars = "".join(_bar(name, share, true, predicted) for name, share in face.bars)
    title, hint = escape(face.title), escape(face.hint)
    picture = _picture(title, index)
    if face.link:
        picture = f'<a href="{escape(face.link)}">{picture}</a>'
    return f'<figure title="{hint}">{picture}<figcaption><b>{title}</b>{bars}</figcaption></figure>'


def _bar(name: str, share: float, true: str, predicted: str) -> str:
    marks = ("true " if name == true else "") + ("predicted" if name == predicted else "")
    return (
        f'<span class="{marks}" style="--share:{100 * share:.1f}%">'
        f"{escape(name)}<em>{100 * share:.0f}</em></span>"
    )
