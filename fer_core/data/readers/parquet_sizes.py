"""How far a parquet file's pages would unpack, before one is.

The file's metadata tell sizes, but whoever unpacks a page believes the page's own header, so
these are read, too. Both are structs of parquet.thrift in Thrift's compact protocol, of which
they use a part. It is done here, and not by pyarrow, since its objects for metadata end the
process with an uncaught C++ exception where a file is damaged (seen with pyarrow 26).
"""

import io
import os
from collections.abc import Collection, Iterator
from typing import BinaryIO

_BOOLEANS, _BYTE, _INTEGERS, _I32, _I64 = (1, 2), 3, (4, 5, 6), 5, 6
_DOUBLE, _BINARY, _LIST, _STRUCT = 7, 8, 9, 12
_END = 8  # bytes behind the metadata: their length, and PAR1

# Fields by their numbers in parquet.thrift: FileMetaData, RowGroup, ColumnChunk, ColumnMetaData,
# PageHeader.
_ROW_GROUPS, _COLUMNS, _META_DATA = 4, 1, 3
_CHUNK_PACKED, _DATA_OFFSET, _DICTIONARY_OFFSET = 7, 9, 11
_UNPACKED, _PACKED = 2, 3


def page_sizes(stream: BinaryIO, columns: Collection[int]) -> Iterator[int]:
    """Yield the unpacked size in bytes of each page of some columns, in all row groups.

    columns: the leaves' places in the schema, from 0 on. Raises ValueError for a damaged file.
    """
    for chunk in list(_chunks(stream, columns)):
        start = chunk.get(_DATA_OFFSET, -1)
        if 0 < chunk.get(_DICTIONARY_OFFSET, 0) < start:
            start = chunk[_DICTIONARY_OFFSET]
        yield from _pages(stream, start, start + chunk.get(_CHUNK_PACKED, -1))


def _chunks(stream: BinaryIO, columns: Collection[int]) -> Iterator[dict[int, int]]:
    """Yield the numbers in the ColumnMetaData of each chunk of the columns."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(size - _END)
    length = int.from_bytes(stream.read(4), "little")
    stream.seek(size - _END - length)
    for field, kind in _fields(stream):
        if (field, kind) != (_ROW_GROUPS, _LIST):
            _skip(stream, kind)
            continue
        for _ in _structs(stream):
            for field, kind in _fields(stream):
                if (field, kind) != (_COLUMNS, _LIST):
                    _skip(stream, kind)
                    continue
                for place in _structs(stream):
                    chunk = _numbers(stream, within=_META_DATA)
                    if place in columns:
                        yield chunk


def _pages(stream: BinaryIO, place: int, end: int) -> Iterator[int]:
    """Walk from page to page."""
    if place < 0 or end < place:
        raise ValueError("a column without a place")
    while place < end:
        stream.seek(place)
        page = _numbers(stream)
        packed, unpacked = page.get(_PACKED, -1), page.get(_UNPACKED, -1)
        if packed < 0 or unpacked < 0:
            raise ValueError("a page without a size")
        yield unpacked
        place = stream.tell() + packed


def _numbers(stream: BinaryIO, within: int | None = None) -> dict[int, int]:
    """Return the integers of a struct by their fields, or of the struct in a field of it."""
    found: dict[int, int] = {}
    for field, kind in _fields(stream):
        if within is None and kind in (_I32, _I64):
            found[field] = _integer(stream)
        elif field == within and kind == _STRUCT:
            found = _numbers(stream)
        else:
            _skip(stream, kind)
    return found


def _fields(stream: BinaryIO) -> Iterator[tuple[int, int]]:
    """Yield number and type of each field of a struct; the caller reads what is in it."""
    number = 0
    while head := _byte(stream):
        delta, kind = head >> 4, head & 15
        number = number + delta if delta else _integer(stream)
        yield number, kind


def _structs(stream: BinaryIO) -> Iterator[int]:
    """Count through a list of structs; the caller reads each."""
    count, kind = _list(stream)
    if count and kind != _STRUCT:
        raise ValueError("a list of something else than structs")
    yield from range(count)


def _list(stream: BinaryIO) -> tuple[int, int]:
    head = _byte(stream)
    count = head >> 4
    return (count if count < 15 else _varint(stream)), head & 15


def _skip(stream: BinaryIO, kind: int) -> None:
    if kind in _BOOLEANS:
        return  # the type is the value
    if kind in _INTEGERS:
        _varint(stream)
    elif kind in (_BYTE, _DOUBLE):
        stream.seek(1 if kind == _BYTE else 8, io.SEEK_CUR)
    elif kind == _BINARY:
        stream.seek(_varint(stream), io.SEEK_CUR)
    elif kind == _STRUCT:
        for _, inner in _fields(stream):
            _skip(stream, inner)
    elif kind == _LIST:
        count, inner = _list(stream)
        if inner in _BOOLEANS:  # in a list each takes a byte
            stream.seek(count, io.SEEK_CUR)
            return
        for _ in range(count):
            _skip(stream, inner)
    else:
        raise ValueError(f"a field of type {kind} in the metadata")


def _byte(stream: BinaryIO) -> int:
    byte = stream.read(1)
    if not byte:
        raise ValueError("the metadata are cut off")
    return byte[0]


def _varint(stream: BinaryIO) -> int:
    value = 0
    for shift in range(0, 64, 7):
        byte = _byte(stream)
        value |= (byte & 127) << shift
        if byte < 128:
            return value
    raise ValueError("a number of more than 64 bits in the metadata")


def _integer(stream: BinaryIO) -> int:
    value = _varint(stream)
    return value >> 1 ^ -(value & 1)
