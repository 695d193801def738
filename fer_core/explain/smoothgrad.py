"""SmoothGrad: the size of the gradient averaged over noisy copies (Smilkov et al. 2017)."""

import numpy as np
import torch

from fer_core.explain.maps import Maps
from fer_core.explain.options import number, whole
from fer_core.explain.randomness import generator_for
from fer_core.explain.subject import Subject

SIGNED = False


def explain(subject: Subject, *, seed: int = 0, samples: int = 50, noise: float = 0.15) -> Maps:
    """Return |mean of d score / d pixel| over `samples` copies with Gaussian noise.

    noise: its standard deviation, as a share of the image's range (largest minus smallest pixel),
    0.1 to 0.2 in the paper. As there, the size is taken of the mean and noisy pixels may leave
    [0, 1]. A flat image has no range: its map is its saliency.
    """
    whole("samples", samples, 1)
    number("noise", noise, 0, 1)
    images = subject.images
    deviations = noise * (images.amax((1, 2, 3)) - images.amin((1, 2, 3)))
    generators = [generator_for(image, seed) for image in images]
    total = torch.zeros_like(images)
    for part in subject.rounds(samples):
        shape = (len(part), *images.shape[1:])
        drawn = np.stack([generator.standard_normal(shape) for generator in generators])
        added = deviations[:, None, None, None, None] * torch.from_numpy(drawn).to(images)
        total += subject.gradients(images[:, None] + added).sum(1)
    return Maps((total / samples).abs()[:, 0])
