import contextlib
import pickle
from pathlib import PurePosixPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from fer_core.errors import InputError
from fer_core.store import StoreError
from fer_core.store.codec import decode, encode, from_json, to_json

PLAIN = st.sampled_from([np.uint8, np.int8, np.int32, np.float16, np.float32, np.float64, bool])
ARRAYS = PLAIN.flatmap(lambda dtype: arrays_of.arrays(dtype, arrays_of.array_shapes(min_dims=0)))


@given(ARRAYS)
def test_an_array_comes_back_bit_for_bit(array):
    back = decode(encode(array))
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()


def test_a_fortran_array_an_empty_one_and_texts_come_back():
    for array in (np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.empty((0, 7), np.float32)):
        np.testing.assert_array_equal(decode(encode(array)), array)
    assert decode(encode(np.array(["brows", "eyes"]))).tolist() == ["brows", "eyes"]


def test_decoded_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        decode(encode(np.zeros(3)))[0] = 1


def test_objects_are_refused_when_written():
    for array in (np.array([{}]), np.array(["2024"], "datetime64[D]"), np.zeros(2, "i4,f4")):
        with pytest.raises(InputError, match="cannot be stored"):
            encode(array)


def test_a_pickled_array_is_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    trapped = np.array([Trap()], dtype=object)
    np.save(tmp_path / "trap.npy", trapped, allow_pickle=True)
    for blob in ((tmp_path / "trap.npy").read_bytes(), pickle.dumps(trapped)):
        with pytest.raises(StoreError, match="damaged"):
            decode(blob)
    assert not (tmp_path / "sprung").exists()


GOOD = encode(np.arange(12, dtype=np.float32).reshape(3, 4))


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\x93NUMPY",
        GOOD[:-1],
        GOOD + b"\0",
        GOOD.replace(b"(3, 4)", b"(3,-4)"),
        GOOD.replace(b"(3, 4)", b"(9**9)"),
        GOOD.replace(b"(3, 4), }          ", b"(99999999999999,), }"),
        GOOD.replace(b"<f4", b"|O1"),
        GOOD.replace(b"<f4", b"|V4"),
        GOOD.replace(b"{'descr'", b"{'desxx'"),
        GOOD.replace(b"\x01\x00", b"\x07\x00", 1),
    ],
)
def test_malformed_bytes_are_a_store_error(blob):
    assert blob != GOOD
    with pytest.raises(StoreError, match="a stored array is damaged") as caught:
        decode(blob)
    assert "\n" not in str(caught.value)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_any_flipped_byte_gives_an_array_or_a_store_error(position, change):
    blob = bytearray(GOOD)
    blob[position] ^= change
    with contextlib.suppress(StoreError):  # and nothing else
        decode(bytes(blob))


def test_numpy_values_and_paths_become_plain_json():
    given_value = {"n": np.int64(3), "a": np.array([1.5]), "p": PurePosixPath("a/b"), "t": (1, 2)}
    assert from_json(to_json(given_value)) == {"n": 3, "a": [1.5], "p": "a/b", "t": [1, 2]}


def test_what_json_cannot_hold_is_an_input_error_and_bad_text_a_store_error():
    with pytest.raises(InputError, match="cannot be stored as JSON"):
        to_json({"f": lambda: 0})
    with pytest.raises(StoreError, match="damaged"):
        from_json("{")
