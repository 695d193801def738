"""Writes the arithmetic of convolutions: the formula, then each one's numbers in both orders."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go

from fer_core.analysis.convolutions import CHANNELS_FIRST, CHANNELS_LAST, Convolution, Pair
from fer_core.figures import palette, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.sheet import Sheet
from fer_core.translation import Translate, translator

if TYPE_CHECKING:
    from fer_core.figures.layer_arithmetic import LayerArithmetic

FIRST_INK = "#0072B2"  # of what is in PyTorch's order


class _Line(NamedTuple):
    """One line; indent: in em; rule: a line above it, of this colour; symbols: ``C_in`` and
    ``k1`` are drawn with subscripts."""

    content: str
    indent: float = 0.0
    colour: str = palette.INK
    rule: str = ""
    symbols: bool = False


def draw(
    info: "LayerArithmetic", *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Write the formula, and below it each convolution of each run; equal ones that follow each
    other once."""
    canvas = Canvas(width_mm, font_size)
    sheet, em, line = Sheet(canvas), canvas.em, canvas.line
    left, right = 0.3 * em, canvas.width - 0.3 * em
    needed = max(text.text_width(piece, em) for piece in _pieces(info)) + 2 * em
    if needed > right - left:  # half a formula says nothing: smaller letters instead
        smaller = 0.98 * font_size * (right - left) / needed
        return draw(info, language=language, width_mm=width_mm, font_size=smaller)
    y = 0.3 * em
    for each in _all_lines(info, em, right - left, translator(language)):
        if each.rule:
            y += 0.3 * em
            sheet.line((left, y), (right, y), colour=each.rule)
            y += 0.2 * em
        markup = text.escape(each.content)
        if each.symbols:
            markup = _with_subscripts(markup)
        sheet.write_markup(markup, left + each.indent * em, y + line / 2, colour=each.colour)
        y += line
    canvas.set_height(y + 0.3 * em)
    sheet.place()
    return canvas.figure()


def _pieces(info: "LayerArithmetic") -> Iterator[str]:
    """All that a line must have room for."""
    yield from (*CHANNELS_LAST, *CHANNELS_FIRST)
    for each in info.runs:
        for layer in each.convolutions:
            yield from (*layer.channels_last, *layer.channels_first)


def _all_lines(info: "LayerArithmetic", em: float, room: float, _: Translate) -> Iterator[_Line]:
    yield _Line(_("Channels last"))
    yield from _formula(CHANNELS_LAST, em, room, palette.INK, symbols=True)
    yield _Line(_("PyTorch: channels first"), colour=FIRST_INK)
    yield from _formula(CHANNELS_FIRST, em, room, FIRST_INK, symbols=True)
    names = text.run_labels([each.run.name for each in info.runs], em, room)
    for name, each in zip(names, info.runs, strict=True):
        rule = palette.INK
        if len(names) > 1:
            yield _Line(name, rule=rule)
            rule = "" if each.convolutions else rule
        if not each.convolutions:
            yield _Line(_("no convolutions"), rule="" if len(names) > 1 else rule)
        for _same, group in groupby(each.convolutions, key=lambda layer: layer[1:]):
            equal = list(group)
            title = text.fill(_title(equal, _), em, room)
            for index, content in enumerate(title):
                yield _Line(content, 1.0 if index else 0.0, rule="" if index else rule)
            yield from _formula(equal[0].channels_last, em, room, palette.INK)
            yield from _formula(equal[0].channels_first, em, room, FIRST_INK)
            rule = palette.GRID


def _formula(
    pieces: Sequence[str], em: float, room: float, colour: str, *, symbols: bool = False
) -> Iterator[_Line]:
    """A formula in lines, those after the first indented further."""
    for index, content in enumerate(text.fill(pieces, em, room - 2 * em)):
        yield _Line(content, 2.0 if index else 1.0, colour, symbols=symbols)


def _title(equal: list[Convolution], _: Translate) -> list[str]:
    """Name, kernel, stride and padding, in pieces."""
    first, last = equal[0], equal[-1]
    name = first.name
    if len(equal) > 1:
        name += f"–{last.name.removeprefix('conv')}"
    pieces = [
        _("kernel {pair},").format(pair=_written(first.kernel)),
        _("stride {pair},").format(pair=_written(first.stride)),
        _("padding {pair}").format(pair=_written(first.padding)),
    ]
    if any(side % 1 for side in first.padding):
        pieces.append(_("(one side gets one more)"))
    if first.dilation != (1, 1):
        pieces[-1] = _("{words},").format(words=pieces[-1])
        pieces.append(
            _("dilation {pair}: spans {span}").format(
                pair=_written(first.dilation), span=_written(first.span)
            )
        )
    return [_("{name}:").format(name=name), *pieces]


def _written(pair: Pair) -> str:
    return f"({pair[0]:g}, {pair[1]:g})"


def _with_subscripts(escaped: str) -> str:
    escaped = re.sub(r"\bC_(in|out)\b", r"C<sub>\1</sub>", escaped)
    return re.sub(r"\b([pks])([12])\b", r"\1<sub>\2</sub>", escaped)
