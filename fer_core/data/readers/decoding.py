"""Many pictures into arrays, several at a time."""

import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from typing import NamedTuple

import numpy as np

from fer_core.data.pictures import LARGEST_FILE, PictureError, read_face
from fer_core.data.readers import Progress, Read
from fer_core.data.readers.split_names import SPLITS
from fer_core.data.sources import Source, refused
from fer_core.errors import InputError
from fer_core.records import IMAGE_SIZE, SplitArrays

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff")
_WORKERS = min(4, os.cpu_count() or 1)
# What one thread takes at a time: many small pictures, or a few photographs.
_MOST_PICTURES = 256
_MOST_BYTES = 2**22
# Below this many bytes a picture, Python's lock goes back and forth for longer than a second
# thread saves: FER2013's own pictures, of 1,600 bytes, would take twice as long.
_WORTH_A_THREAD = 6 * 2**10


class Picture(NamedTuple):
    """A member that is to be decoded; name: of the sample; label: 0 to 6, -1 for none."""

    member: str
    name: str
    split: str
    label: int


def read_pictures(
    form: str,
    source: Source,
    pictures: Iterable[Picture],
    progress: Progress,
    notes: tuple[str, ...] = (),
) -> Read:
    """Decode members into splits, each in the order of its samples' names.

    Raises InputError for the first member, in that order, that is no picture.
    """
    ordered = sorted(pictures, key=lambda picture: (SPLITS.index(picture.split), picture.name))
    faces = np.empty((len(ordered), IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    decode_faces(
        (source.read(picture.member, LARGEST_FILE) for picture in ordered),
        faces,
        lambda position, reason: refused(source, reason, ordered[position].member),
        progress,
    )
    splits, start = {}, 0
    for split, group in groupby(ordered, key=lambda picture: picture.split):
        members = list(group)
        splits[split] = SplitArrays(
            faces[start : start + len(members)],
            np.array([picture.label for picture in members], np.int8),
            tuple(picture.name for picture in members),
        )
        start += len(members)
    return Read(form, splits, notes)


def decode_faces(
    pictures: Iterable[bytes],
    faces: np.ndarray,
    failed: Callable[[int, str], InputError],
    progress: Progress,
) -> int:
    """Decode pictures into `faces`, (N, 48, 48) uint8, N at least their number; return that.

    The caller's thread reads, others decode large pictures: Pillow gives Python's lock away while
    it does. Raises `failed(position, reason)` for the first picture in order that cannot be
    decoded, or what reading them raised.
    """
    pending: deque[tuple[int, Future[None]]] = deque()

    def finish(most: int) -> None:
        while len(pending) > most:
            end, decoding = pending.popleft()
            try:
                decoding.result()
            except _Undecodable as error:
                raise failed(error.position, str(error)) from None
            progress(end, len(faces))

    end = 0
    with ThreadPoolExecutor(_WORKERS) as pool:
        for start, some, unread in _portions(pictures):
            end = start + len(some)
            run = pool.submit if _is_large(some) else _at_once
            pending.append((end, run(_decode, some, faces, start)))
            # Where reading fails, a picture before may still turn out to be the first bad one.
            finish(0 if unread or run is _at_once else _WORKERS)
            if unread:
                raise unread
        finish(0)
    return end


def _is_large(pictures: Sequence[bytes]) -> bool:
    return sum(map(len, pictures)) > len(pictures) * _WORTH_A_THREAD


def _at_once(function: Callable[..., None], *arguments: object) -> "Future[None]":
    """Do in this thread what an executor does in another."""
    future: Future[None] = Future()
    try:
        function(*arguments)
        future.set_result(None)
    except _Undecodable as error:
        future.set_exception(error)
    return future


class _Undecodable(Exception):  # noqa: N818 - a reason on its way between threads
    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position


def _portions(
    pictures: Iterable[bytes],
) -> Iterator[tuple[int, list[bytes], InputError | None]]:
    """Yield where a portion starts, its pictures, and for the last one what ended the reading."""
    some: list[bytes] = []
    start = size = 0
    unread: InputError | None = None
    try:
        for data in pictures:
            some.append(data)
            size += len(data)
            if len(some) == _MOST_PICTURES or size > _MOST_BYTES:
                yield start, some, None
                start, some, size = start + len(some), [], 0
    except InputError as error:
        unread = error
    if some or unread:
        yield start, some, unread


def _decode(pictures: Sequence[bytes], faces: np.ndarray, start: int) -> None:
    for position, data in enumerate(pictures, start):
        try:
            faces[position] = read_face(data)
        except PictureError as error:
            raise _Undecodable(position, str(error)) from None


def left_out(counts: Counter[str]) -> tuple[str, ...]:
    """Return a note for each class whose images were left out."""
    return tuple(
        f"class {name}: {count:,} {'image' if count == 1 else 'images'} left out"
        for name, count in sorted(counts.items())
    )
