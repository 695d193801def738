import io
import struct
import threading
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from fer_core.data import pictures
from fer_core.data.pictures import PictureError, grey_face, open_picture, read_face

from .writers import encoded

PIXELS = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)
GREY = PIXELS[..., 0]


def refusal(data: bytes) -> str:
    with pytest.raises(PictureError) as caught:
        open_picture(data)
    message = str(caught.value)
    assert message.isprintable()
    assert "; " in message
    return message


@pytest.mark.parametrize("mode", ["L", "1", "LA", "P", "RGB", "RGBA"])
def test_png_of_every_mode_is_what_pillow_makes_grey(mode: str) -> None:
    image = Image.fromarray(PIXELS).convert(mode)
    expected = np.asarray((image.convert("RGB") if mode == "P" else image).convert("L"))
    opened = open_picture(encoded(image, "PNG"))
    assert opened.mode == ("L" if mode in ("L", "1", "LA") else "RGB")
    assert np.array_equal(grey_face(opened), expected)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_is_decoded_as_pillow_decodes_it(mode: str) -> None:
    content = encoded(Image.fromarray(PIXELS).convert(mode), "JPEG", quality=90)
    with Image.open(io.BytesIO(content)) as image:
        expected = image.convert("RGB") if mode == "CMYK" else image
        assert np.array_equal(grey_face(open_picture(content)), np.asarray(expected.convert("L")))


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGB"])
def test_bmp_of_every_mode_brings_back_its_pixels(mode: str) -> None:
    image = Image.fromarray(PIXELS).convert(mode)
    opened = open_picture(encoded(image, "BMP"))
    assert np.array_equal(np.asarray(opened.convert("RGB")), np.asarray(image.convert("RGB")))


def test_lossless_webp_brings_back_its_pixels_with_and_without_transparency() -> None:
    image = Image.fromarray(PIXELS)
    transparent = image.copy()
    transparent.putalpha(Image.fromarray(GREY))
    for content in (
        encoded(image, "WEBP", lossless=True),
        encoded(transparent, "WEBP", lossless=True, exact=True),
    ):
        opened = open_picture(content)
        assert (opened.mode, opened.size) == ("RGB", (48, 48))
        assert np.array_equal(np.asarray(opened), PIXELS)


def test_an_animation_is_its_first_picture() -> None:
    first, second = Image.fromarray(PIXELS), Image.fromarray(255 - PIXELS)
    for kind in ("WEBP", "PNG"):
        content = encoded(first, kind, save_all=True, append_images=[second], lossless=True)
        assert np.array_equal(np.asarray(open_picture(content)), PIXELS)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP"])
@given(seed=st.integers(0, 2**32 - 1))
def test_a_grey_picture_of_48_by_48_keeps_its_bytes_in_every_lossless_format(
    kind: str, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 48), dtype=np.uint8)
    content = encoded(Image.fromarray(pixels), kind, lossless=True)
    face = grey_face(open_picture(content))
    assert face.dtype == np.uint8
    assert np.array_equal(face, pixels)


def test_a_palette_with_transparency_is_read_without_a_warning() -> None:
    image = Image.fromarray(PIXELS).convert("P")
    content = encoded(image, "PNG", transparency=bytes(range(256)))
    assert np.array_equal(np.asarray(open_picture(content)), np.asarray(image.convert("RGB")))


def test_colour_becomes_grey_by_the_documented_weights() -> None:
    weighed = PIXELS @ np.array([0.299, 0.587, 0.114])
    assert np.abs(grey_face(Image.fromarray(PIXELS)) - weighed).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_upright_as_exif_says(kind: str, orientation: int) -> None:
    image = Image.fromarray(PIXELS[:32, :40])
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    content = encoded(image, kind, exif=exif, **options)
    with Image.open(io.BytesIO(content)) as stored:
        expected = ImageOps.exif_transpose(stored).convert("RGB")
    opened = open_picture(content)
    assert opened.size == ((32, 40) if orientation > 4 else (40, 32))
    assert np.array_equal(np.asarray(opened), np.asarray(expected))


def test_broken_exif_does_not_keep_the_pixels_away_and_warns_nobody() -> None:
    exif = (
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x02\0\xff\xff\xff\x7f\xff\xff\xff\x7f" * 3
    )
    content = encoded(Image.fromarray(PIXELS), "PNG", exif=exif)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(np.asarray(open_picture(content)), PIXELS)


def test_the_centred_square_is_kept() -> None:
    wide = np.zeros((48, 101), np.uint8)
    wide[:, 26:74] = GREY
    assert np.array_equal(grey_face(Image.fromarray(wide)), GREY)
    assert np.array_equal(grey_face(Image.fromarray(wide.T.copy())), GREY.T)


