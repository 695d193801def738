"""What a model looks at, by any of EXPLAINERS: `explain` is one call for all of them.

A method is a module with `explain` (Subject -> Maps, its options keyword-only), SIGNED, a first
docstring line that a figure can print, and OUTPUT where it explains the probability unless asked
otherwise. A new one is a new file and a line in EXPLAINERS.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.explain import lime, saliency
from fer_core.explain.layers import resolve
from fer_core.explain.subject import Subject
from fer_core.explain.untouched import untouched
from fer_core.records import CLASS_NAMES

EXPLAINERS = {
    "saliency": saliency,
    "lime": lime,
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
    known = options_of(method)
    for name in options:
        if name not in known:
            listed = f"use one of {', '.join(known)}" if known else "it has none"
            raise InputError(f"{method} has no option {name!r}; {listed}")
    taken = inspect.signature(module.explain).parameters
    output = output or output_of(method)
    with untouched(model):
        subject = _subject(model, images, targets, output)
        chosen = dict(known) | options
        arguments: dict[str, Any] = dict(chosen)
        full = ""
        if "layer" in taken:
            layer = layer or taken["layer"].default
            full = resolve(model, layer) if layer else ""
            arguments["layer"] = full or None
        elif layer:
            raise InputError(f"{method} is about pixels, not about a layer; leave {layer!r} out")
        if "seed" in taken:
            arguments["seed"] = seed
        found = module.explain(subject, **arguments)
    return Explanation(
        method=method,
        maps=found.maps.detach().float().cpu().numpy(),
        targets=subject.targets.cpu().numpy(),
        signed=module.SIGNED,
        layer=full,
        output=output,
        seed=seed,
        options=chosen,
        extras={name: each.detach().cpu().numpy() for name, each in found.extras.items()},
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


def _subject(
    model: nn.Module,
    images: torch.Tensor | np.ndarray,
    targets: torch.Tensor | np.ndarray,
    output: str,
) -> Subject:
    weight = next(model.parameters(), torch.zeros(0))
    pixels = torch.as_tensor(images)
    if pixels.ndim != 4 or pixels.shape[1] != 1 or not pixels.is_floating_point():
        raise InputError(
            f"images are {tuple(pixels.shape)} {pixels.dtype}; give (N, 1, 48, 48) floats in [0, 1]"
        )
    classes = torch.as_tensor(targets)
    if classes.shape != pixels.shape[:1] or classes.is_floating_point():
        raise InputError(
            f"targets are {tuple(classes.shape)} {classes.dtype}; give one class for each of the "
            f"{len(pixels)} images"
        )
    if len(classes) and not 0 <= int(classes.min()) <= int(classes.max()) < len(CLASS_NAMES):
        raise InputError(
            f"targets are {int(classes.min())}..{int(classes.max())}; classes are 0 to "
            f"{len(CLASS_NAMES) - 1}"
        )
    return Subject(
        model,
        pixels.detach().to(weight.device, weight.dtype),
        classes.to(weight.device, torch.int64),
        output,
    )
