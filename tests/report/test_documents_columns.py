import pytest

from fer_core.figures import text
from fer_core.report.documents.columns import MM_PER_PT, widths
from fer_core.report.documents.wording import Grid

SIZE = 9 * MM_PER_PT


def of(grid: Grid, room: float, bold: float = 1.0) -> tuple[list[float], bool]:
    return widths(grid, font_size=9, gap=2.0, room=room, bold=bold)


def test_columns_are_as_wide_as_their_texts_where_there_is_room():
    grid = Grid(("Run", "Accuracy"), (("cnn-long-name", "65.4 %"),), (False, True))
    given, fits = of(grid, 100, bold=1.1)
    assert fits
    wanted = text.text_width("cnn-long-name", SIZE), text.text_width("Accuracy", 1.1 * SIZE)
    assert given == pytest.approx(wanted)


def test_where_room_lacks_words_and_numbers_stay_whole_and_texts_break():
    row = ("a text of many words " * 5, "20.0 % [12.3, 30.8]")
    grid = Grid(("Text", "Without twins"), (row,), (False, True))
    given, fits = of(grid, 80)
    assert not fits
    assert sum(given) == pytest.approx(78)
    assert given[1] >= text.text_width(row[1], SIZE)
    assert given[0] >= text.text_width("words", SIZE)


def test_a_table_never_gets_wider_than_its_room():
    row = ("x" * 200,) * 6
    given, fits = of(Grid(("n",) * 6, (row,), (False,) * 6), 170)
    assert not fits
    assert sum(given) + 5 * 2 == pytest.approx(170)


def test_a_table_without_rows_has_its_header():
    given, fits = of(Grid(("Run", "n"), (), (False, True)), 100)
    assert fits
    assert given == pytest.approx([text.text_width(word, SIZE) for word in ("Run", "n")])