def test_reducing_does_not_alias() -> None:
    """Stripes finer than the result can show become grey, not stripes of another width."""
    stripes = np.zeros((480, 480), np.uint8)
    stripes[:, ::3] = 255
    face = grey_face(Image.fromarray(stripes))[4:-4, 4:-4]
    assert np.abs(face.astype(int) - 85).max() <= 6


def test_a_face_of_another_size_is_pillow_s_bicubic_one() -> None:
    large = Image.fromarray(PIXELS).resize((200, 200))
    expected = large.convert("L").resize((48, 48), Image.Resampling.BICUBIC)
    assert np.array_equal(grey_face(large), np.asarray(expected))


def png_of_size(width: int, height: int) -> bytes:
    header = bytearray(encoded(Image.fromarray(GREY), "PNG"))
    header[16:24] = struct.pack(">II", width, height)
    header[29:33] = struct.pack(">I", zlib.crc32(header[12:29]))
    return bytes(header)


def bmp_of_size(width: int, height: int) -> bytes:
    header = bytearray(encoded(Image.fromarray(GREY), "BMP"))
    header[18:26] = struct.pack("<II", width, height)
    return bytes(header)


def webp_of_size(width: int, height: int) -> bytes:
    """The simple lossy form, the simple lossless and the extended one all tell their size."""
    body = struct.pack("<I", 0) + (width - 1).to_bytes(3, "little")
    body += (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + body


@pytest.mark.parametrize("make", [png_of_size, bmp_of_size, webp_of_size])
def test_a_picture_s_size_is_checked_before_it_is_unpacked(
    make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_plain", lambda image: pytest.fail("it was decoded"))
    monkeypatch.setattr("PIL._webp.WebPAnimDecoder", lambda data: pytest.fail("it was decoded"))
    limits = "resize it to at most 67 million pixels and 16,384 a side"
    assert refusal(make(16_000, 16_000)) == f"16000x16000 pixels; {limits}"
    assert refusal(make(20_000, 2)) == f"20000x2 pixels; {limits}"


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 50}, {"exif": b"Exif\0\0II"}])
@pytest.mark.parametrize("size", [(48, 48), (1, 300), (2000, 3)])
def test_a_webp_tells_its_size_in_each_of_its_forms(
    options: dict[str, object], size: tuple[int, int]
) -> None:
    content = encoded(Image.new("RGB", size), "WEBP", **options)
    assert pictures._webp_size(content) == size


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    content = encoded(Image.fromarray(GREY), "JPEG", progressive=True)
    start = content.rindex(b"\xff\xda")
    bomb = content[:-2] + content[start:-2] * 100 + content[-2:]
    assert refusal(bomb) == "a JPEG of more than 100 scans; save it again"
    # What a telephone appends to a photo is no scan.
    motion = content + b"\xff\xda" * 1000
    assert np.array_equal(grey_face(open_picture(motion)), grey_face(open_picture(content)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty; replace it or take it out"),
        (b"GIF89a", "not a JPEG, PNG, WebP or BMP picture; replace it or take it out"),
        (b"\xff\xd8\xff\xe0", "a damaged picture ("),
        (b"BM", "a damaged picture ("),
        (b"RIFF", "a damaged picture ("),
        (b"RIFF\0\0\0\0WAVEfmt ", "a damaged picture ("),
        (encoded(Image.fromarray(GREY), "PNG")[:900], "a damaged picture ("),
        (encoded(Image.fromarray(GREY), "BMP")[:900], "a damaged picture ("),
        (encoded(Image.fromarray(GREY), "WEBP")[:900], "a damaged picture ("),
        (encoded(Image.fromarray(GREY), "JPEG")[:900], "a damaged picture ("),
        (encoded(Image.fromarray(GREY.astype(np.uint16)), "PNG"), "pixels of mode I;16; save it"),
        (png_of_size(0, 5), "a damaged picture ("),
    ],
)
def test_what_is_no_sound_picture_is_refused(data: bytes, reason: str) -> None:
    assert refusal(data).startswith(reason)


def test_a_file_too_large_is_refused() -> None:
    data = b"\xff\xd8\xff" + bytes(pictures.LARGEST_FILE)
    assert refusal(data) == "33,554,435 bytes, more than 33,554,432; make it smaller"


def test_large_pictures_are_decoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = most = 0
    lock = threading.Lock()

    def watched(load) -> Image.Image:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1
        return load()

    monkeypatch.setattr(pictures, "_pixels", watched)
    contents = {size: encoded(Image.new("L", (size, 2100)), "PNG") for size in (1000, 2000)}
    for size, expected in ((1000, {2, 3, 4}), (2000, {1})):
        most = 0
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(read_face, [contents[size]] * 8))
        assert most in expected


def test_a_picture_that_does_not_fit_in_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(image: Image.Image) -> Image.Image:
        raise MemoryError

    monkeypatch.setattr(pictures, "_plain", full)
    content = encoded(Image.fromarray(GREY), "PNG")
    assert refusal(content) == "does not fit in memory; make it smaller"
