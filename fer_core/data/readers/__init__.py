"""One reader a form: what it is called, how it knows its form, how it reads it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fer_core.data.sources import Source
from fer_core.records import SplitArrays

Progress = Callable[[int, int], None]  # (done, total), in whatever unit the reader counts


def no_progress(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Reader:
    """A form of the data.

    name: as stored with the data set; expects: one phrase for an error's line; recognises: looks
    at a source's members or at the beginning of one; read: returns the splits train, validation
    and test, as far as the source has them, in the order of the source.
    """

    name: str
    expects: str
    recognises: Callable[[Source], bool]
    read: Callable[[Source, Progress], Mapping[str, SplitArrays]]
