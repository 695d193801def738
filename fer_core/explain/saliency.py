"""Saliency: the size of the score's gradient (Simonyan, Vedaldi & Zisserman 2014, section 3)."""

from fer_core.explain.layers import capture
from fer_core.explain.maps import Maps, gradient, require_maps, upsample
from fer_core.explain.subject import Subject

SIGNED = False


def explain(subject: Subject, *, layer: str | None = None) -> Maps:
    """Return |d score / d pixel|.

    With a layer: the largest |d score / d activation| over its channels, as the paper takes it
    over an image's colours (section 3.1), enlarged bilinearly.
    """
    if layer is None:
        return Maps(subject.gradients(subject.images[:, None]).abs()[:, 0, 0])
    with capture(subject.model, layer) as captured:
        scores = subject.target_scores(subject.images, subject.every)
        slopes = gradient(scores, captured.output())
    require_maps(slopes, captured.name)
    maps = upsample(slopes.abs().amax(1), subject.images.shape[-2:])
    return Maps(maps, layer=captured.name)
