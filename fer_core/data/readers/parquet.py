"""Parquet with the columns image (a struct with bytes, or binary) and label.

One file, or a folder of files whose names, or whose folders' names, begin with a split:
``train-00000-of-00001.parquet``. Labels are names, or numbers whose names stand in the schema's
metadata as Hugging Face's `datasets` writes them (ClassLabel). Images are in the order of the
rows, files in the order of their paths. A file without labels must be one of test.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from fer_core.data.classes import LEFT_OUT, Classes, UnknownClassError
from fer_core.data.readers import Progress, Read, Reader, ReadOptions
from fer_core.data.readers.decoding import decode_faces, left_out
from fer_core.data.readers.parquet_sizes import page_sizes
from fer_core.data.readers.split_names import SPLITS, split_at_beginning
from fer_core.data.sources import Source, quoted, reason_of, refused
from fer_core.data.zip_source import ZipArchive
from fer_core.errors import InputError
from fer_core.records import IMAGE_SIZE, TEST, TRAIN, UNLABELLED, SplitArrays

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

MOST_ROWS = 1_000_000
_MAGIC = b"PAR1"
_MOST_FILES = 1000  # among how many parquet is looked for
# Pictures are packed already, and equal ones are stored once: what unpacks to more is a bomb.
_MOST_EXPANSION = 20
_SMALL = 2**26
_LARGEST_PAGE = 2**28
_BUFFER = 2**20


class _File(NamedTuple):
    """What a file's metadata say; names: of its numbers of classes, if they say any."""

    member: str
    split: str
    rows: int
    columns: Sequence[str]
    names: Sequence[str]


def recognises(source: Source, _options: ReadOptions) -> bool:
    """Say whether the source is, or holds, parquet."""
    return bool(_members(source))


def _members(source: Source) -> list[str]:
    if len(source.members) > _MOST_FILES:
        return []
    return [member for member in source.members if source.head(member, 4) == _MAGIC]


def read(source: Source, options: ReadOptions, progress: Progress) -> Read:
    """Look at all files' metadata, then decode their pictures."""
    if isinstance(source, ZipArchive):
        raise refused(source, "parquet inside a zip; unpack it and import the folder")
    classes = Classes.parse(options.classes)
    splits = _splits(source, _members(source))
    files = [_looked_at(source, member, split) for member, split in splits.items()]
    total, before = sum(file.rows for file in files), 0
    if total > MOST_ROWS:
        raise refused(source, f"{total:,} rows, more than {MOST_ROWS:,}; import a part of them")
    result = {}
    dropped: Counter[str] = Counter()
    for split in SPLITS:
        reading = _Reading(source, [file for file in files if file.split == split], classes)
        if arrays := reading.arrays(lambda done, _: progress(before + done, total)):  # noqa: B023
            result[split] = arrays
        before += reading.rows
        dropped += reading.dropped
    progress(total, total)
    return Read("parquet", result, left_out(dropped))


def _splits(source: Source, members: Sequence[str]) -> dict[str, str]:
    """Return the split of each file, by its name or its folder's; without any it is train."""
    found = {}
    for member in members:
        named = map(split_at_beginning, reversed(PurePosixPath(member).parts))
        found[member] = next(filter(None, named), "")
    if "" in found.values():
        if len(set(found.values())) > 1:
            member = next(member for member, split in found.items() if not split)
            reason = "its name begins with no split, other files' do"
            raise refused(source, f"{reason}; rename it to train-..., or take it out", member)
        return dict.fromkeys(found, TRAIN)
    return found


@contextmanager
def _damage_named(source: Source, member: str) -> Iterator[None]:
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:  # pyarrow raises whatever a broken file leads it to
        reason = f"damaged parquet ({reason_of(error)})"
        raise refused(source, f"{reason}; download it again", member) from None


@contextmanager
def _opened(source: Source, member: str) -> "Iterator[tuple[ParquetFile, BinaryIO]]":
    # Imported here: it takes longer than most imports of data.
    from pyarrow.parquet import ParquetFile

    with _damage_named(source, member), source.open(member) as stream:
        yield ParquetFile(stream, pre_buffer=False, buffer_size=_BUFFER), stream


def _looked_at(source: Source, member: str, split: str) -> _File:
    """Check a file's columns and sizes; no page is unpacked."""
    with _opened(source, member) as (file, stream):
        columns, names = _columns(source, member, file.schema_arrow, split)
        pages = list(page_sizes(stream, _leaves(file, columns)))
        unpacked = sum(pages)
        if unpacked > max(_SMALL, _MOST_EXPANSION * source.size(member)):
            reason = f"would unpack to {unpacked:,} bytes, over {_MOST_EXPANSION} times its size"
            raise refused(source, f"{reason}; write it again, of packed pictures", member)
        if (largest := max(pages, default=0)) > _LARGEST_PAGE:
            reason = f"a page of {largest:,} bytes, more than {_LARGEST_PAGE:,}"
            raise refused(source, f"{reason}; write it again in row groups of 100 rows", member)
        return _File(member, split, file.metadata.num_rows, columns, names)


