"""How wide the columns of a printed table are: as their texts want, or less where room lacks."""

from fer_core.figures import text
from fer_core.report.documents.wording import Grid

MM_PER_PT = 25.4 / 72
_WIDEST = 45.0  # mm; what is longer than that may be broken within a word


def widths(grid: Grid, *, font_size: float, gap: float, room: float) -> tuple[list[float], bool]:
    """Return the width of each column in mm, without gaps, and whether all texts fit on a line.

    font_size: in pt; gap: between columns; room: of the whole table, both in mm. Where room lacks,
    each column has what its longest word takes (a column of numbers: its longest cell), and they
    share the rest by what they want.
    """
    size = font_size * MM_PER_PT
    columns = list(zip(grid.header, *grid.rows, strict=True))
    wanted = [max(text.text_width(cell, size) for cell in column) for column in columns]
    left = room - gap * (len(columns) - 1)
    if sum(wanted) <= left:
        return wanted, True
    least = [
        min(_WIDEST, max(text.text_width(piece, size) for piece in _pieces(column, numeric)))
        for column, numeric in zip(columns, grid.numeric, strict=True)
    ]
    if sum(least) >= left:
        return [left * each / sum(least) for each in least], False
    over = [most - some for most, some in zip(wanted, least, strict=True)]
    share = (left - sum(least)) / sum(over)
    return [some + share * more for some, more in zip(least, over, strict=True)], False


def _pieces(column: tuple[str, ...], numeric: bool) -> list[str]:
    """Return what stays on one line: words, and whole cells of numbers."""
    header, *cells = column
    if numeric:
        return [*header.split(), *cells]
    return [word for cell in column for word in cell.replace("-", "- ").split()] or [""]
