from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_core.data.pictures import read_face
from fer_core.data.sources import SingleFile

from .writers import encoded

PIXELS = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)


def decoded(folder: Path, content: bytes) -> np.ndarray:
    path = folder / "face"
    path.write_bytes(content)
    return read_face(SingleFile(path), "face")


@pytest.mark.parametrize("mode", ["L", "1", "LA", "P", "RGB", "RGBA"])
def test_png_of_every_mode_is_what_pillow_makes_grey(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(PIXELS).convert(mode)
    expected = np.asarray((image.convert("RGB") if mode == "P" else image).convert("L"))
    assert np.array_equal(decoded(tmp_path, encoded(image, "PNG")), expected)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_is_decoded_as_pillow_decodes_it(tmp_path: Path, mode: str) -> None:
    content = encoded(Image.fromarray(PIXELS).convert(mode), "JPEG", quality=90)
    path = tmp_path / "face.jpg"
    path.write_bytes(content)
    with Image.open(path) as image:
        assert np.array_equal(decoded(tmp_path, content), np.asarray(image.convert("L")))


def test_a_palette_with_transparency_is_read_without_a_warning(tmp_path: Path) -> None:
    image = Image.fromarray(PIXELS).convert("P")
    content = encoded(image, "PNG", transparency=bytes(range(256)))
    expected = np.asarray(image.convert("RGB").convert("L"))
    assert np.array_equal(decoded(tmp_path, content), expected)


def test_the_format_is_found_by_content_and_not_by_name(tmp_path: Path) -> None:
    content = encoded(Image.fromarray(PIXELS).convert("L"), "PNG")
    (tmp_path / "face.jpg").write_bytes(content)
    assert read_face(SingleFile(tmp_path / "face.jpg"), "face.jpg").shape == (48, 48)
