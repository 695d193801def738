"""Colours that colour-blind readers and grey printers tell apart; one for each run by position."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from fer_core.analysis.answers import Answers
    from fer_core.analysis.sides import Side

TEMPLATE = "plotly_white"
INK = "#222222"
FAINT_INK = "#6b6b6b"
GRID = "#e3e3e3"

# Okabe & Ito (2008), ordered so that neighbours differ in lightness, too. Their yellow
# vanishes on white paper: the grey of the palette's usual variant stands in.
OKABE_ITO = (
    "#0072B2",  # blue
    "#E69F00",  # orange
    "#000000",  # black
    "#CC79A7",  # reddish purple
    "#009E73",  # bluish green
    "#56B4E9",  # sky blue
    "#D55E00",  # vermillion
    "#999999",  # grey
)
SYMBOLS = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "cross",
    "triangle-down",
    "star",
    "x",
    "pentagon",
)

# Light to dark with evenly falling lightness: the order survives a grey printer.
SEQUENTIAL = ("#ffffff", "#d9e6f2", "#a9c8e2", "#6ba3cd", "#3378b0", "#104f89", "#062f5c")
COLOUR_SCALE = [[i / (len(SEQUENTIAL) - 1), colour] for i, colour in enumerate(SEQUENTIAL)]
# Less and more than nothing: blue and brown, equally light at equal distance from white.
DIVERGING = ("#104f89", "#6ba3cd", "#ffffff", "#d9944f", "#8a4300")
DIVERGING_SCALE = [[i / (len(DIVERGING) - 1), colour] for i, colour in enumerate(DIVERGING)]


class RunStyle(NamedTuple):
    """How one run looks in every figure: a colour, and a symbol for those who print in grey."""

    colour: str
    symbol: str


Styles = Mapping[str, RunStyle]  # by the run's id
_VARIANTS = (
    ("", "solid", ""),
    ("-open", "5px,2px", "/"),
    ("-dot", "1.5px,2px", "."),
    ("-open-dot", "7px,2px,1.5px,2px", "x"),
)


def run_style(position: int) -> RunStyle:
    """Return the style of the run at `position` (from 0) among the chosen ones.

    8 colours and 9 symbols: the first 72 runs all look different.
    """
    return RunStyle(OKABE_ITO[position % len(OKABE_ITO)], SYMBOLS[position % len(SYMBOLS)])


def run_styles(run_ids: Sequence[str]) -> Styles:
    """Return the style of each run by its id; they get colours in this order."""
    return {run_id: run_style(position) for position, run_id in enumerate(run_ids)}


class Variant(NamedTuple):
    """How one of several weights of a run looks: in the run's colour, with a symbol, a line and a
    pattern of bars of its own."""

    colour: str
    symbol: str
    dash: str
    pattern: str


def variants(sides: "Sequence[Side | Answers]", styles: Styles) -> list[Variant]:
    """Return how each side looks: runs differ in colour, weights of one run (the first four) in
    symbol, line and pattern."""
    found = []
    for position, side in enumerate(sides):
        earlier = sum(other.run.id == side.run.id for other in sides[:position])
        style, (ending, dash, pattern) = styles[side.run.id], _VARIANTS[earlier % len(_VARIANTS)]
        found.append(Variant(style.colour, style.symbol + ending, dash, pattern))
    return found


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2) of ``#rrggbb``, 0 for black to 1 for white."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def shade(share: float) -> str:
    """Return the colour of a value in 0..1 on the sequential scale, as plotly interpolates it."""
    return _between(SEQUENTIAL, share)


def diverging_shade(share: float) -> str:
    """Return the colour of a value in -1..1 on the diverging scale."""
    return _between(DIVERGING, (share + 1) / 2)


def _between(colours: tuple[str, ...], share: float) -> str:
    place = min(max(share, 0.0), 1.0) * (len(colours) - 1)
    index = min(int(place), len(colours) - 2)
    part = place - index
    low, high = colours[index], colours[index + 1]
    mixed = (
        round(int(low[i : i + 2], 16) * (1 - part) + int(high[i : i + 2], 16) * part)
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def colours(values: np.ndarray, *, signed: bool) -> np.ndarray:
    """Return the colours of values (...) in 0..1, or in -1..1 on the diverging scale: (..., 3)
    uint8. Signed or not, 0 is white."""
    scale = DIVERGING if signed else SEQUENTIAL
    known = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in scale])
    places = np.linspace(-1 if signed else 0, 1, len(scale))
    channels = [np.interp(values, places, known[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def text_on(background: str) -> str:
    """Return black or white, whichever has the higher contrast (WCAG 2) on `background`."""
    light = luminance(background)
    return "#ffffff" if 1.05 / (light + 0.05) > (light + 0.05) / 0.05 else "#000000"
