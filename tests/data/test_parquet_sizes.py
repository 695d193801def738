"""Damaged and hostile parquet: nothing is unpacked before its size is known."""

import io
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fer_core.data.readers.parquet_sizes import page_sizes

from .writers import FOLDERS, parquet_bytes, png, refusal, written

ALPHABETICAL = sorted(FOLDERS)
FACE = png(np.arange(2304, dtype=np.uint8).reshape(48, 48))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_truncated_parquet_is_refused(tmp_path: Path, part: float) -> None:
    content = parquet_bytes([FACE] * 9, ["sad"] * 9)
    path = written(tmp_path, content[: int(len(content) * part)])
    assert refusal(path).startswith("damaged parquet (")
    assert refusal(path).endswith("); download it again")


def test_what_would_unpack_to_many_times_its_size_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = parquet_bytes([bytes(70 * 2**20)], ["sad"], compression="zstd")
    assert len(content) < 2**20
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda *a, **k: pytest.fail("it was read"))
    message = refusal(written(tmp_path, content))
    assert message.startswith("would unpack to 73,40")
    assert message.endswith("bytes, over 20 times its size; write it again, of packed pictures")


def test_metadata_that_lie_about_the_sizes_do_not_help_a_bomb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = parquet_bytes([bytes(70 * 2**20)], ["sad"], compression="zstd")
    told = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0).column(0)
    true, lie = (zigzag(size) for size in (told.total_uncompressed_size, 2**26 - 1))
    assert content.count(true) > 0
    content = content.replace(true, lie)
    metadata = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0)
    assert metadata.column(0).total_uncompressed_size == 2**26 - 1
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda *a, **k: pytest.fail("it was read"))
    assert refusal(written(tmp_path, content)).startswith("would unpack to 73,40")


def zigzag(number: int) -> bytes:
    """A positive number as Thrift's compact protocol writes it."""
    number, data = 2 * number, bytearray()
    while number > 127:
        data.append(number & 127 | 128)
        number >>= 7
    return bytes([*data, number])


def test_a_page_of_gigabytes_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fer_core.data.readers.parquet._LARGEST_PAGE", 999)
    path = written(tmp_path, parquet_bytes([FACE] * 20, ["sad"] * 20, use_dictionary=False))
    assert refusal(path) == (
        f"a page of {20 * (len(FACE) + 4) + 6:,} bytes, more than 999; "
        "write it again in row groups of 100 rows"
    )


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize("statistics", [True, False])
def test_the_pages_tell_what_the_metadata_tell(
    version: str, dictionary: bool, statistics: bool
) -> None:
    content = parquet_bytes(
        [bytes([n]) * 900 for n in range(200)],
        ["sad"] * 200,
        data_page_version=version,
        use_dictionary=dictionary,
        write_statistics=statistics,
        data_page_size=10_000,
        write_batch_size=10,
        row_group_size=70,
    )
    metadata = pq.ParquetFile(io.BytesIO(content)).metadata
    for place in range(metadata.num_columns):
        groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
        told = sum(group.column(place).total_uncompressed_size for group in groups)
        sizes = list(page_sizes(io.BytesIO(content), {place}))
        assert len(sizes) >= len(groups)
        # The metadata count the headers, too: about 30 bytes each, and the statistics in them.
        assert 10 * len(sizes) < told - sum(sizes) < (2000 if statistics else 60) * len(sizes)


def by_hand(page: bytes, *, start: int = 4, length: int | None = None) -> bytes:
    """A file of one page, its metadata no more than where it lies."""
    place = b"\x76" + zigzag(len(page) if length is None else length) + b"\x26" + zigzag(start)
    metadata = b"\x49\x1c\x19\x1c\x3c" + place + b"\0\0\0\0"
    return b"PAR1" + page + metadata + struct.pack("<I", len(metadata)) + b"PAR1"


def page(unpacked: int, packed: int, more: bytes = b"") -> bytes:
    return (
        b"\x15\0\x15" + zigzag(unpacked) + b"\x15" + zigzag(packed) + more + b"\0" + bytes(packed)
    )


