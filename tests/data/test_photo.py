"""The faces of photos. The photo is scikit-image's own: NASA's portrait of Eileen Collins, 512 x
512, public domain, whose face is a square of about 97 pixels at (176, 67)."""

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut, camera

from fer_core.data import photo
from fer_core.data.photo import face_boxes, photo_of, read_photo
from fer_core.data.pictures import grey_face
from fer_core.errors import InputError

from .writers import encoded

LEFT, TOP, SIDE = 174, 64, 102  # of the crop: the face's square over 0.95


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    return Image.fromarray(astronaut())


def corners(box: tuple[int, int, int]) -> np.ndarray:
    left, top, side = box
    return np.array([left, top, left + side, top + side])


@pytest.mark.parametrize("side", [256, 512, 1200, 3000])
def test_a_face_is_found_whatever_the_photo_s_size(portrait: Image.Image, side: int) -> None:
    (box,) = face_boxes(portrait.resize((side, side)))
    expected = corners((LEFT, TOP, SIDE)) * side / 512
    assert np.abs(corners(box) - expected).max() <= 0.02 * side


def test_the_crop_is_the_square_of_the_box_as_the_network_sees_it(portrait: Image.Image) -> None:
    content = encoded(portrait, "PNG")
    found = photo_of(content, "portrait.png")
    assert (found.name, found.sha256) == ("portrait.png", hashlib.sha256(content).hexdigest())
    (face,) = found.faces
    left, top, side = face.box
    expected = portrait.crop((left, top, left + side, top + side)).convert("L")
    expected = expected.resize((48, 48), Image.Resampling.BICUBIC)
    assert face.pixels.dtype == np.uint8
    np.testing.assert_array_equal(face.pixels, np.asarray(expected))


def test_the_crop_is_wider_than_the_found_box_by_the_documented_margin(
    portrait: Image.Image,
) -> None:
    found = photo._cascade().detectMultiScale(
        np.asarray(portrait.convert("L")), scaleFactor=1.1, minNeighbors=3, minSize=(48, 48)
    )
    left, top, box, _ = (int(value) for value in found[0])
    (crop,) = face_boxes(portrait)
    assert crop[2] == round(box / 0.95)
    centre = np.array([left, top]) + box / 2
    assert np.abs(np.array(crop[:2]) + crop[2] / 2 - centre).max() <= 1


def test_several_faces_come_from_left_to_right(portrait: Image.Image) -> None:
    large = portrait.resize((768, 768))
    pair = Image.new("RGB", (768 + 512, 768))
    pair.paste(portrait, (0, 200))
    pair.paste(large, (512, 0))
    swapped = Image.new("RGB", (768 + 512, 768))
    swapped.paste(large, (0, 0))
    swapped.paste(portrait, (768, 200))
    assert [side for _, _, side in face_boxes(pair)] == pytest.approx([SIDE, 1.5 * SIDE], rel=0.1)
    lefts, sides = zip(*((left, side) for left, _, side in face_boxes(swapped)), strict=True)
    assert sides == pytest.approx((1.5 * SIDE, SIDE), rel=0.1)
    assert lefts == pytest.approx((1.5 * LEFT, 768 + LEFT), abs=12)


class Found:
    """A cascade that finds squares at given places, in an order of its own."""

    def __init__(self, *squares: tuple[int, int, int]) -> None:
        self.squares = squares

    def detectMultiScale(  # noqa: N802 - OpenCV's name
        self, searched: np.ndarray, **options: object
    ) -> np.ndarray:
        return np.array([(left, top, side, side) for left, top, side in self.squares])


def test_a_face_at_an_edge_gives_a_square_inside_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Found((405, 205, 95), (0, 0, 95), (200, 100, 95), (90, 205, 95))
    monkeypatch.setattr(photo, "_cascade", lambda: found)
    boxes = face_boxes(Image.new("L", (500, 300)))
    assert boxes == [(0, 0, 100), (88, 200, 100), (198, 98, 100), (400, 200, 100)]


