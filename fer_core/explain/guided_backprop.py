"""Guided backpropagation: a gradient that each ReLU cuts at zero (Springenberg et al. 2015)."""

import torch

from fer_core.errors import InputError
from fer_core.explain.maps import Maps, gradient
from fer_core.explain.subject import Subject

SIGNED = True

# Steps of a backward pass as torch calls them, without the number at the end.
_RELU, _LEAKY_RELU = "ReluBackward", "LeakyReluBackward"
# Other rectifiers: gradients pass them as they are, so the result would be guided in part only.
_OTHERS = (
    "CeluBackward",
    "ClampBackward",
    "ClampMinBackward",
    "EluBackward",
    "GeluBackward",
    "HardswishBackward",
    "HardtanhBackward",
    "MaximumBackward",
    "MishBackward",
    "PreluKernelBackward",
    "RreluWithNoiseBackward",
    "SiluBackward",
    "SoftplusBackward",
    "ThresholdBackward",
)

_OWN = torch.autograd.function.BackwardCFunction  # of any autograd.Function: it may hold one


def explain(subject: Subject) -> Maps:
    """Return d score / d pixel, computed with negative gradients stopped at every ReLU, be it a
    module (in-place, shared) or a function.

    At a LeakyReLU, for which the paper has no rule, what is positive is multiplied by its slope,
    f'(x) max(R, 0), as at a ReLU: extras: extended (N,) bool, whether the network has any. Raises
    InputError for a network without ReLUs, where this would be the plain gradient, and for other
    rectifiers.
    """
    pixels = subject.images.clone().requires_grad_()
    scores = subject.target_scores(pixels, subject.every)
    extended = _stop_negative_gradients(scores)
    maps = gradient(scores, pixels)[:, 0]
    return Maps(maps, {"extended": torch.full((len(maps),), extended)})


def _stop_negative_gradients(scores: torch.Tensor) -> bool:
    """Cut what flows back into each ReLU of this pass; return whether a LeakyReLU is among them.

    The steps of the pass itself are changed, so that it does not matter how they were written.
    """
    found = set()
    for step in _steps(scores):
        kind = step.name().rstrip("0123456789")
        if kind in _OTHERS or issubclass(type(step), _OWN):
            raise InputError(
                f"guided_backprop knows no rule for {kind.removesuffix('Backward')}, which this "
                "network uses; use saliency or smoothgrad, or a network with ReLU or LeakyReLU"
            )
        if kind in (_RELU, _LEAKY_RELU):
            step.register_prehook(lambda gradients: (gradients[0].clamp_min(0),))
            found.add(kind)
    if not found:
        raise InputError(
            "guided_backprop changes the gradient at ReLUs, and this network has none; use "
            "saliency, which it would be equal to"
        )
    return _LEAKY_RELU in found


def _steps(scores: torch.Tensor) -> set[torch.autograd.graph.Node]:
    """Return all steps of the backward pass of scores."""
    steps: set[torch.autograd.graph.Node] = set()
    waiting = [scores.grad_fn]
    while waiting:
        step = waiting.pop()
        if step is not None and step not in steps:
            steps.add(step)
            waiting += [before for before, _ in step.next_functions]
    return steps
