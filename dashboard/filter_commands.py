"""The commands that the page Filters may start, as arguments from checked choices."""

import re
from collections.abc import Sequence

from fer_core.errors import InputError
from fer_core.figures.adversarial import ATTACKS
from fer_core.figures.stored_filters import STYLES
from fer_core.records import ANY_WEIGHTS

_LAYER = re.compile(r"[A-Za-z0-9_.]+")
_SAMPLE = re.compile(r"[A-Za-z0-9_-]+:[0-9]+")


def filters(
    runs: Sequence[str], *, layer: str | None = None, style: str = STYLES[0], weights: str = "best"
) -> list[str]:
    """Return the arguments of ``fer-core filters`` for a layer of one run, or the usual ones."""
    if style not in STYLES:
        raise InputError(f"style is {style!r}; use one of {', '.join(STYLES)}")
    words = ["filters", _one(runs)]
    words += [f"--layers={_layer(layer)}"] if layer is not None else []
    words += [f"--style={style}"] if style != STYLES[0] else []
    return words + _weights(weights)


def outputs(
    runs: Sequence[str], *, sample: str, layer: str | None = None, weights: str = "best"
) -> list[str]:
    """Return the arguments of ``fer-core outputs`` for a layer of one run, or the usual ones, and
    an image."""
    words = ["outputs", _one(runs), f"--sample={_sample(sample)}"]
    words += [f"--layers={_layer(layer)}"] if layer is not None else []
    return words + _weights(weights)


def adversarial(
    runs: Sequence[str],
    *,
    attack: str = "fgsm",
    sample: str = "",
    robustness: bool = False,
    weights: str = "best",
) -> list[str]:
    """Return the arguments of ``fer-core adversarial`` for an image or for the curve."""
    if attack not in ATTACKS:
        raise InputError(f"attack is {attack!r}; use one of {', '.join(ATTACKS)}")
    words = ["adversarial", _one(runs)]
    words += [f"--sample={_sample(sample)}"] if sample else []
    words += ["--robustness"] if robustness is True else []
    words += [f"--attack={attack}"] if attack != "fgsm" else []
    return words + _weights(weights)


def dream(
    runs: Sequence[str], *, sample: str, layer: str | None = None, weights: str = "best"
) -> list[str]:
    """Return the arguments of ``fer-core dream`` for a layer of one run, or the last convolution,
    and an image."""
    words = ["dream", _one(runs), f"--sample={_sample(sample)}"]
    words += [f"--layer={_layer(layer)}"] if layer is not None else []
    return words + _weights(weights)


def _one(runs: Sequence[str]) -> str:
    if len(runs) != 1:
        raise InputError(f"{len(runs)} runs to look into; pick one")
    return runs[0]


def _layer(layer: str) -> str:
    if not _LAYER.fullmatch(layer):
        raise InputError(f"layer is {layer!r}; use a name that fer-core presets show prints")
    return layer


def _sample(sample: str) -> str:
    if not _SAMPLE.fullmatch(sample):
        raise InputError(f"sample is {sample!r}; give split:index, as test:12")
    return sample


def _weights(weights: str) -> list[str]:
    if not ANY_WEIGHTS.fullmatch(weights):
        raise InputError(f"weights is {weights!r}; use best, last, average or epoch-N")
    return [f"--weights={weights}"] if weights != "best" else []
