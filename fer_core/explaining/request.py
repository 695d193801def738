"""What a person asks to be explained, and how."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fer_core.data.classes import class_index, known_names
from fer_core.errors import InputError
from fer_core.explain import EXPLAINERS, options_of
from fer_core.explain.subject import OUTPUTS

PREDICTED, TRUE = "predicted", "true"


@dataclass(frozen=True)
class Request:
    """What to explain, and how.

    methods: () for all that the network allows; samples: names, as ``test:12,train:5566``, or
    None to draw `per_class` of each class from `split` (default validation), `correct` or `wrong`
    ones by the stored predictions, by default one of both; layers: for the methods about one, ()
    for their defaults; targets: ``predicted``, ``true`` or a class; output: ``logit`` or
    ``probability``, None for what each method is about; seed: of what is drawn, images and random
    numbers; options: by method; force: compute also what is there.
    """

    methods: tuple[str, ...] = ()
    samples: str | None = None
    per_class: int | None = None
    correct: bool = False
    wrong: bool = False
    split: str = ""
    layers: tuple[str, ...] = ()
    targets: str = PREDICTED
    weights: str = "best"
    output: str | None = None
    seed: int = 0
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    force: bool = False


def methods_of(request: Request) -> tuple[str, ...]:
    """Return the methods asked for, all where none are named.

    Raises InputError for whatever is wrong with a request before a run is looked at.
    """
    if request.targets not in (PREDICTED, TRUE) and class_index(request.targets) is None:
        raise InputError(
            f"targets is {request.targets!r}; use predicted, true, or a class: {known_names()}"
        )
    if request.output not in (None, *OUTPUTS):
        raise InputError(f"output is {request.output!r}; use one of {', '.join(OUTPUTS)}")
    if request.seed < 0:
        raise InputError(f"seed is {request.seed}; give 0 or more")
    methods = tuple(dict.fromkeys(request.methods)) or tuple(EXPLAINERS)
    for method in methods:
        options_of(method)
    for method, options in request.options.items():
        known = options_of(method)
        if method not in methods:
            raise InputError(
                f"there is an option for {method}, but the methods are {', '.join(methods)}; "
                "add it to them"
            )
        for name in options:
            if name not in known:
                listed = f"use one of {', '.join(known)}" if known else "it has none"
                raise InputError(f"{method} has no option {name!r}; {listed}")
    if request.layers and not any(map(has_layer, methods)):
        able = ", ".join(filter(has_layer, EXPLAINERS))
        raise InputError(
            f"layers are {', '.join(request.layers)}, but {', '.join(methods)} know none; leave "
            f"them out, or add one of the methods {able}"
        )
    return methods


def has_layer(method: str) -> bool:
    """Say whether a method can be about a layer."""
    return "layer" in inspect.signature(EXPLAINERS[method].explain).parameters
