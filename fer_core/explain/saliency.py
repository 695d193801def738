"""Saliency: the gradient of the target's score (Simonyan, Vedaldi & Zisserman 2014, section 3)."""

import torch

from fer_core.explain.layers import capture
from fer_core.explain.maps import Maps, mean_over_channels, upsample
from fer_core.explain.subject import Subject

SIGNED = False


def explain(subject: Subject, *, layer: str | None = None) -> Maps:
    """Return |d score / d pixel|; with a layer, the mean over its channels of
    |d score / d activation|, enlarged bilinearly."""
    images = subject.images.clone().requires_grad_()
    if layer is None:
        (gradient,) = torch.autograd.grad(
            subject.target_scores(images, subject.every).sum(), images
        )
        return Maps(gradient.abs()[:, 0])
    with capture(subject.model, layer) as recorded:
        score = subject.target_scores(images, subject.every).sum()
        (gradient,) = torch.autograd.grad(score, recorded())
    return Maps(upsample(mean_over_channels(gradient.abs(), layer), images.shape[-2:]))
