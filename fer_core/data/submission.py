"""The course's submission: a test file's images, and ``id,label`` for each."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from fer_core.data.formats import read
from fer_core.data.readers import Progress
from fer_core.data.sources import quoted
from fer_core.errors import InputError
from fer_core.records import TEST, SplitArrays

_ROW = re.compile(r"row (\d+)")


def read_test(path: Path, *, progress: Progress | None = None) -> SplitArrays:
    """Read the test split of any known form; its labels, if it has some, are of no use here."""
    splits = read(path, progress=progress).splits
    if TEST not in splits:
        found = ", ".join(splits)
        raise InputError(
            f"{quoted(path)}: no test images in it, only {found}; name the file or folder that "
            "holds them"
        )
    return splits[TEST]


def submission_ids(names: Sequence[str]) -> list[str]:
    """Return the ids of images by their source names.

    The number of a row (``row 0``), the number that is a picture's file name
    (``test_img/0007.jpg``: 7), else the name itself: a csv's own id. Where two would be the same,
    all are names.
    """
    ids = [_id(name) for name in names]
    return ids if len(set(ids)) == len(ids) else list(names)


def submission(names: Sequence[str], probabilities: np.ndarray) -> bytes:
    """Return the csv ``id,label``; probabilities: (N, 7). The label is the likeliest class's
    official number, the lowest one on ties."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "label"))
    writer.writerows(zip(submission_ids(names), probabilities.argmax(axis=1).tolist(), strict=True))
    return text.getvalue().encode()


def _id(name: str) -> str:
    if row := _ROW.fullmatch(name):
        return row[1]
    stem = PurePosixPath(name).stem
    if "/" in name and stem.isascii() and stem.isdigit():
        return str(int(stem))
    return name
