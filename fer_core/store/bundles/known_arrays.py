"""Arrays of the kinds that figures and reports read: what must be in them and be said of them.

Kinds that are not here may hold anything, as nothing reads them but what stored them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from fer_core.records import (
    ADVERSARIAL,
    AUGMENTATION,
    CLASS_IMAGES,
    CLASS_NAMES,
    DREAM,
    EXPLANATION,
    EXPLANATION_METHODS,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    IMAGE_SIZE,
    KERNELS,
    LAYER_OUTPUTS,
    ROBUSTNESS,
    SEGMENT_WEIGHTS,
    SEGMENTS,
    SOURCE,
    TOP_IMAGES,
)
from fer_core.store.bundles.checking import (
    BadFile,
    Check,
    anything,
    having,
    listed,
    mapped,
    measured,
    one_of,
    optional,
    several,
    text,
    whole,
)

_SIDE = IMAGE_SIZE
_CLASSES = len(CLASS_NAMES)
_MOST_STEPS = 1_000_000
_FLOAT, _INTEGER, _BYTES = ("f",), ("i", "u"), ("|u1",)
_SHARES = several(measured(0, 1), _CLASSES)
_ASCENT = {
    "filters": listed(whole(0, 1_000_000), different="="),
    "steps": listed(whole(0, _MOST_STEPS)),
    "dead": listed(whole()),
    "seed": anything,
}
# Of each kind: its types, its shape (0: any size from 1 on), what its provenance says.
_FORMS: Mapping[str, tuple[tuple[str, ...], tuple[int, ...], Mapping[str, Check]]] = {
    SOURCE: (_BYTES, (0,), {}),
    EXPLANATION: (
        _FLOAT,
        (_SIDE, _SIDE),
        {
            "probability": measured(0, 1),
            "predicted": one_of(*CLASS_NAMES),
            "true": optional(one_of(*CLASS_NAMES)),
            "output": text,
            "seed": anything,
            "options": mapped(text, anything),
            "extras": having({"r2": measured()}, optional=True),
        },
    ),
    SEGMENTS: (_INTEGER, (_SIDE, _SIDE), {}),
    SEGMENT_WEIGHTS: (_FLOAT, (0,), {}),
    FILTERS: (_FLOAT, (0, 0, _SIDE, _SIDE), _ASCENT),
    FILTER_ACTIVATIONS: (_FLOAT, (0, 0), _ASCENT),
    FILTER_SIMILARITY: (_FLOAT, (0, 0), {}),
    KERNELS: (_FLOAT, (0, 0, 0, 0), {}),
    TOP_IMAGES: (_FLOAT, (0, 0, 4), {"source": text}),
    LAYER_OUTPUTS: (_FLOAT, (0, 0, 0), {"activations": listed(measured())}),
    CLASS_IMAGES: (
        _FLOAT,
        (_CLASSES, _SIDE, _SIDE),
        {
            "probabilities": several(_SHARES, _CLASSES),
            "options": having({"steps": whole(0, _MOST_STEPS)}),
        },
    ),
    ADVERSARIAL: (
        _FLOAT,
        (2, _SIDE, _SIDE),
        {
            "true": optional(one_of(*CLASS_NAMES)),
            "before": _SHARES,
            "after": _SHARES,
            "epsilon": measured(0),
            "smallest_epsilon": optional(measured(0)),
        },
    ),
    ROBUSTNESS: (_FLOAT, (0, 2), {"n": whole(1)}),
    DREAM: (_FLOAT, (_SIDE, _SIDE), {"options": having({"octaves": whole(), "steps": whole()})}),
}
_PREVIEW = {
    "name": text,
    "seed": anything,
    "kinds": mapped(text, listed(text)),
    "strengths": listed(measured()),
    "settings": having(dict.fromkeys(("rotate", "shift", "zoom", "erase"), measured())),
}
_OF_AN_IMAGE = (EXPLANATION, SEGMENTS, SEGMENT_WEIGHTS, LAYER_OUTPUTS, ADVERSARIAL, DREAM)
_OF_A_LAYER = (TOP_IMAGES, LAYER_OUTPUTS, FILTER_SIMILARITY)  # a row for each of its filters

Counts = Mapping[str, int]  # images by split


class Seen(NamedTuple):
    """What must be known of a run's array beside the others. most: its largest value, of segments
    only."""

    tensor: Mapping[str, Any]
    shape: tuple[int, ...]
    most: int


def check_tensor(tensor: Mapping[str, Any], array: np.ndarray, images: Counts, where: str) -> Seen:
    """Raise BadFile unless an array of a run is what figures take arrays of its kind for.

    images: how many its data set has of each split, none where the run has no data set.
    """
    kind = tensor["kind"]
    if kind in _FORMS:
        _check(tensor, array, images, where)
    return Seen(tensor, array.shape, int(array.max()) if kind == SEGMENTS else 0)


def _check(tensor: Mapping[str, Any], array: np.ndarray, images: Counts, where: str) -> None:
    kind = tensor["kind"]
    where = f"{where}: {kind} {tensor['method']} {tensor['layer']} {tensor['sample']}".rstrip()
    types, shape, said = _FORMS[kind]
    _check_form(array, types, shape, where)
    having(said)(tensor["provenance"], f"{where}: its provenance")
    if kind in _OF_AN_IMAGE:
        _check_sample(tensor["sample"], images, where)
    if kind == EXPLANATION:
        one_of(*EXPLANATION_METHODS)(tensor["method"], f"{where}: its method")
    if kind == SEGMENTS and array.min() < 0:
        raise BadFile(f"{where} has the segment {array.min()}")
    if kind == ROBUSTNESS and not (array[:, 1].min() >= 0 and array[:, 1].max() <= 1):
        raise BadFile(f"{where} has accuracies beyond 0 and 1")
    if kind in (FILTERS, FILTER_ACTIVATIONS):
        _check_lengths(array, tensor["provenance"], ("filters", "steps"), where)
    if kind == LAYER_OUTPUTS:
        _check_lengths(array, tensor["provenance"], ("activations",), where)
    if kind == TOP_IMAGES:
        count = images.get(tensor["provenance"]["source"], 0)
        if not (array[..., 1].min() >= 0 and array[..., 1].max() < count):
            raise BadFile(f"{where} is of images that the data set lacks")


def check_together(seen: Sequence[Seen], where: str) -> None:
    """Raise BadFile unless a run's arrays fit each other: filters and what belongs to them,
    segments and their weights."""
    by_key: dict[Any, dict[str, Seen]] = defaultdict(dict)
    filters: dict[Any, int] = defaultdict(int)  # one more than the largest number, by layer
    for each in seen:
        parts = ("method", "layer", "sample", "target", "weights")
        by_key[tuple(each.tensor[part] for part in parts)][each.tensor["kind"]] = each
        if each.tensor["kind"] in (FILTERS, FILTER_ACTIVATIONS):
            numbers = each.tensor["provenance"]["filters"]
            filters[_layer(each)] = max(filters[_layer(each)], max(numbers) + 1)
    for kinds in by_key.values():
        if {FILTERS, FILTER_ACTIVATIONS} <= {*kinds}:
            images, values = kinds[FILTERS].shape, kinds[FILTER_ACTIVATIONS].shape
            if images[:2] != values:
                raise BadFile(f"{where}: filters {images} with activations {values}")
        if {SEGMENTS, SEGMENT_WEIGHTS} <= {*kinds}:
            most, count = kinds[SEGMENTS].most, kinds[SEGMENT_WEIGHTS].shape[0]
            if most >= count:
                raise BadFile(f"{where}: segment {most} with the weights of {count}")
    for each in seen:
        kind, shape, least = each.tensor["kind"], each.shape, filters[_layer(each)]
        if kind in _OF_A_LAYER and shape[0] < least:
            raise BadFile(
                f"{where}: {kind} of {shape[0]} filters of {each.tensor['layer']!a}, of which it "
                f"has filter {least - 1}"
            )
        if kind == FILTER_SIMILARITY and shape[0] != shape[1]:
            raise BadFile(f"{where}: {kind} is {shape}, not square")


def _layer(each: Seen) -> tuple[str, str]:
    return each.tensor["layer"], each.tensor["weights"]


def check_preview(tensor: Mapping[str, Any], array: np.ndarray, images: Counts, where: str) -> None:
    """Raise BadFile unless an array of a data set is what the figure of its kind takes it for."""
    if tensor["kind"] != AUGMENTATION:
        return
    where = f"{where}: {AUGMENTATION} {tensor['sample']}"
    _check_form(array, _BYTES, (0, 0, 0, _SIDE, _SIDE), where)
    having(_PREVIEW)(tensor["provenance"], f"{where}: its provenance")
    _check_lengths(array, tensor["provenance"], ("kinds", "strengths"), where)
    _check_sample(tensor["sample"], images, where)


def _check_form(
    array: np.ndarray, types: tuple[str, ...], shape: tuple[int, ...], where: str
) -> None:
    fits = len(array.shape) == len(shape) and all(
        size == wanted if wanted else size > 0
        for size, wanted in zip(array.shape, shape, strict=False)
    )
    if not {array.dtype.kind, array.dtype.str} & {*types} or not fits:
        wanted = " × ".join(str(size or "any") for size in shape)
        raise BadFile(
            f"{where} is {array.dtype} {array.shape}, which is not of its kind ({wanted})"
        )


def _check_lengths(
    array: np.ndarray, said: Mapping[str, Any], names: Sequence[str], where: str
) -> None:
    for name, size in zip(names, array.shape, strict=False):
        if len(said[name]) != size:
            raise BadFile(
                f"{where} is {array.shape}, and its provenance has {len(said[name])} {name}"
            )


def _check_sample(sample: str, images: Counts, where: str) -> None:
    split, _colon, index = sample.rpartition(":")
    known = index.isascii() and index.isdigit() and len(index) < 19
    if not known or int(index) >= images.get(split, 0):
        raise BadFile(f"{where} is of an image that the data set lacks")
