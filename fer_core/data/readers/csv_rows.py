"""Rows of a csv, one at a time: memory holds one line.

Rows are counted from 0 below the header, as pandas does, and blank lines are not counted. Fields
may be quoted; none holds a comma or a line break.
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from fer_core.data.sources import Source, quoted, refused
from fer_core.errors import InputError

_LONGEST_LINE = 2**16  # bytes; the longest row of 2,304 pixels takes 9,250
_MOST_FILES = 20  # among how many a csv is looked for
CHANGED = "it changed while it was read; import it again"


class WrongRowError(ValueError):
    """What is wrong with a row: the reason and the next step, without the row."""


class Row(NamedTuple):
    """fields: of the columns asked for, stripped of blanks and quotes; read: bytes so far."""

    number: int
    line: int
    fields: Sequence[bytes]
    read: int


def headers(source: Source, without: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return the column names of each member that begins with a line of text.

    Members with one of the suffixes `without` are not looked into; where more than 20 are left,
    none is: a csv does not lie among hundreds of files.
    """
    members = [m for m in source.members if PurePosixPath(m).suffix.lower() not in without]
    if len(members) > _MOST_FILES:
        return {}
    found = {member: header_of(source, member) for member in members}
    return {member: header for member, header in found.items() if header}


def header_of(source: Source, member: str) -> tuple[str, ...] | None:
    """Return a text file's first line as lower-case column names; None if it is no text."""
    with source.open(member) as file:
        return _header(file.readline(_LONGEST_LINE))


def _header(line: bytes) -> tuple[str, ...] | None:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    return tuple(name.strip(" \t\r\n\"'").lower() for name in text.split(","))


def rows(source: Source, member: str, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows; `columns` are all columns of the header, in the order wanted.

    Raises InputError, with the row's number, for a row that is no such row.
    """
    with source.open(member) as file:
        line = file.readline(_LONGEST_LINE)
        header = _header(line) or ()
        if sorted(header) != sorted(columns):
            raise refused(source, CHANGED, member)
        order = [header.index(name) for name in columns]
        read, number = len(line), 0
        for line_number in range(2, 2**62):
            line = file.readline(_LONGEST_LINE)
            if not line:
                return
            read += len(line)
            if not line.strip():
                continue
            row = Row(number, line_number, (), read)
            try:
                fields = _fields(line, len(columns))
            except WrongRowError as wrong:
                raise wrong_row(source, member, row, wrong) from None
            yield row._replace(fields=[fields[place] for place in order])
            number += 1


def _fields(line: bytes, count: int) -> list[bytes]:
    if len(line) == _LONGEST_LINE:
        raise WrongRowError(f"longer than {_LONGEST_LINE:,} bytes; a row has 2,304 pixels")
    if b"\0" in line:
        raise WrongRowError("NUL bytes; the file is damaged, download it again")
    fields = [field.strip(b" \t\r\n\"'") for field in line.split(b",")]
    if len(fields) != count:
        raise WrongRowError(f"{len(fields)} fields instead of {count}; correct the row")
    return fields


def wrong_row(source: Source, member: str, row: Row, wrong: object) -> InputError:
    """Return the error for a row."""
    return refused(source, f"row {row.number} (line {row.line}): {wrong}", member)


def shown(field: bytes) -> str:
    """Return a field for an error's line."""
    return f"'{quoted(field.decode('utf-8', 'backslashreplace'), 40)}'"
