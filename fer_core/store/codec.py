"""Arrays and plain values to bytes and back. Nothing is ever unpickled."""

import io
import json
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

from fer_core.errors import InputError
from fer_core.store.errors import StoreError

_KINDS = "biufcSU"  # no objects, no records, no dates
MAX_BYTES = 900_000_000  # SQLite takes a little more


def encode(array: np.ndarray) -> bytes:
    """Return an array as the bytes of a .npy file.

    Raises InputError for arrays of Python objects and for more than MAX_BYTES.
    """
    array = np.asarray(array)
    if array.dtype.kind not in _KINDS:
        raise InputError(
            f"an array of type {array.dtype} cannot be stored; convert it to numbers or texts"
        )
    if array.nbytes > MAX_BYTES:
        raise InputError(
            f"an array of {array.nbytes:,} bytes cannot be stored; {MAX_BYTES:,} is the most"
        )
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def decode(blob: bytes) -> np.ndarray:
    """Return the array that `encode` wrote, read-only and without a copy.

    Raises StoreError when the bytes are anything else.
    """
    try:
        dtype, shape, fortran_order, start = _header(blob)
    except Exception as error:  # numpy's parser lets errors of half a dozen kinds through
        raise StoreError(f"a stored array is damaged ({_first_line(error)})") from None
    # Checked before anything is allocated: a damaged header may claim any size.
    if math.prod(shape) * dtype.itemsize != len(blob) - start or dtype.itemsize == 0:
        raise StoreError(
            f"a stored array is damaged ({len(blob) - start} bytes for {dtype} {shape})"
        )
    values = np.frombuffer(blob, dtype=dtype, offset=start)
    return values.reshape(shape, order="F" if fortran_order else "C")


def _header(blob: bytes) -> tuple[np.dtype, tuple[int, ...], bool, int]:
    stream = io.BytesIO(blob)
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, fortran_order, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError(f"unknown version {version}")
    if dtype.kind not in _KINDS or any(size < 0 for size in shape):
        raise ValueError(f"{dtype} {shape}")
    return dtype, shape, fortran_order, stream.tell()


def to_json(value: Any) -> str:
    """Return plain values as JSON; numpy scalars, arrays and paths become plain values.

    Raises InputError for anything else.
    """
    try:
        return json.dumps(value, default=_plain, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"a value cannot be stored as JSON ({_first_line(error)})") from None


def from_json(text: str | bytes) -> Any:
    """Return what `to_json` wrote; StoreError when the text is anything else."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"a stored value is damaged ({_first_line(error)})") from None


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} {value!r}")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
