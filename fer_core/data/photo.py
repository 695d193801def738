"""The faces of an ordinary photo, framed as FER2013 frames them.

The detector is OpenCV's cascade of boosted Haar features (Viola & Jones 2001, Lienhart & Maydt
2002), whose model is a file of its package: nothing is downloaded. FER2013 itself was cut out of
photos with OpenCV's detector (Goodfellow et al. 2013, "Challenges in Representation Learning"),
so that its boxes and the training images agree: a found box has about 0.95 of the training
image's side and the same centre (benchmarks/photo.py). The crop is the box widened to that side.
docs/photo.md compares other detectors.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from fer_core.data.pictures import LARGEST_FILE, PictureError, grey_face, open_picture
from fer_core.data.sources import quoted, reason_of
from fer_core.errors import InputError
from fer_core.records import IMAGE_SIZE

if TYPE_CHECKING:
    import cv2

CROPS = ("auto", "none")
BOX_OF_CROP = 0.95  # a found box's side as a share of the crop's
FILLS = 0.7  # a face whose box has this share of the longer side is the whole picture
_LONGEST = 1024  # pixels; a larger photo is searched reduced to this
_CASCADE = "haarcascade_frontalface_alt2.xml"


class Face(NamedTuple):
    """A face of a photo. pixels: (48, 48) uint8; box: the square that they show, as left, top
    and side in pixels of the upright photo."""

    pixels: np.ndarray
    box: tuple[int, int, int]


class Photo(NamedTuple):
    """A photo's faces from left to right; name: its file's, without folders, printable;
    sha256: of the file."""

    name: str
    sha256: str
    faces: tuple[Face, ...]


def read_photo(path: Path, *, crop: str = "auto") -> Photo:
    """Read a picture file and find its faces: see `photo_of`. Raises InputError."""
    try:
        if not path.is_file():
            reason = "not a file" if path.exists() else "no such file"
            raise InputError(f"{quoted(path)}: {reason}; name a picture file")
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = f"cannot be read: {reason_of(error)}; check its name and permissions"
        raise InputError(f"{quoted(path)}: {reason}") from None
    return photo_of(data, path.name, crop=crop)


def photo_of(data: bytes, name: str, *, crop: str = "auto") -> Photo:
    """Find the faces in a picture file's bytes.

    crop: ``auto`` finds every face; a picture of 48x48, or one that a face fills, is used as it
    is. ``none`` uses each picture as it is, that is, its centred square. Raises InputError for
    what is no picture, and for a photo in which no face is found.
    """
    if crop not in CROPS:
        raise InputError(f"crop is {crop!r}; use one of {', '.join(CROPS)}")
    name = quoted(name)
    try:
        picture = open_picture(data)
    except PictureError as error:
        raise InputError(f"{name}: {error}") from None
    if crop == "none" or picture.size == (IMAGE_SIZE, IMAGE_SIZE):
        boxes = [_centred_square(picture)]
    else:
        boxes = face_boxes(picture)
    if not boxes:
        raise InputError(
            f"{name}: no face found; if it shows one face and little else, take it as it is: "
            "--crop none"
        )
    faces = tuple(Face(grey_face(picture.crop(_corners(box))), box) for box in boxes)
    return Photo(name, hashlib.sha256(data).hexdigest(), faces)


def face_boxes(picture: Image.Image) -> list[tuple[int, int, int]]:
    """Return the crop of each face found, from left to right, as left, top and side in pixels.

    picture: upright, of mode L or RGB. The only crop is the picture's centred square where a
    face fills it. Raises InputError where the detector is not installed.
    """
    reduction = max(1.0, max(picture.size) / _LONGEST)
    width, height = (max(1, round(side / reduction)) for side in picture.size)
    searched = np.asarray(picture.convert("L").resize((width, height), Image.Resampling.BILINEAR))
    found = _cascade().detectMultiScale(
        searched, scaleFactor=1.1, minNeighbors=3, minSize=(IMAGE_SIZE, IMAGE_SIZE)
    )
    # The cascade gives squares, in an order that depends on its threads.
    squares = sorted((int(left), int(top), int(side)) for left, top, side, _ in found)
    if any(side >= FILLS * max(width, height) for _, _, side in squares):
        return [_centred_square(picture)]
    return [_crop(picture, square, reduction) for square in squares]


def _crop(
    picture: Image.Image, square: tuple[int, int, int], reduction: float
) -> tuple[int, int, int]:
    """Widen a found square and move it into the picture."""
    left, top, box = (value * reduction for value in square)
    side = min(round(box / BOX_OF_CROP), *picture.size)
    corner = [
        min(max(0, round(start + box / 2 - side / 2)), length - side)
        for start, length in zip((left, top), picture.size, strict=True)
    ]
    return corner[0], corner[1], side


def _centred_square(picture: Image.Image) -> tuple[int, int, int]:
    width, height = picture.size
    side = min(width, height)
    return (width - side) // 2, (height - side) // 2, side


def _corners(box: tuple[int, int, int]) -> tuple[int, int, int, int]:
    left, top, side = box
    return left, top, left + side, top + side


@cache
def _cascade() -> "cv2.CascadeClassifier":
    try:
        import cv2
        from cv2.data import haarcascades
    except ImportError:
        raise InputError(
            "finding faces needs a further package: pip install 'fer-lab[photo]'; or give "
            "pictures of one face each, with --crop none"
        ) from None
    return cv2.CascadeClassifier(haarcascades + _CASCADE)