def test_the_sizes_of_pages_written_by_hand() -> None:
    pages = page(70_000, 3) + page(5, 200)
    # A struct in the header, of a list of two booleans, a byte, a double, a text, two booleans.
    pages += page(6, 1, b"\x2c\x19\x22\1\1\x13\7\x17" + bytes(8) + b"\x18\x03abc\x11\x12\0")
    assert list(page_sizes(io.BytesIO(by_hand(pages)), {0})) == [70_000, 5, 6]
    assert list(page_sizes(io.BytesIO(by_hand(pages)), {1})) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (by_hand(page(1, 1)[:3]), "the metadata are cut off|a page without a size"),
        (by_hand(page(1, 1), start=10_000), "the metadata are cut off"),
        (by_hand(page(1, 1), length=99), "a page without a size"),
        (by_hand(b"\x15\0\x15\x03\x15\x02\0"), "a page without a size"),
        (by_hand(b"\x15" + b"\xff" * 11), "a number of more than 64 bits"),
        (by_hand(b"\x1b\x19"), "a field of type 11 in the metadata"),
        (by_hand(page(1, 1)).replace(b"\x49\x1c", b"\x49\x15"), "a list of something else"),
        (by_hand(page(1, 1)).replace(b"\x26\x08", b"\x26\x07"), "a column without a place"),
    ],
)
def test_metadata_that_lead_nowhere_are_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(page_sizes(io.BytesIO(content), {0}))


def test_what_would_end_the_process_in_pyarrow_is_refused(tmp_path: Path) -> None:
    """Histograms of the wrong length: pyarrow's own metadata objects throw past Python."""
    content = parquet_bytes([FACE] * 9, ["sad"] * 9, struct=False)
    # SizeStatistics of nine values: definition levels (a list of two i64) become three.
    two, three = b"\x19\x06\x19\x26\x00\x12\x00", b"\x19\x06\x19\x36\x00\x00\x12\x00"
    length = struct.unpack("<I", content[-8:-4])[0] + 1
    broken = content[:-8].replace(two, three, 1) + struct.pack("<I", length) + b"PAR1"
    assert len(broken) == len(content) + 1
    assert refusal(written(tmp_path, broken)).startswith("damaged parquet (Definition level hist")


def test_one_large_value_in_many_rows_is_held_once(tmp_path: Path) -> None:
    """A bomb whose metadata are honest: a dictionary of one value, and a thousand rows."""
    big = b"\xff\xd8\xff" + bytes(33 * 2**20)
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), pa.array([big]))
    table = pa.table({"image": column, "label": ["sad"] * 1000})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, dictionary_pagesize_limit=2**30, store_schema=False)
    assert len(buffer.getvalue()) < 3 * 2**20
    pool, watched = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(watched)
    try:
        message = refusal(written(tmp_path, buffer.getvalue()))
    finally:
        pa.set_memory_pool(pool)
    assert message.startswith("row 0: 34,603,011 bytes, more than 33,554,432; make it smaller")
    assert 2**25 < watched.max_memory() < 2**28


def test_more_rows_than_the_limit_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fer_core.data.readers.parquet.MOST_ROWS", 2)
    path = written(tmp_path, parquet_bytes([FACE] * 3, ["sad"] * 3))
    assert refusal(path) == "3 rows, more than 2; import a part of them"


def test_metadata_that_lie_about_the_rows_are_found_out(tmp_path: Path) -> None:
    content = bytearray(parquet_bytes([FACE] * 5, ["sad"] * 5))
    footer = len(content) - 8 - struct.unpack("<I", content[-8:-4])[0]
    # FileMetaData: version, schema, num_rows (field 3, an i64 as a zigzag varint).
    place = content.index(b"\x16\x0a\x19", footer)
    for rows in (3, 60):
        content[place + 1] = 2 * rows
        message = refusal(written(tmp_path, bytes(content)))
        assert message.endswith(f"the file's metadata tell of {rows} rows; correct the file")
