"""The shapes that a run's own convolutions give, worked out with the formula."""

from typing import TYPE_CHECKING

from fer_core.analysis.convolutions import (
    CHANNELS_LAST,
    Convolution,
    Pair,
    convolution,
    is_convolution,
)
from fer_core.figures import facets, text
from fer_core.records import Run
from fer_core.translation import Translate, translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return the formula, then a paragraph for each run: its convolutions, each worked out; those
    that were stored without kernel, stride and padding are left out."""
    _ = translator(language)
    found = []
    for run in runs:
        layers = filter(is_convolution, store.details(run.id).layers)
        numbers = [each for layer in layers if (each := convolution(layer)) is not None]
        if numbers:
            head = _("{name}, convolution by convolution:").format(name=facets.named(run, _))
            found.append(sentences([head, *(_worked(each, _) for each in numbers)], _))
    formula = _(
        "A convolution with kernel (k1, k2), stride (s1, s2) and padding (p1, p2) turns its input "
        "into its output so: {formula}."
    ).format(formula=" ".join(CHANNELS_LAST))
    return [formula, *found] if found else []


def _worked(each: Convolution, _: Translate) -> str:
    words = _("{layer}: kernel {kernel}, stride {stride}, padding {padding}: {worked}.")
    if each.span != each.kernel:
        words = _(
            "{layer}: kernel {kernel} with dilation {dilation}, so that k = {span}, stride "
            "{stride}, padding {padding}: {worked}."
        )
    return words.format(
        layer=text.clean(each.name),
        kernel=pair(each.kernel),
        stride=pair(each.stride),
        padding=pair(each.padding),
        dilation=pair(each.dilation),
        span=pair(each.span),
        worked=" ".join(each.channels_last),
    )


def pair(values: Pair) -> str:
    """Write a pair along W and H: ``(3, 3)``."""
    return f"({values[0]:g}, {values[1]:g})"
