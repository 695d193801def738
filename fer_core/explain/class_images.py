"""The image that most activates each class (Simonyan, Vedaldi & Zisserman 2014, section 2)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.explain.ascent_styles import climb
from fer_core.explain.checks import check_seed, check_start, check_steps
from fer_core.explain.filters import NOISE
from fer_core.explain.seen import Seen
from fer_core.explain.untouched import untouched
from fer_core.records import CLASS_NAMES


class ClassImages(NamedTuple):
    """images: (7, 48, 48) float32, one a class, values as the style's; probabilities: (7, 7)
    float32, a row what the model, with its own normalisation, makes of that image."""

    images: np.ndarray
    probabilities: np.ndarray


def class_images(
    model: nn.Module,
    *,
    start: str | torch.Tensor | np.ndarray = NOISE,
    steps: int = 200,
    style: str = "plain",
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> ClassImages:
    """Change an image for each class so that the class's logit rises; all in one batch.

    start: ``noise`` or an image (48, 48) float in [0, 1], e.g. the mean face; style: see
    `ascent_styles.climb`; `progress` is told (steps done, all steps). The logit, not the
    probability: that also rises by making the other classes unlikely. The model comes back as it
    was. Raises InputError for wrong input.
    """
    check_steps(steps)
    check_seed(seed)
    image = None if isinstance(start, str) else check_start(start)
    if isinstance(start, str) and start != NOISE:
        raise InputError(f"start is {start!r}; use {NOISE} or an image")
    classes = range(len(CLASS_NAMES))
    with untouched(model):
        seen = Seen(model, image)
        climbing = climb(
            style,
            lambda images: seen(images).diagonal(),
            seen,
            draws=[np.random.default_rng([seed, number]) for number in classes],
            start=image,
            steps=steps,
        )
        for step, images in enumerate(climbing):  # noqa: B007 (the last ones count)
            if progress and step:
                progress(step, steps)
        with torch.no_grad():
            probabilities = model(images.detach()).softmax(1)
    return ClassImages(
        images.detach()[:, 0].float().cpu().numpy(), probabilities.float().cpu().numpy()
    )