def _leaves(file: "ParquetFile", columns: Sequence[str]) -> list[int]:
    """Return the places of columns among all columns that hold values."""
    paths = [file.schema.column(place).path for place in range(len(file.schema))]
    return [place for place, path in enumerate(paths) if path in columns]


def _columns(
    source: Source, member: str, schema: Any, split: str
) -> tuple[Sequence[str], Sequence[str]]:
    """Return the paths of the columns to read, and the names of the numbers of classes."""
    from pyarrow import types

    fields = {field.name: field.type for field in schema}
    image, label = fields.get("image"), fields.get("label")
    wanted = "needs image (a struct with bytes, or binary) and label (names or whole numbers)"
    if image is not None and types.is_struct(image) and image.get_field_index("bytes") >= 0:
        path, image = "image.bytes", image.field("bytes").type
    else:
        path = "image"
    if image is None or not (types.is_binary(image) or types.is_large_binary(image)):
        shown = ", ".join(f"{name} ({kind})" for name, kind in fields.items())
        raise refused(source, f"columns {quoted(shown, 120)}; it {wanted}", member)
    if label is None and split == TEST:
        return (path,), ()
    kind = label.value_type if label is not None and types.is_dictionary(label) else label
    if kind is None or not (types.is_string(kind) or types.is_large_string(kind)):
        if kind is None or not types.is_integer(kind):
            raise refused(source, f"column label is {kind or 'missing'}; it {wanted}", member)
        return (path, "label"), _names_in(schema.metadata or {})
    return (path, "label"), ()


def _names_in(metadata: dict[bytes, bytes]) -> Sequence[str]:
    """Return the ClassLabel names of the column label; none where the metadata hold none."""
    try:
        names = json.loads(metadata[b"huggingface"])["info"]["features"]["label"]["names"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return ()
    return names if isinstance(names, list) and all(isinstance(n, str) for n in names) else ()


class _Reading:
    """The files of one split, row by row."""

    def __init__(self, source: Source, files: Sequence[_File], classes: Classes) -> None:
        self._source, self._files, self._classes = source, files, classes
        self._labels: list[int] = []
        self._numbers: list[int] = []  # of the rows that are kept, through all files
        self.rows = sum(file.rows for file in files)
        self.dropped: Counter[str] = Counter()

    def arrays(self, progress: Progress) -> SplitArrays | None:
        """Decode the pictures; None where no row is kept."""
        faces = np.empty((self.rows, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
        count = decode_faces(self._pictures(), faces, self._undecodable, progress)
        names = tuple(f"row {number}" for number in self._numbers)
        return SplitArrays(faces[:count], np.array(self._labels, np.int8), names) if count else None

    def _pictures(self) -> Iterator[bytes]:
        start = 0
        for file in self._files:
            row = -1
            for row, (data, label) in enumerate(self._values(file)):
                if row == file.rows:
                    break
                index = self._index(file, row, label)
                if index == LEFT_OUT:
                    continue
                if data is None:
                    raise self._wrong(file, row, "no image")
                self._labels.append(index)
                self._numbers.append(start + row)
                yield data
            if row + 1 != file.rows:
                raise self._wrong(file, row, f"the file's metadata tell of {file.rows:,} rows")
            start += file.rows

    def _values(self, file: _File) -> Iterator[tuple[bytes | None, Any]]:
        with _opened(self._source, file.member) as (parquet, _):
            # One row at a time: a page of few bytes may hold one large value a thousand times.
            for batch in parquet.iter_batches(1, columns=file.columns, use_threads=False):
                (row,) = batch.to_pylist()
                image = row["image"]
                yield image["bytes"] if isinstance(image, dict) else image, row.get("label")

    def _index(self, file: _File, row: int, label: str | int | None) -> int:
        if "label" not in file.columns:
            return UNLABELLED
        if label is None:
            raise self._wrong(file, row, "no label")
        if isinstance(label, int) and file.names and not 0 <= label < len(file.names):
            raise self._wrong(file, row, f"label {label}, but {len(file.names)} classes")
        name = file.names[label] if isinstance(label, int) and file.names else str(label)
        try:
            index = self._classes.index(name)
        except UnknownClassError as error:
            raise refused(self._source, f"row {row}: {error}", file.member) from None
        if index == LEFT_OUT:
            self.dropped[name] += 1
        return index

    def _wrong(self, file: _File, row: int, reason: str) -> InputError:
        return refused(self._source, f"row {row}: {reason}; correct the file", file.member)

    def _undecodable(self, position: int, reason: str) -> InputError:
        row = self._numbers[position]
        for file in self._files:
            if row < file.rows:
                break
            row -= file.rows
        return refused(self._source, f"row {row}: {reason}", file.member)


READER = Reader("parquet with image and label", recognises, read)
