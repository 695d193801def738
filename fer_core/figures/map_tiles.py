"""What the figures of explanations share: maps as colours, the texts of a tile, the settings."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fer_core.analysis import maps as numbers
from fer_core.figures import facets, palette, text
from fer_core.figures.options import one_of
from fer_core.figures.stored_maps import RunMaps, StoredMap
from fer_core.figures.wanted_maps import SCALES
from fer_core.translation import Translate
from fer_core.words import clauses, listed, sentences, weights_names

MOST = 20  # images of each class


def levels(runs: Sequence[RunMaps], scale: str) -> list[dict[str, np.ndarray]]:
    """Return what the maps of each run and method are drawn against, (N,) float64.

    scale: ``own`` of each map, or ``shared`` by all maps of a method, also across the runs.
    """
    one_of("scale", scale, SCALES)
    shared = {}
    for method in {method for run in runs for method in run.maps} if scale == "shared" else ():
        every = [each.values for run in runs for each in run.maps.get(method, ())]
        shared[method] = numbers.limit(np.array(every))
    return [
        {
            method: np.array([shared.get(method, numbers.limit(each.values)) for each in maps])
            for method, maps in run.maps.items()
        }
        for run in runs
    ]


def scaled(maps: Sequence[StoredMap], against: np.ndarray) -> np.ndarray:
    """Return maps divided by their levels: (N, 48, 48) float64 in -1..1, blank ones 0."""
    pairs = zip(maps, against, strict=True)
    return np.array([numbers.scaled(each.values, level) for each, level in pairs])


def grey(images: np.ndarray) -> np.ndarray:
    """Return grey images (...) as colours (..., 3)."""
    return np.repeat(images[..., None], 3, axis=-1)


def colours(values: np.ndarray, *, signed: bool) -> np.ndarray:
    """Return scaled maps (...) as colours (..., 3)."""
    return palette.colours(values, signed=signed)


def caption(each: StoredMap, _: Translate) -> str:
    """Return what stands below a map: the explained class and the model's probability of it."""
    return f"{_(each.record.target)}\n{text.whole_percent(each.probability)}"


def mark(values: np.ndarray, _: Translate) -> str:
    """Return what stands on a map that shows nothing, else ""."""
    words = {"all zero": _("all zero"), "not finite": _("not finite"), "": ""}
    return words[numbers.blank_reason(values)]


def row_label(sample: str, each: StoredMap, _: Translate) -> str:
    """Return what stands beside an image: its class and where it lies, in three lines."""
    split, _colon, index = sample.rpartition(":")
    return f"{_(each.true) if each.true else _('no label')}\n{split}:\n{index}"


def hover(run: RunMaps, place: int, each: StoredMap, _: Translate) -> str:
    """Return what the mouse over a map says."""
    labels = text.method_labels(_)
    parts = [run.samples[place], text.clean(run.names[place]), labels[each.record.method]]
    parts += [each.record.layer] if each.record.layer else []
    return listed([*parts, caption(each, _).replace("\n", " ")], _)


def settings(runs: Sequence[RunMaps], scale: str, _: Translate) -> list[str]:
    """Return the settings of the methods, a sentence each, and what all have in common."""
    labels = text.method_labels(_)
    lines = []
    for method in dict.fromkeys(method for run in runs for method in run.maps):
        told = {
            text.clean(run.side.subject.name): _told(run.maps.get(method, ()), _) for run in runs
        }
        told = {name: words for name, words in told.items() if words}
        if len(set(told.values())) == 1:
            facts = next(iter(told.values()))
            lines.append(_("{name}: {facts}.").format(name=labels[method], facts=facts))
        else:
            line = _("{method}, {name}: {facts}.")
            lines += [
                line.format(method=labels[method], name=name, facts=words)
                for name, words in told.items()
            ]
    every = [each for run in runs for maps in run.maps.values() for each in maps]
    lines.append(
        _("Explained: the {output}; seed {seed}; {weights} weights.").format(
            output=_distinct(_(str(each.provenance["output"])) for each in every),
            seed=_distinct(str(each.provenance["seed"]) for each in every),
            weights=weights_names((each.record.weights for each in every), _),
        )
    )
    lines.append(
        _("Strongest colour: each map's 99th percentile.")
        if scale == "own"
        else _("Strongest colour: the 99th percentile of all maps of a method.")
    )
    return lines


def _told(maps: Sequence[StoredMap], _: Translate) -> str:
    """The layer, the options and the fit (R², of LIME) of one method's maps."""
    parts = []
    if layers := _distinct(each.record.layer for each in maps if each.record.layer):
        parts.append(_("layer {layer}").format(layer=text.clean(layers)))
    if options := _distinct(_options(each.provenance["options"], _) for each in maps):
        parts.append(options)
    fits = [each.provenance["extras"]["r2"] for each in maps if "r2" in each.provenance["extras"]]
    if fits:
        low, high = (f"{value:.2f}" for value in (min(fits), max(fits)))
        fit = low if low == high else _("{low} to {high}").format(low=low, high=high)
        parts.append(f"R²\u00a0{fit}")
    return listed(parts, _)


def _options(options: Mapping[str, Any], _: Translate) -> str:
    written = (f"{name.replace('_', ' ')} {value}" for name, value in options.items())
    return listed(written, _)


def _distinct(words: Iterable[str]) -> str:
    return " / ".join(dict.fromkeys(words))


def described(runs: Sequence[RunMaps], _: Translate) -> list[str]:
    """Return a line for each run: its images, what each was explained as, what it cannot have."""
    labels = text.method_labels(_)
    lines = []
    for run in runs:
        first = next(iter(run.maps.values()))
        images = [
            _("{sample} ({true}) as {caption}").format(
                sample=sample,
                true=_(each.true) if each.true else _("no label"),
                caption=caption(each, _).replace("\n", " "),
            )
            for sample, each in zip(run.samples, first, strict=True)
        ]
        name = facets.named(run.side.subject, _)
        said = [_("{name}: {facts}.").format(name=name, facts=clauses(images, _))]
        if run.impossible:
            names = listed((labels[method] for method in run.impossible), _)
            said.append(_("No {names}: the network has no convolution.").format(names=names))
        lines.append(sentences(said, _))
    return lines


def rows(run: RunMaps, method: str, against: np.ndarray) -> list[dict[str, Any]]:
    """Return what a csv says of the maps of one method, a row each."""
    return [
        {
            **run.side.own,
            "sample": sample,
            "name": name,
            "true": each.true,
            "predicted": each.predicted,
            "method": method,
            "layer": each.record.layer,
            "target": each.record.target,
            "probability": each.probability,
            "minimum": float(each.values.min()),
            "maximum": float(each.values.max()),
            "strongest_colour": float(level),
        }
        for sample, name, each, level in zip(
            run.samples, run.names, run.maps[method], against, strict=True
        )
    ]
