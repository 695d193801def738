"""How wide the columns of a printed table are: as their texts want, or shared where room lacks."""

from fer_core.figures import text
from fer_core.report.documents.wording import Grid

MM_PER_PT = 25.4 / 72
_NARROWEST = 12.0  # mm; a column of words that break


def widths(grid: Grid, *, font_size: float, gap: float, room: float) -> tuple[list[float], bool]:
    """Return the width of each column in mm, without gaps, and whether all texts fit on a line.

    font_size: in pt; gap: between columns; room: of the whole table, both in mm. Columns that
    want less than an equal share get what they want, the others share the rest by what they want.
    """
    columns = list(zip(grid.header, *grid.rows, strict=True))
    wanted = [
        max(text.text_width(cell, font_size * MM_PER_PT) for cell in column) for column in columns
    ]
    left = room - gap * (len(columns) - 1)
    if sum(wanted) <= left:
        return wanted, True
    given = [0.0] * len(columns)
    open_columns = set(range(len(columns)))
    while open_columns:
        share = left / len(open_columns)
        modest = {column for column in open_columns if wanted[column] <= share}
        if not modest:
            break
        for column in modest:
            given[column] = wanted[column]
            left -= wanted[column]
        open_columns -= modest
    total = sum(wanted[column] for column in open_columns)
    for column in open_columns:
        given[column] = max(_NARROWEST, left * wanted[column] / total)
    return given, False
