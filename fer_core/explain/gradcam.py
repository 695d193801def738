"""Grad-CAM: a layer's maps, weighted by their mean gradient (Selvaraju et al. 2017)."""

from fer_core.explain.layers import LAST, capture
from fer_core.explain.maps import Maps, gradient, require_maps, upsample
from fer_core.explain.subject import Subject

SIGNED = False


def explain(subject: Subject, *, layer: str = LAST) -> Maps:
    """Return ReLU(sum over k of a_k A^k), a_k the mean of d score / d A^k over its places
    (equations 1 and 2), enlarged bilinearly.

    A^k: channel k of what the layer gives. A map is all zero where nothing speaks for the class.
    """
    with capture(subject.model, layer) as captured:
        scores = subject.target_scores(subject.images, subject.every)
        activations = captured.output()
        slopes = gradient(scores, activations)
    require_maps(activations, captured.name)
    weights = slopes.mean((2, 3), keepdim=True)
    maps = (weights * activations.detach()).sum(1).relu()
    return Maps(upsample(maps, subject.images.shape[-2:]), layer=captured.name)
