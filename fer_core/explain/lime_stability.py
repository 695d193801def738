"""How much of a LIME explanation is chance: the same images with other masks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.explain import explain
from fer_core.explain.options import whole


@dataclass(frozen=True, eq=False)
class Stability:
    """What S seeds say about the target's weights of N images of K segments.

    mean, deviation: (N, K) float64, over seeds, NaN beyond an image's segments; the deviation is
    the sample's (S - 1). overlap: (N,) in 0..1, how many of the `top` segments with the largest
    absolute weights two seeds share, the mean over all pairs of seeds.
    """

    mean: np.ndarray
    deviation: np.ndarray
    overlap: np.ndarray
    top: int
    seeds: tuple[int, ...]


def stability(
    model: nn.Module,
    images: torch.Tensor | np.ndarray,
    *,
    targets: torch.Tensor | np.ndarray,
    seeds: Sequence[int] = range(10),
    top: int = 5,
    output: str | None = None,
    **options: Any,
) -> Stability:
    """Explain the images by LIME with each seed; arguments as of `explain`.

    The segments are the same for all seeds. Raises InputError as `explain` does, for fewer than
    two different seeds, and for a `top` below 1.
    """
    if len(set(seeds)) < 2:
        raise InputError(f"seeds are {list(seeds)}; give two different ones or more")
    whole("top", top, 1)
    found = [
        explain("lime", model, images, targets=targets, seed=seed, output=output, **options)
        for seed in seeds
    ]
    every = np.arange(len(found[0].targets))
    weights = np.stack([each.extras["weights"][every, each.targets] for each in found])
    return Stability(
        mean=weights.mean(0),
        deviation=weights.std(0, ddof=1),
        overlap=_overlap(weights, top),
        top=top,
        seeds=tuple(seeds),
    )


def _overlap(weights: np.ndarray, top: int) -> np.ndarray:
    """Return (N,) for weights (S, N, K)."""
    ranks = np.argsort(-np.abs(weights), axis=-1, kind="stable")  # NaN last
    counts = np.minimum(top, np.isfinite(weights[0]).sum(-1))
    return np.array(
        [
            np.mean([len(set(a) & set(b)) / count for a, b in combinations(rank[:, :count], 2)])
            for rank, count in zip(ranks.swapaxes(0, 1), counts, strict=True)
        ]
    )
