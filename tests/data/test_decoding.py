import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fer_core.data.readers import decoding, no_progress
from fer_core.data.readers.decoding import decode_faces
from fer_core.errors import InputError

from .writers import encoded, png

SMALL = png(np.full((48, 48), 7, np.uint8))
# More bytes than decoding takes a thread of its own for.
LARGE = encoded(Image.effect_noise((200, 200), 90), "PNG")


def failed(position: int, reason: str) -> InputError:
    return InputError(f"{position}: {reason}")


def decoded(pictures: Iterator[bytes] | list[bytes], count: int) -> np.ndarray:
    faces = np.zeros((count, 48, 48), np.uint8)
    assert decode_faces(pictures, faces, failed, no_progress) == count
    return faces


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_MOST_PICTURES", 3)
    monkeypatch.setattr(decoding, "_WORKERS", 3)


def test_faces_come_in_the_order_of_their_pictures() -> None:
    pixels = [np.full((48, 48), value, np.uint8) for value in range(50)]
    faces = decoded([png(each) for each in pixels], 50)
    assert np.array_equal(faces, pixels)
    large = [encoded(Image.new("RGB", (200, 200), (v, v, v)), "BMP") for v in range(50)]
    assert np.array_equal(decoded(large, 50), pixels)


def test_large_pictures_are_decoded_in_other_threads_and_small_ones_in_this(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: set[bool] = set()
    read_face = decoding.read_face

    def watched(data: bytes) -> np.ndarray:
        seen.add(threading.current_thread() is threading.main_thread())
        return read_face(data)

    monkeypatch.setattr(decoding, "read_face", watched)
    decoded([LARGE] * 6, 6)
    assert seen == {False}
    seen.clear()
    decoded([SMALL] * 6, 6)
    assert seen == {True}


@settings(max_examples=60)
@given(
    pictures=st.lists(st.sampled_from([SMALL, LARGE, b"", LARGE[:5000]]), min_size=1, max_size=30),
    unreadable=st.integers(0, 40),
)
def test_the_first_picture_in_order_that_cannot_be_read_is_named(
    pictures: list[bytes], unreadable: int
) -> None:
    def reading() -> Iterator[bytes]:
        for position, data in enumerate(pictures):
            if position == unreadable:
                raise InputError(f"{position}: cannot be read")
            yield data

    wrong = [n for n, data in enumerate(pictures) if data not in (SMALL, LARGE) or n == unreadable]
    if not wrong:
        decoded(reading(), len(pictures))
        return
    with pytest.raises(InputError, match=rf"^{wrong[0]}: ") as caught:
        decoded(reading(), len(pictures))
    assert ("cannot be read" in str(caught.value)) == (wrong[0] == unreadable)


def test_what_is_no_refusal_comes_through() -> None:
    def reading() -> Iterator[bytes]:
        yield LARGE
        raise MemoryError

    with pytest.raises(MemoryError):
        decoded(reading(), 2)


def test_progress_counts_pictures() -> None:
    told: list[tuple[int, int]] = []
    faces = np.zeros((9, 48, 48), np.uint8)
    decode_faces([LARGE] * 8, faces, failed, lambda *now: told.append(now))
    assert told == [(3, 9), (6, 9), (8, 9)]
