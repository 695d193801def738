"""A table as a document prints it."""

from typing import NamedTuple


class Printed(NamedTuple):
    """header and rows: texts, as printed; numeric: which columns are aligned right; caption: what
    the table shows and how its numbers came about (split, n, weights), a sentence or two."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    caption: str
