"""A figure too tall for a page in parts, each with some of its runs or data sets."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from fer_core.figures.built import Built


def in_parts(
    whole: Built,
    facets: Sequence[str],
    draw: Callable[[Any, tuple[str, ...]], Built],
    tallest_mm: float,
) -> tuple[Built, ...]:
    """Return the figure, or as few parts of it as are at most `tallest_mm` high; where not even
    the smallest parts are, those.

    facets: the fields of the info that hold an item for each run or data set, or for each but the
    first, which is then in every part; draw: draws an info of some of them.
    """
    count = len(getattr(whole.info, facets[0])) if facets else 1
    first = len(whole.subjects) - count  # 1 where the first is compared with each other
    if first not in (0, 1):  # several weights of each run
        return (whole,)
    parts = [whole]
    while max(part.height_mm for part in parts) > tallest_mm and len(parts) < count:
        parts = [
            draw(
                whole.info._replace(**{each: getattr(whole.info, each)[chosen] for each in facets}),
                (*whole.subjects[:first], *whole.subjects[first:][chosen]),
            )
            for chosen in _groups(count, len(parts) + 1)
        ]
    named = enumerate(parts, 1)
    return tuple(replace(part, part=(number, len(parts))) for number, part in named)


def _groups(count: int, parts: int) -> Iterator[slice]:
    """Yield places that follow each other, in groups as equal as they can be."""
    start = 0
    for left in range(parts, 0, -1):
        end = start + ceil((count - start) / left)
        yield slice(start, end)
        start = end
