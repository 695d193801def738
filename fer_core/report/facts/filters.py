"""What is stored of filters by gradient ascent: how many, dead ones, duplicates, how fine."""

from typing import TYPE_CHECKING

import numpy as np

from fer_core.analysis.duplicates import ALIKE
from fer_core.analysis.frequencies import energy_by_frequency
from fer_core.analysis.sides import Side, sides
from fer_core.errors import InputError
from fer_core.figures import facets, stored_arrays, stored_filters, text
from fer_core.figures.stored_arrays import NOISE
from fer_core.figures.stored_filters import STYLES, Ascended
from fer_core.records import FILTERS, Run
from fer_core.translation import Translate, translator
from fer_core.words import clauses, listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return a paragraph for each run with filters ascended from noise with its best weights, a
    sentence for each layer in forward order."""
    _ = translator(language)
    found = []
    for side in sides(store, [run.id for run in runs], "best"):
        layers = _ascended(store, side)
        if layers:
            head = _("Filters of {name} by gradient ascent from noise, best weights.")
            told = [head.format(name=facets.named(side.run, _))]
            told += [_layer(each, style, _) for style, each in layers]
            found.append(sentences(told, _))
    return found


def _ascended(store: "RunStore", side: Side) -> list[tuple[str, Ascended]]:
    depths = stored_arrays.depths(store, side)
    found = []
    for style in STYLES:
        keys = stored_arrays.keys(store, side, FILTERS, method=style, sample="")
        for layer in sorted((key.layer for key in keys), key=lambda name: depths.get(name, -1)):
            try:
                read = stored_filters.read(store, side, layer=layer, style=style, start=NOISE)
            except InputError:  # images without their activations
                continue
            found.append((style, read))
    return found


def _layer(each: Ascended, style: str, _: Translate) -> str:
    said = [
        _("{layer}: {count} filters after {steps} steps ({style})").format(
            layer=text.clean(each.layer),
            count=len(each.filters),
            steps=int(each.steps[-1]),
            style=_(style),
        ),
        _("dead: {dead}").format(dead=int(each.dead.sum())),
    ]
    if each.duplicates is not None:
        form = _("duplicates (correlation {least:g} or more): {count}")
        said.append(form.format(least=ALIKE, count=int(each.duplicates.sum())))
    energy = energy_by_frequency(each.images[~each.dead, -1])
    energy = energy[np.isfinite(energy).all(axis=-1)]
    if len(energy):
        form = _("mean share of the images' energy by width of the pattern: {bands}")
        bands = (
            f"{name} {text.percent(share)}"
            for name, share in zip(_bands(_), energy.mean(axis=0), strict=True)
        )
        said.append(form.format(bands=listed(bands, _)))
    return _("{said}.").format(said=clauses(said, _))


def _bands(_: Translate) -> tuple[str, ...]:
    """The names of `frequencies.BANDS`, from coarse to fine."""
    return _("over 16 px"), _("8 to 16 px"), _("4 to 8 px"), _("up to 4 px")
