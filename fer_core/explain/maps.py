"""What a method returns; gradients; how a layer's maps become as large as the image."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch.nn import functional

from fer_core.errors import InputError


class Maps(NamedTuple):
    """maps: (N, H, W), raw; extras: what the method adds, by name, each (N, ...); layer: the full
    name of the one that they are about, empty for none."""

    maps: torch.Tensor
    extras: Mapping[str, torch.Tensor] = {}
    layer: str = ""


def gradient(scores: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
    """Return the gradient of the scores' sum, shaped like `of`; zeros where they do not depend on
    it."""
    if not scores.requires_grad:
        return torch.zeros_like(of)
    (slopes,) = torch.autograd.grad(scores.sum(), of, allow_unused=True, materialize_grads=True)
    return slopes


def require_maps(values: torch.Tensor, layer: str) -> None:
    """Raise InputError unless a layer's values are (N, C, h, w) with more than one place."""
    if values.ndim != 4 or values.shape[2:].numel() == 1:
        shape = "x".join(map(str, values.shape[1:]))
        raise InputError(
            f"layer {layer!r} gives {shape}, which has no places in the image; name a convolution, "
            "a pooling or an activation between them"
        )


def upsample(maps: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """Enlarge maps (N, h, w) to (N, *size), bilinearly, corners not aligned."""
    return functional.interpolate(
        maps[:, None], size=tuple(size), mode="bilinear", align_corners=False
    )[:, 0]
