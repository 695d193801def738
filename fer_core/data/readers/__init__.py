"""One reader a form: what it is called, how it knows its form, how it reads it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from fer_core.data.sources import Source
from fer_core.errors import InputError
from fer_core.records import SplitArrays

Progress = Callable[[int, int], None]  # (done, total), in whatever unit the reader counts

SPLITS_BY_NAMES, SPLITS_BY_FOLDERS = "names", "folders"


def no_progress(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class ReadOptions:
    """What a person decides where two readings of the same files are possible.

    classes: which class a number or another name stands for, see `fer_core.data.classes`;
    splits: ``names`` takes the splits from the pictures' names (Training_, PublicTest_,
    PrivateTest_), ``folders`` from the folders; empty: from both, which must agree.
    """

    classes: str = ""
    splits: str = ""

    def __post_init__(self) -> None:
        if self.splits not in ("", SPLITS_BY_NAMES, SPLITS_BY_FOLDERS):
            allowed = f"{SPLITS_BY_NAMES} or {SPLITS_BY_FOLDERS}"
            raise InputError(f"--splits is {self.splits!r}; use {allowed}")


class Read(NamedTuple):
    """What a source holds.

    form: its reader's name; splits: train, validation and test, as far as the source has them, in
    the order of the source; notes: a line for each thing that was left out.
    """

    form: str
    splits: Mapping[str, SplitArrays]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reader:
    """A form of the data.

    expects: one phrase for an error's line; recognises: looks at a source's members and at the
    beginnings of some; read: raises InputError for whatever does not fit the form.
    """

    expects: str
    recognises: Callable[[Source, ReadOptions], bool]
    read: Callable[[Source, ReadOptions, Progress], Read]
