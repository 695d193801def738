"""The words and numbers that all documents share, as plain one-line texts."""

import shlex
from typing import NamedTuple

from fer_core.figures import text
from fer_core.figures.canvas import TALLEST_MM, TEXT_WIDTH_MM
from fer_core.report.content import Content, FigureBlock, Missing, TableBlock
from fer_core.translation import translator

_TALLEST = TALLEST_MM - 10  # mm; the caption goes on the same page


class Wording(NamedTuple):
    """Headings of the parts that every report has."""

    runs: str
    draft: str
    missing: str
    command: str
    colon: str


def wording(language: str) -> Wording:
    """Return the words of a language."""
    _ = translator(language)
    return Wording(
        runs=_("Runs"),
        draft=_("Draft, from the stored numbers:"),
        missing=_("Missing:"),
        command=_("Make it with:"),
        colon=_("{label}: {caption}").format(label="", caption=""),
    )


def figure_label(language: str, number: object) -> str:
    """Return ``Figure 3``."""
    _ = translator(language)
    return _("Figure {number}").format(number=number)


def table_label(language: str, number: object) -> str:
    """Return ``Table 3``."""
    _ = translator(language)
    return _("Table {number}").format(number=number)


def label(language: str, block: FigureBlock | TableBlock) -> str:
    """Return what a block is called in the text."""
    named = figure_label if isinstance(block, FigureBlock) else table_label
    return named(language, block.number)


def caption(language: str, block: FigureBlock | TableBlock) -> str:
    """Return the whole line: ``Figure 3: Confusion matrix on validation.``"""
    colon = wording(language).colon
    return f"{label(language, block)}{colon}{text.clean(block.caption)}"


def command(block: Missing) -> str:
    """Return the command that makes what is missing, "" where there is none."""
    return text.clean(shlex.join(["fer-core", *block.command])) if block.command else ""


def placed(block: FigureBlock) -> tuple[float, float]:
    """Return width and height in mm on the page: as drawn, unless the page is too small."""
    width, height = block.built.width_mm, block.built.height_mm
    scale = min(1.0, TEXT_WIDTH_MM / width, _TALLEST / height)
    return width * scale, height * scale


class Grid(NamedTuple):
    """A table as printed: clean texts; numeric: which columns are aligned right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]

    @classmethod
    def of(cls, table: TableBlock) -> "Grid":
        """Return a table's texts."""
        return cls(
            tuple(map(text.clean, table.header)),
            tuple(tuple(map(text.clean, row)) for row in table.rows),
            table.numeric,
        )


def runs(content: Content) -> Grid:
    """Return which runs a report is about, in the order of their colours."""
    _ = translator(content.language)
    header = _("Run"), _("Preset"), _("Data"), _("Parameters"), _("Epochs"), _("Seed")
    rows = []
    for run in content.runs:
        data = text.clean(run.dataset) or "–"
        if run.synthetic:
            data = _("{data} (synthetic)").format(data=data)
        rows.append(
            (
                text.clean(run.name),
                text.clean(run.preset) or "–",
                data,
                f"{run.parameters:,}" if run.parameters else "–",
                f"{run.epochs}",
                f"{run.seed}",
            )
        )
    return Grid(header, tuple(rows), (False, False, False, True, True, True))
