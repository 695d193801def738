"""What a method returns, and how a layer's maps become as large as the image."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch.nn import functional

from fer_core.errors import InputError


class Maps(NamedTuple):
    """maps: (N, H, W), raw; extras: what the method adds, by name, each (N, ...)."""

    maps: torch.Tensor
    extras: Mapping[str, torch.Tensor] = {}


def mean_over_channels(values: torch.Tensor, layer: str) -> torch.Tensor:
    """Return (N, h, w) for a layer's values (N, C, h, w); InputError for one without maps."""
    if values.ndim != 4:
        raise InputError(
            f"layer {layer!r} gives {tuple(values.shape[1:])}, which has no place in the image; "
            "name a convolution, a pooling or an activation between them"
        )
    return values.mean(1)


def upsample(maps: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """Enlarge maps (N, h, w) to (N, *size), bilinearly, corners not aligned."""
    return functional.interpolate(
        maps[:, None], size=tuple(size), mode="bilinear", align_corners=False
    )[:, 0]
