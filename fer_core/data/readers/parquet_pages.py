"""How far a parquet file's pages would unpack, read from each page's own header.

A file's metadata tell sizes, too, but whoever unpacks a page believes the page. The headers are
a PageHeader of parquet.thrift, in Thrift's compact protocol, of which it uses a small part.
"""

import io
from collections.abc import Iterator
from typing import BinaryIO

_BOOLEANS, _INTEGERS, _I32, _BINARY, _STRUCT = (1, 2), (4, 5, 6), 5, 8, 12
_UNCOMPRESSED, _COMPRESSED = 2, 3  # fields of PageHeader


def unpacked_sizes(stream: BinaryIO, start: int, length: int) -> Iterator[int]:
    """Yield the unpacked size of each page of a column chunk, in bytes.

    Raises ValueError for what is no chain of pages from `start` over `length` bytes.
    """
    place, end = start, start + length
    while place < end:
        stream.seek(place)
        sizes = {}
        for field, kind in _fields(stream):
            if kind == _I32:
                sizes[field] = _integer(stream)
            else:
                _skip(stream, kind)
        packed, unpacked = sizes.get(_COMPRESSED, -1), sizes.get(_UNCOMPRESSED, -1)
        if packed < 0 or unpacked < 0:
            raise ValueError("a page without a size")
        yield unpacked
        place = stream.tell() + packed


def _fields(stream: BinaryIO) -> Iterator[tuple[int, int]]:
    """Yield number and type of each field of a struct; the caller reads what is in it."""
    number = 0
    while head := _byte(stream):
        delta, kind = head >> 4, head & 15
        number = number + delta if delta else _integer(stream)
        yield number, kind


def _skip(stream: BinaryIO, kind: int) -> None:
    if kind in _BOOLEANS:
        return  # the type is the value
    if kind in _INTEGERS:
        _varint(stream)
    elif kind == _BINARY:
        stream.seek(_varint(stream), io.SEEK_CUR)
    elif kind == _STRUCT:
        for _, inner in _fields(stream):
            _skip(stream, inner)
    else:
        raise ValueError(f"a page header with a field of type {kind}")


def _byte(stream: BinaryIO) -> int:
    byte = stream.read(1)
    if not byte:
        raise ValueError("a page header at the end of the file")
    return byte[0]


def _varint(stream: BinaryIO) -> int:
    value = 0
    for shift in range(0, 64, 7):
        byte = _byte(stream)
        value |= (byte & 127) << shift
        if byte < 128:
            return value
    raise ValueError("a page header with a number of more than 64 bits")


def _integer(stream: BinaryIO) -> int:
    value = _varint(stream)
    return value >> 1 ^ -(value & 1)
