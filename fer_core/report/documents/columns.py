"""How wide the columns of a printed table are: as their texts want, or less where room lacks."""

from collections.abc import Sequence

from fer_core.figures import text
from fer_core.report.documents.wording import Grid

MM_PER_PT = 25.4 / 72
_WIDEST = 45.0  # mm; what is longer than that may be broken within a word


def widths(
    grid: Grid, *, font_size: float, gap: float, room: float, bold: float = 1.0
) -> tuple[list[float], bool]:
    """Return the width of each column in mm, without gaps, and whether all texts fit on a line.

    font_size: in pt; gap: between columns; room: of the whole table, both in mm; bold: how much
    wider letters of the header are. Where room lacks, each column has what its longest word takes
    (a column of numbers: its longest cell), and they share the rest by what they want.
    """
    size = font_size * MM_PER_PT
    columns = list(zip(*grid.rows, strict=True)) or [()] * len(grid.header)
    wanted, least = [], []
    for title, cells, numeric in zip(grid.header, columns, grid.numeric, strict=True):
        pieces = cells if numeric else _words(cells)
        heads = [text.text_width(word, bold * size) for word in _words((title,))]
        lines = [text.text_width(cell, size) for cell in cells]
        wanted.append(max(text.text_width(title, bold * size), *lines, 0))
        least.append(
            min(_WIDEST, max(*heads, *(text.text_width(each, size) for each in pieces), 0))
        )
    left = room - gap * (len(columns) - 1)
    if sum(wanted) <= left:
        return wanted, True
    if sum(least) >= left:
        return [left * each / sum(least) for each in least], False
    over = [most - some for most, some in zip(wanted, least, strict=True)]
    share = (left - sum(least)) / sum(over)
    return [some + share * more for some, more in zip(least, over, strict=True)], False


def _words(texts: Sequence[str]) -> list[str]:
    """Return what stays on one line, of texts that may end lines at spaces and hyphens."""
    return [word for each in texts for word in each.replace("-", "- ").split()] or [""]
