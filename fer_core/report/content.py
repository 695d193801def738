"""What a report says, collected and numbered, before any document format has a say.

All texts are plain: each document escapes them its own way. A blank line parts paragraphs.
"""

from dataclasses import dataclass

import pandas as pd

from fer_core.figures import Built
from fer_core.records import Run


@dataclass(frozen=True)
class Paragraph:
    """One paragraph. draft: facts put together from the store, which nobody has edited yet."""

    text: str
    draft: bool = False


@dataclass(frozen=True, eq=False)
class FigureBlock:
    """A figure. key: names its files, ``3-confusion_matrix``; number: in the report, from 1;
    caption: one or two sentences; alt: what it shows, for those who cannot see it."""

    key: str
    number: int
    built: Built
    caption: str

    @property
    def alt(self) -> str:
        return self.built.description


@dataclass(frozen=True, eq=False)
class TableBlock:
    """A table. header and rows: as printed; numeric: which columns are aligned right;
    data: the same in full precision, for the csv."""

    key: str
    number: int
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    data: pd.DataFrame


@dataclass(frozen=True)
class Missing:
    """What a section should show and the store does not have. what: one sentence; command: the
    arguments of ``fer-core`` that make it, () where no command can."""

    what: str
    command: tuple[str, ...] = ()


Block = Paragraph | FigureBlock | TableBlock | Missing


@dataclass(frozen=True, eq=False)
class SectionContent:
    """One question and what answers it. key: as in the template."""

    key: str
    heading: str
    blocks: tuple[Block, ...]

    @property
    def missing(self) -> tuple[Missing, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Missing))


@dataclass(frozen=True, eq=False)
class Content:
    """A whole report. language: ``en`` or ``zh-TW``; runs: in the order of their colours;
    notes: what holds for all of it (synthetic data, faces left out), a sentence each."""

    title: str
    template: str
    language: str
    runs: tuple[Run, ...]
    notes: tuple[str, ...]
    sections: tuple[SectionContent, ...]

    @property
    def figures(self) -> tuple[FigureBlock, ...]:
        return tuple(b for s in self.sections for b in s.blocks if isinstance(b, FigureBlock))

    @property
    def tables(self) -> tuple[TableBlock, ...]:
        return tuple(b for s in self.sections for b in s.blocks if isinstance(b, TableBlock))
