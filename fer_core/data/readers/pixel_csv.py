"""A row an image: ``fer2013.csv``, ``icml_face_data.csv``, ``train.csv``, ``test.csv``.

The columns, in any order, say which form it is; LAYOUTS lists them. Images are in the order of
the rows; a sample's name is ``row 0`` for the first, or its id where the file has ids. Numbers of
classes are the official ones.
"""

from array import array
from collections import Counter
from typing import NamedTuple

import numpy as np

from fer_core.data.classes import LEFT_OUT, Classes, UnknownClassError
from fer_core.data.readers import Progress, Read, Reader, ReadOptions
from fer_core.data.readers.csv_rows import (
    CHANGED,
    Row,
    WrongRowError,
    headers,
    rows,
    shown,
    wrong_row,
)
from fer_core.data.readers.decoding import left_out
from fer_core.data.readers.pixel_text import PIXELS, pixels_of
from fer_core.data.readers.split_names import OFFICIAL, SPLITS
from fer_core.data.sources import Source, refused
from fer_core.records import IMAGE_SIZE, TEST, TRAIN, UNLABELLED, SplitArrays

MOST_ROWS = 1_000_000
_SHORTEST_ROW = 2 * PIXELS
_LONGEST_ID = 100
_STEP = 256  # rows between two words on progress


class Layout(NamedTuple):
    """Columns by what they hold; split: of all rows, empty where the column `usage` tells."""

    form: str
    split: str
    pixels: str
    label: str = ""
    usage: str = ""
    id: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns."""
        return tuple(filter(None, (self.pixels, self.label, self.usage, self.id)))


LAYOUTS = (
    Layout("fer2013-csv", "", "pixels", label="emotion", usage="usage"),
    Layout("challenge-csv", TRAIN, "pixels", label="emotion"),
    Layout("challenge-csv", TEST, "pixels"),
    Layout("course-csv", TRAIN, "feature", label="label"),
    Layout("course-csv", TEST, "feature", id="id"),
)
_BY_COLUMNS = {tuple(sorted(layout.columns)): layout for layout in LAYOUTS}


def recognises(source: Source, _options: ReadOptions) -> bool:
    """Say whether the source is, or holds, files with the columns of one of LAYOUTS."""
    return bool(_layouts(source))


def _layouts(source: Source) -> dict[str, Layout]:
    layouts = {m: _BY_COLUMNS.get(tuple(sorted(header))) for m, header in headers(source).items()}
    return {member: layout for member, layout in layouts.items() if layout}


def read(source: Source, options: ReadOptions, progress: Progress) -> Read:
    """Read all rows, one at a time; memory holds the pixels and one line."""
    layouts = _layouts(source)
    form = _one_form(source, layouts)
    labels = _Labels(Classes.parse(options.classes).with_official_numbers())
    total, before = sum(map(source.size, layouts)), 0
    splits: dict[str, _Filling] = {}
    for member, layout in layouts.items():
        size = source.size(member)
        number = -1
        for number, row in enumerate(rows(source, member, layout.columns)):
            if number == MOST_ROWS:
                reason = f"more than {MOST_ROWS:,} rows; import a part of them"
                raise refused(source, reason, member)
            try:
                _add(row, layout, labels, splits, size)
            except WrongRowError as wrong:
                raise wrong_row(source, member, row, wrong) from None
            if number % _STEP == 0:
                progress(min(before + row.read, total), total)
        if number < 0:
            raise refused(source, "a header, but no rows; download it again", member)
        before += size
    progress(total, total)
    arrays = {split: splits[split].arrays() for split in SPLITS if split in splits}
    return Read(form, arrays, left_out(labels.dropped))


def _one_form(source: Source, layouts: dict[str, Layout]) -> str:
    """Return the form of one file, or of a train and a test file that belong together."""
    first, *others = layouts
    for other in others:
        pair = layouts[first], layouts[other]
        if pair[0].form != pair[1].form or pair[0].split == pair[1].split or len(others) > 1:
            wanted = f"name one of them: {source.path / first}"
            raise refused(source, f"'{first}' and '{other}' both hold images; {wanted}")
    return layouts[first].form


class _Labels:
    """From texts to indices; dropped: how many rows of which class are left out."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._known: dict[bytes, int] = {}
        self.dropped: Counter[str] = Counter()

    def index(self, text: bytes) -> int:
        index = self._known.get(text)
        if index is None:
            try:
                index = self._classes.index(text.decode("utf-8", "backslashreplace"))
            except UnknownClassError as error:
                raise WrongRowError(str(error)) from None
            self._known[text] = index
        if index == LEFT_OUT:
            self.dropped[text.decode()] += 1
        return index


class _Filling:
    """A split that fills up; of its memory the rows that do not come are never touched."""

    def __init__(self, most: int) -> None:
        self._images = np.empty((most, PIXELS), np.uint8)
        self._labels = array("b")
        self._names: dict[str, None] = {}

    def add(self, name: str, label: int, pixels: np.ndarray) -> None:
        count = len(self._labels)
        if count == len(self._images):
            raise WrongRowError(CHANGED)
        if name in self._names:
            raise WrongRowError(f"id {name!r} is there twice; correct the row")
        self._images[count] = pixels
        self._labels.append(label)
        self._names[name] = None

    def arrays(self) -> SplitArrays:
        images = self._images[: len(self._labels)].reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
        return SplitArrays(images, np.array(self._labels, np.int8), tuple(self._names))


def _add(row: Row, layout: Layout, labels: _Labels, splits: dict[str, _Filling], size: int) -> None:
    fields = dict(zip(layout.columns, row.fields, strict=True))
    split = layout.split or _split_of_usage(fields[layout.usage])
    label = labels.index(fields[layout.label]) if layout.label else UNLABELLED
    if label == LEFT_OUT:
        return
    name = _id(fields[layout.id]) if layout.id else f"row {row.number}"
    pixels = pixels_of(fields[layout.pixels])
    if split not in splits:
        splits[split] = _Filling(min(size // _SHORTEST_ROW, MOST_ROWS) + 1)
    splits[split].add(name, label, pixels)


def _split_of_usage(usage: bytes) -> str:
    split = OFFICIAL.get(usage.decode("utf-8", "backslashreplace"))
    if not split:
        raise WrongRowError(f"Usage is {shown(usage)}; use {', '.join(OFFICIAL)}")
    return split


def _id(text: bytes) -> str:
    name = text.decode("utf-8", "backslashreplace")
    if not name or not name.isprintable() or len(name) > _LONGEST_ID:
        raise WrongRowError(f"id {shown(text)}; use up to {_LONGEST_ID} printable characters")
    return name


READER = Reader(
    "a csv emotion,pixels,Usage (or emotion,pixels; pixels; label,feature; id,feature)",
    recognises,
    read,
)
