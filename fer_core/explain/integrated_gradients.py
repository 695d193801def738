"""Integrated gradients: the score's change from an empty image, by pixel (Sundararajan 2017)."""

import numpy as np
import torch

from fer_core.explain.absence import without_content
from fer_core.explain.maps import Maps
from fer_core.explain.options import whole
from fer_core.explain.subject import Subject

SIGNED = True


def explain(subject: Subject, *, steps: int = 64, baseline: str = "black") -> Maps:
    """Return (x - x0) times the mean of d score / d pixel on the way from x0 to x.

    x0: the baseline, ``black``, ``mean`` or ``blurred`` (see `absence`); steps: points of the
    Gauss-Legendre rule that the mean is taken by. Extras: completeness_gap (N,) float64, the
    map's sum minus score(x) - score(x0), which an exact integral brings to 0 (the paper's
    proposition 1): more steps make it smaller.
    """
    whole("steps", steps, 1)
    images = subject.images
    start = without_content(images, baseline, option="baseline")
    roots, weights = np.polynomial.legendre.leggauss(steps)
    places, shares = (
        torch.from_numpy(each / 2).to(images)[:, None, None, None] for each in (roots + 1, weights)
    )
    mean = torch.zeros_like(images)
    for part in subject.rounds(steps):
        on_the_way = start[:, None] + places[part] * (images - start)[:, None]
        mean += (shares[part] * subject.gradients(on_the_way)).sum(1)
    maps = ((images - start) * mean)[:, 0]
    with torch.no_grad():
        reached, begun = (
            subject.target_scores(each, subject.every).double() for each in (images, start)
        )
    return Maps(maps, {"completeness_gap": maps.double().sum((1, 2)) - (reached - begun)})
