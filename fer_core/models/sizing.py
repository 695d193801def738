"""Bringing an architecture to a given number of parameters, by its widths or by its depth."""

import bisect
import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from fer_core.errors import InputError
from fer_core.models import sequential
from fer_core.models.layer_kinds import MOST_PARAMETERS, RESIDUAL
from fer_core.models.layers import count_parameters

TOLERANCE = 0.01  # of the wanted number
MATCH_BY = ("width", "depth")
_DEPTHS = range(1, 33)
_FACTOR_PRECISION = 1e-5


def match_parameters(
    architecture: Mapping[str, Any], wanted: int, *, by: str = "width"
) -> dict[str, Any]:
    """Return the architecture with `wanted` parameters in all, to within 1 %.

    by ``width``: every width (filters and units, but for the logits) is multiplied by the same
    factor, the layers stay; ``depth``: the layers with a `repeat` are repeated as often as comes
    nearest, and then the widths make up the rest. Parameters are counted as Keras does.

    Raises InputError when there is nothing to change, or no such network.
    """
    if by not in MATCH_BY:
        raise InputError(f"parameters are matched by {' or '.join(MATCH_BY)}, not by {by!r}")
    if wanted > MOST_PARAMETERS:
        raise InputError(f"{wanted:,} parameters are too many; {MOST_PARAMETERS:,} is the most")
    if architecture.get("family") != "sequential":
        raise InputError("only an architecture that is a list of layers can be sized")
    _built(architecture)  # what is wrong with it is told as it is
    if not _widths(architecture):
        raise InputError("an architecture without hidden layers has no width to size")
    if by == "depth":
        architecture = _with_nearest_depth(architecture, wanted)
    sized = _with_nearest_widths(architecture, wanted)
    found = _built(sized)
    if abs(found - wanted) > TOLERANCE * wanted:
        raise InputError(
            f"no widths give {wanted:,} parameters to within {TOLERANCE:.0%}; the nearest are "
            f"{_widths(sized)} with {found:,}"
        )
    return sized


def _with_nearest_widths(architecture: Mapping[str, Any], wanted: int) -> dict[str, Any]:
    def distance(candidate: Mapping[str, Any]) -> float:
        return abs(_count(candidate) - wanted)

    low, high = 0.0, 1.0
    while _count(_scaled(architecture, high)) < wanted:
        low, high = high, 2 * high
    while high - low > _FACTOR_PRECISION * high:
        if _scaled(architecture, low) == _scaled(architecture, high):
            break
        middle = (low + high) / 2
        if _count(_scaled(architecture, middle)) < wanted:
            low = middle
        else:
            high = middle
    below, above = _scaled(architecture, low), _scaled(architecture, high)
    best = min(below, above, key=distance)
    if distance(best) <= TOLERANCE * wanted:
        return best
    # One factor for all widths is too coarse for a small network: go on width by width.
    best = _unrolled(below)
    while True:
        widths = _widths(best)
        wider = [
            _with_widths(best, [width + (n == place) for n, width in enumerate(widths)])
            for place in range(len(widths))
        ]
        # Too much at once would end this far from the number; smaller steps are still to come.
        fitting = [each for each in wider if _count(each) <= (1 + TOLERANCE) * wanted]
        nearest = min([best, *fitting], key=distance)
        if nearest is best:
            return best
        best = nearest


def _with_nearest_depth(architecture: Mapping[str, Any], wanted: int) -> dict[str, Any]:
    if not any("repeat" in layer for layer in _each(architecture["layers"])):
        raise InputError(
            "no layer has a repeat to match by depth; write one, e.g. { dense = 512, repeat = 3 }"
        )

    def count(depth: int) -> float:
        return _count(_repeated(architecture, depth))

    shallow, deep = count(_DEPTHS[0]), count(_DEPTHS[-1])
    if not shallow * (1 - TOLERANCE) <= wanted <= deep * (1 + TOLERANCE):
        most = f"{deep:,}" if math.isfinite(deep) else f"over {MOST_PARAMETERS:,}"
        raise InputError(
            f"{wanted:,} parameters are out of reach by depth: repeats of {_DEPTHS[0]} to "
            f"{_DEPTHS[-1]} give {shallow:,} to {most}; use --match-by width"
        )
    enough = bisect.bisect_left(_DEPTHS, True, key=lambda depth: count(depth) >= wanted)
    around = _DEPTHS[max(0, enough - 1) : enough + 1]
    nearest = min(around, key=lambda depth: abs(math.log(count(depth) / wanted)))
    return _repeated(architecture, nearest)


def _count(architecture: Mapping[str, Any]) -> float:
    """Return the parameters; infinity where they are more than `build` allows."""
    try:
        return _built(architecture)
    except InputError:
        return math.inf


def _built(architecture: Mapping[str, Any]) -> int:
    with torch.device("meta"):  # shapes without numbers: nothing is allocated
        return count_parameters(sequential.build(architecture))


def _each(layers: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the layers in order, a residual block's after the block."""
    for layer in layers:
        yield layer
        yield from _each(layer.get(RESIDUAL, ()))


def _places(layers: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    """Return each layer that has a width, with its kind, but for the last: the logits."""
    kinds = ("conv", "dense")
    return [(layer, kind) for layer in _each(layers) for kind in kinds if kind in layer][:-1]


def _widths(architecture: Mapping[str, Any]) -> list[int]:
    return [layer[kind] for layer, kind in _places(architecture["layers"])]


def _with_widths(architecture: Mapping[str, Any], widths: Sequence[int]) -> dict[str, Any]:
    layers = copy.deepcopy(architecture["layers"])
    for (layer, kind), width in zip(_places(layers), widths, strict=True):
        layer[kind] = width
    return {**architecture, "layers": layers}


def _scaled(architecture: Mapping[str, Any], factor: float) -> dict[str, Any]:
    widths = [max(1, round(width * factor)) for width in _widths(architecture)]
    return _with_widths(architecture, widths)


def _repeated(architecture: Mapping[str, Any], depth: int) -> dict[str, Any]:
    layers = copy.deepcopy(architecture["layers"])
    for layer in _each(layers):
        if "repeat" in layer:
            layer["repeat"] = depth
    return {**architecture, "layers": layers}


def _unrolled(architecture: Mapping[str, Any]) -> dict[str, Any]:
    """Write repeated layers out, so that each has a width of its own."""
    return {**architecture, "layers": _written_out(architecture["layers"])}


def _written_out(layers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    written = []
    for layer in layers:
        for _ in range(layer.get("repeat", 1)):
            each = {key: value for key, value in layer.items() if key != "repeat"}
            if RESIDUAL in each:
                each[RESIDUAL] = _written_out(each[RESIDUAL])
            written.append(each)
    return written
