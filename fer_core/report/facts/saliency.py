"""Which explanations are stored, and where known, on which parts of the face they fall."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from fer_core.analysis.regions import energy_by_region, share_of_pixels
from fer_core.errors import InputError
from fer_core.figures import facets, text
from fer_core.records import EXPLANATION, EXPLANATION_METHODS, REGION_NAMES, Run, TensorKey
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

_REGIONS = 3  # in words, those with the largest shares


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return a paragraph for each run with stored explanations of its best weights. Shares by
    region are there only where the data set stores regions: of synthetic faces."""
    _ = translator(language)
    found = []
    for run in runs:
        keys = [key for key in store.tensor_keys(run.id, EXPLANATION) if key.weights == "best"]
        if keys:
            told = [_stored(run, keys, _), *_by_region(store, run, keys, _)]
            found.append(sentences(told, _))
    return found


def _stored(run: Run, keys: Sequence[TensorKey], _: Translate) -> str:
    samples: dict[tuple[str, str], set[str]] = defaultdict(set)
    for key in keys:
        samples[key.method, key.layer].add(key.sample)
    labels = text.method_labels(_)
    said = []
    for method in EXPLANATION_METHODS:
        for (name, layer), images in samples.items():
            if name == method:
                form = _("{method} of {count} images")
                if layer:
                    form = _("{method} of {count} images (layer {layer})")
                said.append(
                    form.format(method=labels[method], count=len(images), layer=text.clean(layer))
                )
    splits = dict.fromkeys(key.sample.rpartition(":")[0] for key in keys)
    return _(
        "Explanations of {name} (best weights; images of {splits}; {target}): {methods}."
    ).format(
        name=facets.named(run, _),
        splits=listed((_(split) for split in splits), _),
        target=_targets(keys, _),
        methods=listed(said, _),
    )


def _targets(keys: Sequence[TensorKey], _: Translate) -> str:
    predicted = [key.target == key.provenance.get("predicted") for key in keys]
    if all(predicted):
        return _("of the class that the run predicts")
    true = [key.target == key.provenance.get("true") for key in keys]
    if all(true):
        return _("of the true class")
    return _("of several classes")


def _by_region(store: "RunStore", run: Run, keys: Sequence[TensorKey], _: Translate) -> list[str]:
    """Say of each method which regions have the largest shares of its maps' absolute values,
    beside their shares of the pixels."""
    data = run.dataset_fingerprint
    places = {}
    for key in keys:
        with suppress(InputError):  # a loop of one's own may have explained images of its own
            places[key.sample] = store.sample(data, key.sample)
    stored = {split: store.regions(data, split) for split, _index in places.values()}
    regions_of = {
        sample: regions[index]
        for sample, (split, index) in places.items()
        if (regions := stored[split]) is not None
    }
    labels = text.method_labels(_)
    told = []
    for method in dict.fromkeys(key.method for key in keys):
        records = [
            record
            for record in store.tensors(run.id, EXPLANATION, method=method, weights="best")
            if record.sample in regions_of
        ]
        if not records:
            continue
        regions = np.array([regions_of[record.sample] for record in records])
        energy = energy_by_region(np.array([record.array for record in records]), regions)
        known = np.isfinite(energy).all(axis=1)  # a blank map has no energy anywhere
        if known.any():
            shares = energy[known].mean(axis=0), share_of_pixels(regions[known]).mean(axis=0)
            said = _("{method}, mean of {count} maps: {regions}.")
            told.append(
                said.format(
                    method=labels[method], count=int(known.sum()), regions=_largest(*shares, _)
                )
            )
    if told:
        told.insert(
            0,
            _(
                "Share of a map's absolute values on parts of the face, the largest first, and in "
                "brackets the part's share of the pixels:"
            ),
        )
    return told


def _largest(energy: np.ndarray, pixels: np.ndarray, _: Translate) -> str:
    order = np.argsort(-energy, kind="stable")[:_REGIONS]
    labels = _region_labels(_)
    said = (
        _("{region} {share} ({pixels})").format(
            region=labels[REGION_NAMES[number]],
            share=text.percent(energy[number]),
            pixels=text.percent(pixels[number]),
        )
        for number in order
    )
    return listed(said, _)


def _region_labels(_: Translate) -> dict[str, str]:
    return {
        "rest": _("rest of the image"),
        "brows": _("brows"),
        "eyes": _("eyes"),
        "nose": _("nose"),
        "mouth": _("mouth"),
        "cheeks": _("cheeks"),
        "forehead": _("forehead"),
    }
