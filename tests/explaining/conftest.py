"""Three methods that count their calls stand in for all."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch

from fer_core.errors import InputError
from fer_core.explain import EXPLAINERS, saliency
from fer_core.explain.maps import Maps
from fer_core.explain.subject import Subject
from tests.explaining.asked import Calls


@pytest.fixture(autouse=True)
def calls() -> Iterator[Calls]:
    """Three methods only: saliency; one with LIME's extras; one about a convolution."""
    counted = Calls([], [])

    def segmented(
        subject: Subject, *, seed: int = 0, segments: int = 4, scale: float = 1.0
    ) -> Maps:
        """Weights by class for vertical stripes; the second image has one segment less."""
        if segments < 2:
            raise InputError(f"segments is {segments}; give 2 or more")
        counted.segmented.append(len(subject.images))
        columns = torch.arange(48) * segments // 48
        stripes = columns.expand(len(subject.images), 48, 48).clone()
        stripes[subject.images.mean((1, 2, 3)) > 0.5] //= 2
        random = torch.Generator().manual_seed(seed)
        weights = scale * torch.randn(len(stripes), 7, segments, generator=random).double()
        rows = torch.arange(len(stripes))
        of_target = weights[rows, subject.targets]
        maps = of_target.gather(1, stripes.flatten(1)).reshape(stripes.shape)
        r2 = torch.arange(7).expand(len(stripes), 7) / 10
        extras = {"segments": stripes, "weights": weights, "r2": r2, "gap": rows + 0.5}
        return Maps(maps, extras)

    def seeing(subject: Subject, *, layer: str = "last") -> Maps:
        counted.seeing.append(len(subject.images))
        if layer.startswith("dense"):
            raise InputError(f"layer {layer!r} has no place in the image")
        return Maps(subject.images[:, 0], layer=layer)

    kept = dict(EXPLAINERS)
    EXPLAINERS.clear()  # and not monkeypatch: it would bring the methods back in another order
    EXPLAINERS["saliency"] = saliency
    EXPLAINERS["segmented"] = SimpleNamespace(explain=segmented, SIGNED=True)
    EXPLAINERS["seeing"] = SimpleNamespace(explain=seeing, SIGNED=False)
    yield counted
    EXPLAINERS.clear()
    EXPLAINERS.update(kept)
