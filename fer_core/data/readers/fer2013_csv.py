"""``fer2013.csv``: a row an image, with the columns emotion, pixels and Usage.

Images are in the order of the rows. Rows are counted from 0 below the header, as pandas does,
and blank lines are not counted: a sample's name is ``row 0`` for the first.
"""

from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple

import numpy as np

from fer_core.data.readers import Progress, Reader
from fer_core.data.sources import Source, quoted, refused
from fer_core.errors import InputError
from fer_core.records import IMAGE_SIZE, TEST, TRAIN, VALIDATION, SplitArrays

COLUMNS = ("emotion", "pixels", "usage")
PIXELS = IMAGE_SIZE * IMAGE_SIZE
_SPLITS = {"Training": TRAIN, "PublicTest": VALIDATION, "PrivateTest": TEST}
_LONGEST_LINE = 2**16  # bytes; the longest row of 2,304 pixels takes 9,250
_SHORTEST_ROW = 2 * PIXELS
MOST_ROWS = 1_000_000
_CHANGED = "it changed while it was read; import it again"
_MOST_FILES = 20  # among how many a csv is looked for
_STEP = 256  # rows between two words on progress


def header_of(source: Source, member: str) -> tuple[str, ...] | None:
    """Return a text file's first line as lower-case column names; None if it is no text."""
    with source.open(member) as file:
        return _header(file.readline(_LONGEST_LINE))


def _header(line: bytes) -> tuple[str, ...] | None:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    return tuple(name.strip(" \t\r\n\"'").lower() for name in text.split(","))


def recognises(source: Source) -> bool:
    """Say whether the source is, or holds, exactly one file with these columns in any order."""
    return len(_candidates(source)) == 1


def _candidates(source: Source) -> list[str]:
    if len(source.members) > _MOST_FILES:
        return []
    return [m for m in source.members if sorted(header_of(source, m) or ()) == sorted(COLUMNS)]


def read(source: Source, progress: Progress) -> Mapping[str, SplitArrays]:
    """Read all rows, one at a time; memory holds the pixels and one line."""
    member = _candidates(source)[0]
    size = source.size(member)
    # An upper bound; the memory of rows that do not come is never touched.
    images = np.empty((min(size // _SHORTEST_ROW, MOST_ROWS) + 1, PIXELS), np.uint8)
    labels, splits = bytearray(), bytearray()
    with source.open(member) as file:
        for count, row in enumerate(_rows(source, member, file)):
            if count == MOST_ROWS:
                raise refused(source, f"more than {MOST_ROWS:,} rows; import a part of them")
            if count == len(images):
                raise refused(source, _CHANGED)
            images[count] = row.pixels
            labels.append(row.label)
            splits.append(row.split)
            if count % _STEP == 0:
                progress(min(row.read, size), size)
    progress(size, size)
    if not labels:
        raise refused(source, "a header, but no rows; download it again")
    return _by_split(
        images[: len(labels)], np.frombuffer(labels, np.int8), np.frombuffer(splits, np.int8)
    )


class _Row(NamedTuple):
    label: int
    pixels: np.ndarray
    split: int  # its place in _SPLITS
    read: int  # bytes up to its end


class _Wrong(Exception):  # noqa: N818 - the reason, which lacks the row yet
    """What is wrong with a row."""


def _rows(source: Source, member: str, file: BinaryIO) -> Iterator[_Row]:
    line = file.readline(_LONGEST_LINE)
    header = _header(line) or ()
    if sorted(header) != sorted(COLUMNS):
        raise refused(source, _CHANGED)
    columns = [header.index(name) for name in COLUMNS]
    usages = {name.encode(): place for place, name in enumerate(_SPLITS)}
    read, row = len(line), 0
    for line_number in range(2, 2**62):
        line = file.readline(_LONGEST_LINE)
        if not line:
            return
        read += len(line)
        if not line.strip():
            continue
        try:
            fields = _fields(line)
            label, pixels, usage = (fields[column] for column in columns)
            if usage not in usages:
                raise _Wrong(f"Usage is {_shown(usage)}; use {', '.join(_SPLITS)}")
            yield _Row(_label(label), _pixels(pixels), usages[usage], read)
        except _Wrong as wrong:
            raise _row_error(source, member, row, line_number, str(wrong)) from None
        row += 1


def _row_error(source: Source, member: str, row: int, line: int, reason: str) -> InputError:
    inner = "" if source.path.name == member else member
    return refused(source, f"row {row} (line {line}): {reason}", inner)


def _fields(line: bytes) -> list[bytes]:
    if len(line) == _LONGEST_LINE:
        raise _Wrong(f"longer than {_LONGEST_LINE:,} bytes; a row has {PIXELS:,} pixels")
    if b"\0" in line:
        raise _Wrong("NUL bytes; the file is damaged, download it again")
    fields = [field.strip(b" \t\r\n\"'") for field in line.split(b",")]
    if len(fields) != len(COLUMNS):
        raise _Wrong(f"{len(fields)} fields instead of {len(COLUMNS)}; correct the row")
    return fields


def _label(text: bytes) -> int:
    if len(text) == 1 and text in b"0123456":
        return text[0] - ord("0")
    raise _Wrong(f"class {_shown(text)}; use 0 to 6")


def _pixels(text: bytes) -> np.ndarray:
    """Return 2,304 numbers as uint8; the fast way for single blanks and up to three digits."""
    padded = np.frombuffer(b"  " + text + b" ", np.uint8)
    digits = padded - 48  # of a blank: 240
    blanks = padded == 32
    ends = np.flatnonzero(blanks)[2:]  # behind each number
    if len(ends) == PIXELS and ((digits < 10) | blanks).all():
        lengths = np.diff(ends, prepend=1) - 1
        if lengths.min() > 0 and lengths.max() < 4:
            values = np.where(blanks, 0, digits).astype(np.uint16)
            hundreds = values[ends - 3] * (lengths == 3)
            numbers = values[ends - 1] + 10 * values[ends - 2] + 100 * hundreds
            if numbers.max() < 256:
                return numbers.astype(np.uint8)
    return _pixels_or_reason(text)


def _pixels_or_reason(text: bytes) -> np.ndarray:
    words = text.split()
    if len(words) != PIXELS:
        raise _Wrong(f"{len(words):,} pixels instead of {PIXELS:,}; correct or remove the row")
    for place, word in enumerate(words):
        if not word.isdigit() or len(word) > 9 or int(word) > 255:
            raise _Wrong(f"pixel {place} is {_shown(word)}; use whole numbers from 0 to 255")
    return np.array([int(word) for word in words], np.uint8)


def _shown(text: bytes) -> str:
    return f"'{quoted(text.decode('utf-8', 'backslashreplace'), 40)}'"


def _by_split(
    images: np.ndarray, labels: np.ndarray, splits: np.ndarray
) -> Mapping[str, SplitArrays]:
    result = {}
    for place, split in enumerate(_SPLITS.values()):
        rows = np.flatnonzero(splits == place)
        if not len(rows):
            continue
        # Rows of one split usually follow one another: then nothing is copied.
        whole = rows[-1] - rows[0] + 1 == len(rows)
        chosen = slice(rows[0], rows[-1] + 1) if whole else rows
        pixels = images[chosen].reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
        result[split] = SplitArrays(pixels, labels[chosen], tuple(f"row {row}" for row in rows))
    return result


READER = Reader("fer2013-csv", "a csv with the columns emotion,pixels,Usage", recognises, read)
