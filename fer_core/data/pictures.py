"""Decoding pictures that nobody vouches for, and the face that a network sees of one.

A picture is JPEG, PNG, WebP or BMP, known by its first bytes. Its size is looked at before a
pixel is unpacked: at most LARGEST_FILE bytes, MOST_PIXELS pixels, LONGEST_SIDE pixels a side.
"""

import io
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
from PIL import (
    BmpImagePlugin,
    ExifTags,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from fer_core.data.sources import reason_of
from fer_core.records import IMAGE_SIZE

LARGEST_FILE = 2**25  # bytes
MOST_PIXELS = 2**26  # what phones and most cameras take; 256 MiB while it is decoded
LONGEST_SIDE = 2**14
# Larger pictures are decoded one at a time, or several threads would take gigabytes.
_SMALL = 2**22
_one_at_a_time = threading.Lock()
# A progressive JPEG has about ten scans. Each takes a walk through all pixels, but few bytes.
_MOST_SCANS = 100
_SCAN = re.compile(rb"\xff\xda\x00[\x08\x0a\x0c\x0e][\x01-\x04]")  # marker, length, components

# The classes are called directly: `Image.open` would look through all formats, and warn of bombs
# instead of letting us look at the size.
_FORMATS: dict[bytes, type[ImageFile.ImageFile]] = {
    b"\xff\xd8\xff": JpegImagePlugin.JpegImageFile,
    b"\x89PNG\r\n\x1a\n": PngImagePlugin.PngImageFile,
    b"RIFF": WebPImagePlugin.WebPImageFile,
    b"BM": BmpImagePlugin.BmpImageFile,
}
_MODES = ("L", "1", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
_INSTEAD = "replace it or take it out"

_Transpose = Image.Transpose
_UPRIGHT = {
    2: _Transpose.FLIP_LEFT_RIGHT,
    3: _Transpose.ROTATE_180,
    4: _Transpose.FLIP_TOP_BOTTOM,
    5: _Transpose.TRANSPOSE,
    6: _Transpose.ROTATE_270,
    7: _Transpose.TRANSVERSE,
    8: _Transpose.ROTATE_90,
}
_HOLDS_ORIENTATION = {"exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp"}


class PictureError(ValueError):
    """A picture that cannot be read; its text is the reason and the next step."""


def open_picture(data: bytes) -> Image.Image:
    """Decode a picture, upright as its EXIF orientation says.

    Returns an image of mode L or RGB, 8 bits a channel. Palettes and CMYK become RGB, black and
    white becomes L, transparency is dropped. Raises PictureError for anything but a JPEG, PNG,
    WebP or BMP within the limits, and for 16-bit grey. No warning of Pillow's escapes; but
    warnings belong to the whole process: several threads call `read_face` instead.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, load = _opened(data)
        return _pixels(load)


def grey_face(image: Image.Image) -> np.ndarray:
    """Return a picture as a network sees it, (48, 48) uint8.

    The centred square of the picture, in grey as ITU-R 601-2 weighs it (.299 red, .587 green,
    .114 blue), resized by Pillow's bicubic filter, which widens with the reduction and so does
    not alias. A picture of 48x48 is not resampled: a grey one keeps its bytes.
    """
    grey = image if image.mode == "L" else image.convert("L")
    width, height = grey.size
    if width != height:
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        grey = grey.crop((left, top, left + side, top + side))
    if grey.size != (IMAGE_SIZE, IMAGE_SIZE):
        grey = grey.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC)
    return np.frombuffer(grey.tobytes(), np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE)


def read_face(data: bytes) -> np.ndarray:
    """Return the face of a picture's bytes as `grey_face` makes it; raises PictureError.

    For many pictures, and from any thread: the caller has told Python to ignore warnings.
    """
    (width, height), load = _opened(data)
    with _one_at_a_time if width * height > _SMALL else nullcontext():
        return grey_face(_pixels(load))


def _opened(data: bytes) -> tuple[tuple[int, int], Callable[[], Image.Image]]:
    """Return width and height, checked, and what opens the picture; no pixel is unpacked."""
    kind = next((kind for magic, kind in _FORMATS.items() if data.startswith(magic)), None)
    if kind is None:
        what = "not a JPEG, PNG, WebP or BMP picture" if data else "empty"
        raise PictureError(f"{what}; {_INSTEAD}")
    if len(data) > LARGEST_FILE:
        raise PictureError(f"{len(data):,} bytes, more than {LARGEST_FILE:,}; make it smaller")
    if kind is WebPImagePlugin.WebPImageFile:  # it allocates its canvas when it is opened
        size = _webp_size(data)
        _check_size(size)
        return size, lambda: kind(io.BytesIO(data))
    if kind is JpegImagePlugin.JpegImageFile and len(_SCAN.findall(data)) > _MOST_SCANS:
        raise PictureError(f"a JPEG of more than {_MOST_SCANS} scans; save it again")
    with _damage_named():
        image = kind(io.BytesIO(data))
    _check_size(image.size)
    return image.size, lambda: image


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise PictureError("does not fit in memory; make it smaller") from None
    except Exception as error:  # Pillow raises whatever a broken file leads it to
        raise PictureError(f"a damaged picture ({reason_of(error)}); {_INSTEAD}") from None


def _pixels(load: Callable[[], Image.Image]) -> Image.Image:
    with _damage_named():
        image = load()
        if image.mode in _MODES:
            return _plain(image)
    raise PictureError(f"pixels of mode {image.mode}; save it as 8-bit grey")


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if min(size) < 1 or max(size) > LONGEST_SIDE or width * height > MOST_PIXELS:
        limits = f"{MOST_PIXELS // 10**6} million pixels and {LONGEST_SIDE:,} a side"
        raise PictureError(f"{width}x{height} pixels; resize it to at most {limits}")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Return the size of the canvas, from the file's first chunk (RFC 9649, sections 2.5 to 2.7).

    What is no such chunk has the size 1x1: libwebp refuses it.
    """
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8X" and len(body) == 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(body) == 10:
        return (
            int.from_bytes(body[6:8], "little") & 0x3FFF,
            int.from_bytes(body[8:10], "little") & 0x3FFF,
        )
    return 1, 1


def _plain(image: Image.Image) -> Image.Image:
    """Return the pixels, upright, in mode L or RGB."""
    image.load()
    method = _UPRIGHT.get(_orientation(image))
    if image.mode in ("P", "PA"):
        # By way of RGBA, or a palette's transparency would make Pillow warn.
        image = image.convert("RGBA")
    if image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode in ("1", "LA") else "RGB")
    return image if method is None else image.transpose(method)


def _orientation(image: Image.Image) -> int:
    if not image.info.keys() & _HOLDS_ORIENTATION:
        return 1
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # what is wrong with a note beside the picture is not wrong with its pixels
        return 1
