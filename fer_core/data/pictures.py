"""Decoding one image, with its size known before a pixel is unpacked."""

import io

import numpy as np
from PIL import Image, JpegImagePlugin, PngImagePlugin

from fer_core.data.sources import Source, reason_of, refused
from fer_core.records import IMAGE_SIZE

LARGEST_FILE = 2**20  # bytes; a 48x48 image takes a few thousand

# By their first bytes, never by name. The classes are called directly: `Image.open` would look
# through all formats, and warn of bombs instead of letting us look at the size.
_FORMATS = {
    b"\xff\xd8\xff": JpegImagePlugin.JpegImageFile,
    b"\x89PNG\r\n\x1a\n": PngImagePlugin.PngImageFile,
}
_MODES = ("L", "1", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")


def read_face(source: Source, member: str) -> np.ndarray:
    """Return a member's pixels, (48, 48) uint8.

    JPEG and PNG are decoded with Pillow; colour becomes grey as ITU-R 601-2 weighs it
    (.299 red, .587 green, .114 blue). Raises InputError for any other size, before decoding,
    and for what is no image.
    """
    data = source.read(member, LARGEST_FILE)
    kind = next((kind for magic, kind in _FORMATS.items() if data.startswith(magic)), None)
    if kind is None:
        what = "empty" if not data else "not a JPEG or PNG image"
        raise refused(source, f"{what}; replace it or take it out", member)
    try:
        # Pillow's decoders raise whatever a broken file leads them to.
        image = kind(io.BytesIO(data))
        if image.size == (IMAGE_SIZE, IMAGE_SIZE) and image.mode in _MODES:
            return np.frombuffer(_grey(image).tobytes(), np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE)
    except Exception as error:
        raise refused(
            source, f"a damaged image ({reason_of(error)}); replace it or take it out", member
        ) from None
    if image.size != (IMAGE_SIZE, IMAGE_SIZE):
        width, height = image.size
        reason = f"{width}x{height} pixels; this form holds {IMAGE_SIZE}x{IMAGE_SIZE}, resize it"
    else:
        reason = f"pixels of mode {image.mode}; save it as 8-bit grey"
    raise refused(source, reason, member)


def _grey(image: Image.Image) -> Image.Image:
    if image.mode == "L":
        image.load()
        return image
    # By way of RGBA, or a palette's transparency would make Pillow warn.
    return (image.convert("RGBA") if image.mode in ("P", "PA") else image).convert("L")
