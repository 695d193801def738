"""What a model looks at, by any of EXPLAINERS: `explain` is one call for all of them.

A method is a module with SIGNED and `explain`: from a Subject to Maps, its options keyword-only
with defaults; where it has a keyword `layer` or `seed` it gets them, too. OUTPUT stands in it
where it explains the probability unless asked otherwise. A new one is a new file and a line in
EXPLAINERS.
"""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import pad

from fer_core.errors import InputError
from fer_core.explain import (
    gradcam,
    guided_backprop,
    guided_gradcam,
    integrated_gradients,
    lime,
    occlusion,
    saliency,
    smoothgrad,
)
from fer_core.explain.inputs import on_model
from fer_core.explain.options import whole
from fer_core.explain.subject import Subject, at_once
from fer_core.explain.untouched import untouched

# In the order of a report.
EXPLAINERS = {
    "saliency": saliency,
    "smoothgrad": smoothgrad,
    "integrated_gradients": integrated_gradients,
    "gradcam": gradcam,
    "guided_backprop": guided_backprop,
    "guided_gradcam": guided_gradcam,
    "lime": lime,
    "occlusion": occlusion,
}


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a method found for N images.

    maps: (N, 48, 48) float32, raw, signed where `signed`; targets: (N,) int64; layer: its full
    name, empty where the method is about pixels; options: all of them, also those left at their
    defaults; extras: what the method adds, by name, arrays (N, ...).
    """

    method: str
    maps: np.ndarray
    targets: np.ndarray
    signed: bool
    layer: str = ""
    output: str = "logit"
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)


def explain(
    method: str,
    model: nn.Module,
    images: torch.Tensor | np.ndarray,
    *,
    targets: torch.Tensor | np.ndarray,
    layer: str | None = None,
    seed: int = 0,
    output: str | None = None,
    **options: Any,
) -> Explanation:
    """Explain the model's score of a class for each image.

    model: any module from images to logits (N, 7), a `Classifier` or not; images: (N, 1, 48, 48)
    float32 in [0, 1]; targets: (N,) classes 0..6; layer: for methods about a layer, and for
    `saliency` (see `layers.resolve`); seed: of methods that draw random numbers: an image's depend
    on the seed and the image alone; output: ``logit`` or ``probability``, by default what the
    method is about (`output_of`); options: see `options_of`. The model comes back as it was. Raises
    InputError for anything else.
    """
    module = _module(method)
    chosen = _chosen(method, options)
    taken = inspect.signature(module.explain).parameters
    output = output or output_of(method)
    arguments = dict(chosen)
    if "seed" in taken:
        whole("seed", seed, 0)
        arguments["seed"] = seed
    if layer and "layer" not in taken:
        raise InputError(f"{method} is about pixels, not about a layer; leave {layer!r} out")
    if layer:
        arguments["layer"] = layer
    with untouched(model):
        pixels, classes = on_model(model, images, targets)
        # Not every network runs on no images: a black one stands in, and is left out again.
        count = len(pixels)
        if not count:
            pixels, classes = pixels.new_zeros(1, *pixels.shape[1:]), classes.new_zeros(1)
        size = at_once(pixels.device)
        found = [
            module.explain(Subject(model, *part, output), **arguments)
            for part in zip(pixels.split(size), classes.split(size), strict=True)
        ]
    return Explanation(
        method=method,
        maps=_joined([each.maps.float() for each in found], count),
        targets=classes[:count].cpu().numpy(),
        signed=module.SIGNED,
        layer=found[0].layer,
        output=output,
        seed=seed,
        options=chosen,
        extras={
            name: _joined([each.extras[name] for each in found], count) for name in found[0].extras
        },
    )


def options_of(method: str) -> dict[str, Any]:
    """Return the options of a method with their defaults, without `layer` and `seed`."""
    return {
        parameter.name: parameter.default
        for parameter in inspect.signature(_module(method).explain).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        and parameter.name not in ("layer", "seed")
    }


def output_of(method: str) -> str:
    """Return what a method explains unless asked otherwise: ``logit`` or ``probability``."""
    return getattr(_module(method), "OUTPUT", "logit")


def _module(method: str) -> Any:
    if method not in EXPLAINERS:
        raise InputError(f"method is {method!r}; use one of {', '.join(EXPLAINERS)}")
    return EXPLAINERS[method]


def _chosen(method: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options of a method: those given, the others at their defaults."""
    known = options_of(method)
    for name in options:
        if name not in known:
            listed = f"use one of {', '.join(known)}" if known else "it has none"
            raise InputError(f"{method} has no option {name!r}; {listed}")
    return known | dict(options)


def _joined(parts: list[torch.Tensor], count: int) -> np.ndarray:
    """Join what parts of the images gave; where they differ in the last axis (segments), shorter
    ones end in NaN."""
    if parts[0].ndim > 1:
        widest = max(part.shape[-1] for part in parts)
        parts = [
            pad(part, (0, widest - part.shape[-1]), value=math.nan)
            if part.shape[-1] < widest
            else part
            for part in parts
        ]
    return torch.cat(parts)[:count].detach().cpu().numpy()
