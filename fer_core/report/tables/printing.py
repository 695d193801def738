"""What tables share: the form in which they are printed, and how runs are named in them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fer_core.figures import facets, text
from fer_core.records import Run
from fer_core.translation import Translate
from fer_core.words import sentences


class Printed(NamedTuple):
    """A table as it is printed. numeric: which columns are aligned right; caption: a sentence or
    two: what the numbers are of."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    caption: str


def run_names(runs: Sequence[Run], _: Translate) -> list[str]:
    """Return the name of each run; where only some are of synthetic data, those say so."""
    mixed = not all(run.synthetic for run in runs)
    return [facets.named(run, _) if mixed else text.clean(run.name) for run in runs]


def captioned(sentence: str, runs: Sequence[Run], _: Translate) -> str:
    """Add what a table must say: the run where it is one alone, and that all data is synthetic."""
    said = [sentence]
    if len(runs) == 1:
        said.append(_("Run: {name}.").format(name=facets.named(runs[0], _)))
    elif all(run.synthetic for run in runs):
        said.append(_("All of synthetic data."))
    return sentences(said, _)


def with_runs(
    header: Sequence[str],
    rows: Sequence[tuple[int, Sequence[str]]],
    numeric: Sequence[bool],
    runs: Sequence[Run],
    _: Translate,
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...], tuple[bool, ...]]:
    """Put the name of its run in front of each row, unless there is one run alone.

    rows: each with the place of its run. A name stands in the first of its rows only.
    """
    if len(runs) == 1:
        return tuple(header), tuple(tuple(row) for _place, row in rows), tuple(numeric)
    names = run_names(runs, _)
    places = [place for place, _row in rows]
    first = [i == 0 or places[i - 1] != place for i, place in enumerate(places)]
    written = tuple(
        (names[place] if is_first else "", *row)
        for (place, row), is_first in zip(rows, first, strict=True)
    )
    return (_("Run"), *header), written, (False, *numeric)


def decimal(value: float) -> str:
    """Write a number that is not a share, as a log loss: three decimals, "–" where unknown."""
    return f"{value:.3f}" if np.isfinite(value) else "–"