def test_a_large_photo_is_searched_reduced_and_its_boxes_are_in_its_own_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(photo, "_cascade", lambda: Found((100, 200, 95)))
    assert face_boxes(Image.new("RGB", (4096, 3072))) == [(390, 790, 400)]


@pytest.mark.parametrize("size", [(200, 200), (200, 230)])
def test_a_picture_that_a_face_fills_is_used_as_it_is(
    portrait: Image.Image, size: tuple[int, int]
) -> None:
    margin = 8
    picture = portrait.crop((LEFT - margin, TOP - margin, LEFT + SIDE, TOP + SIDE)).resize(size)
    (face,) = photo_of(encoded(picture, "PNG"), "crop.png").faces
    assert face.box == (0, (size[1] - 200) // 2, 200)
    np.testing.assert_array_equal(face.pixels, grey_face(picture))


def test_a_picture_of_48_by_48_is_a_face_and_keeps_its_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(photo, "_cascade", lambda: pytest.fail("it was searched"))
    pixels = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    (face,) = photo_of(encoded(Image.fromarray(pixels), "PNG"), "face.png").faces
    assert face.box == (0, 0, 48)
    np.testing.assert_array_equal(face.pixels, pixels)


def test_without_a_crop_the_centred_square_is_the_face(
    portrait: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo, "_cascade", lambda: pytest.fail("it was searched"))
    wide = portrait.resize((300, 201))
    (face,) = photo_of(encoded(wide, "PNG"), "wide.png", crop="none").faces
    assert face.box == (49, 0, 201)
    np.testing.assert_array_equal(face.pixels, grey_face(wide))


def test_a_photo_lying_on_its_side_is_searched_upright(portrait: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    lying = portrait.transpose(Image.Transpose.ROTATE_90)
    (face,) = photo_of(encoded(lying, "PNG", exif=exif), "lying.png").faces
    assert np.abs(corners(face.box) - corners((LEFT, TOP, SIDE))).max() <= 4


def test_a_photo_without_a_face_is_refused_and_says_how_to_insist() -> None:
    content = encoded(Image.fromarray(camera()), "PNG")
    with pytest.raises(InputError, match=r"^tripod\.png: no face found; .*--crop none$"):
        photo_of(content, "tripod.png")
    assert len(photo_of(content, "tripod.png", crop="none").faces) == 1


def test_without_the_detector_a_face_crop_is_asked_for(
    portrait: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    monkeypatch.setattr(photo, "_cascade", photo._cascade.__wrapped__)
    with pytest.raises(InputError) as caught:
        photo_of(encoded(portrait, "PNG"), "portrait.png")
    assert "pip install 'fer-lab[photo]'" in str(caught.value)
    assert "--crop none" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"Dear diary", "not a JPEG, PNG, WebP or BMP picture"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "a damaged picture"),
    ],
)
def test_a_file_is_judged_by_its_content(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "holiday.jpg").write_bytes(content)
    with pytest.raises(InputError, match=rf"^holiday\.jpg: {reason}"):
        read_photo(tmp_path / "holiday.jpg")


def test_what_is_no_readable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.jpg: no such file; name a picture file"):
        read_photo(tmp_path / "nothing.jpg")
    with pytest.raises(InputError, match="not a file; name a picture file"):
        read_photo(tmp_path)
    with pytest.raises(InputError, match="cannot be read: File name too long; check its name"):
        read_photo(tmp_path / ("a" * 300))


def test_control_characters_in_a_file_s_name_are_written_out(portrait: Image.Image) -> None:
    assert photo_of(encoded(portrait, "PNG"), "a\nb\x1b.png").name == "a\\nb\\x1b.png"


def test_an_unknown_way_to_crop_is_refused(portrait: Image.Image) -> None:
    with pytest.raises(InputError, match="crop is 'middle'; use one of auto, none"):
        photo_of(encoded(portrait, "PNG"), "portrait.png", crop="middle")
