"""Images changed by a few grey levels so that the model is wrong.

An attack changes the real image: a `Classifier` normalises the changed image by that image's own
statistics, as it would when it meets it, and gradients run through them. Distances are in grey
levels, 0 to 255, the greatest of any pixel; images stay within 0 to 255 levels.
"""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from fer_core.errors import InputError
from fer_core.explain.checks import (
    check_classes,
    check_epsilon,
    check_images,
    check_seed,
    check_steps,
)
from fer_core.explain.untouched import untouched

Pixels = torch.Tensor | np.ndarray
_LEVELS = 255
# Grey levels: the search for the smallest epsilon doubles from the first, and goes no finer.
_FIRST, _FINEST = 0.25, 0.001


def fgsm(
    model: nn.Module,
    images: Pixels,
    classes: Pixels,
    *,
    epsilon: float | np.ndarray,
    targeted: bool = False,
) -> np.ndarray:
    """Change each pixel by epsilon along the sign of the loss's gradient (Goodfellow, Shlens &
    Szegedy 2015, section 4).

    images: (N, 1, 48, 48) float in [0, 1]; classes: (N,), whose cross entropy rises, or falls
    where `targeted`: the true ones, or those aimed at; epsilon: grey levels, one or (N,). Returns
    (N, 1, 48, 48) float32 in [0, 1], nowhere further than epsilon from the images. The model
    comes back as it was. Raises InputError for wrong input.
    """
    pixels, numbers, radius = _checked(images, classes, epsilon)
    with untouched(model):
        sign = _uphill(model, pixels, numbers, targeted=targeted)
        return _into_ball(pixels + radius * sign, pixels, radius).numpy()


def pgd(
    model: nn.Module,
    images: Pixels,
    classes: Pixels,
    *,
    epsilon: float | np.ndarray,
    targeted: bool = False,
    steps: int = 10,
    seed: int = 0,
) -> np.ndarray:
    """Take several such steps of 2.5 epsilon / steps from a random point, each brought back to
    within epsilon of the image (Madry et al. 2018, section 2.1; steps as in their code).

    The random point of an image depends on the seed and the image alone. The rest as `fgsm`.
    """
    check_steps(steps)
    check_seed(seed)
    pixels, numbers, radius = _checked(images, classes, epsilon)
    with untouched(model):
        changed = _into_ball(pixels + radius * _draws(pixels, seed), pixels, radius)
        for _ in range(steps):
            sign = _uphill(model, changed, numbers, targeted=targeted)
            changed = _into_ball(changed + radius * (2.5 / steps) * sign, pixels, radius)
        return changed.numpy()


ATTACKS: dict[str, Callable[..., np.ndarray]] = {"fgsm": fgsm, "pgd": pgd}


class Smallest(NamedTuple):
    """epsilons: (N,) float64 grey levels, 0 where the model is wrong (or at the class aimed at)
    already, infinite where no attack came through; changed: (N, 1, 48, 48) float32 in [0, 1], the
    images that did it, or the image itself."""

    epsilons: np.ndarray
    changed: np.ndarray


def smallest_epsilon(
    model: nn.Module,
    images: Pixels,
    classes: Pixels,
    *,
    attack: str = "fgsm",
    targeted: bool = False,
    most: float = 64.0,
    precision: float = 0.1,
    **options: Any,
) -> Smallest:
    """Find the smallest epsilon with which an attack makes the model leave the classes, or reach
    them where `targeted`.

    Epsilon doubles from a quarter of a grey level to `most`, then its last interval is halved
    until it is at most `precision`. An attack that comes through may fail with a larger epsilon:
    the result is the least that was tried, not a proof that no smaller one does it. options: of
    the attack. The rest as `fgsm`.
    """
    way = _attack(attack, options)
    check_epsilon(most)
    if not _FINEST <= precision <= most:
        raise InputError(f"precision is {precision:g}; use {_FINEST} to {most:g} grey levels")
    pixels, numbers, _ = _checked(images, classes, 0.0)
    low, high = np.zeros(len(pixels)), np.full(len(pixels), np.inf)
    changed = pixels.numpy().copy()

    def attempt(which: np.ndarray, epsilons: np.ndarray) -> None:
        if not len(which):
            return
        some = torch.from_numpy(which)
        tried = way(
            model, pixels[some], numbers[some], epsilon=epsilons, targeted=targeted, **options
        )
        through = (_predicted(model, tried) == numbers[some].numpy()) == targeted
        changed[which[through]] = tried[through]
        high[which[through]] = epsilons[through]
        low[which[~through]] = epsilons[~through]

    done = (_predicted(model, pixels) == numbers.numpy()) == targeted
    high[done] = 0.0
    epsilon = min(_FIRST, most)
    while True:
        open_ones = np.flatnonzero(np.isinf(high))
        attempt(open_ones, np.full(len(open_ones), epsilon))
        if epsilon >= most:
            break
        epsilon = min(2 * epsilon, most)
    while len(wide := np.flatnonzero(np.isfinite(high) & (high - low > precision))):
        attempt(wide, (low[wide] + high[wide]) / 2)
    return Smallest(high, changed)


def robustness(
    model: nn.Module,
    images: Pixels,
    labels: Pixels,
    epsilons: Sequence[float],
    *,
    attack: str = "fgsm",
    batch_size: int = 128,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> np.ndarray:
    """Return the accuracy (E,) float64 on images attacked with each epsilon.

    labels: (N,), which the attack leads away from; options: of the attack; `progress` is told
    (images done, all images). The rest as `fgsm`.
    """
    way = _attack(attack, options)
    if batch_size < 1:
        raise InputError(f"batch_size is {batch_size}; use 1 or more")
    if not len(images):
        raise InputError("there are no images; give at least one")
    pixels, numbers, _ = _checked(images, labels, 0.0)
    for epsilon in epsilons:
        check_epsilon(epsilon)
    right = np.zeros(len(epsilons))
    for first in range(0, len(pixels), batch_size):
        part = slice(first, first + batch_size)
        for place, epsilon in enumerate(epsilons):
            changed = way(model, pixels[part], numbers[part], epsilon=epsilon, **options)
            right[place] += (_predicted(model, changed) == numbers[part].numpy()).sum()
        if progress:
            progress(min(first + batch_size, len(pixels)), len(pixels))
    return right / len(pixels)


def _checked(
    images: Pixels, classes: Pixels, epsilon: float | np.ndarray
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return images on the CPU, classes, and epsilon in [0, 1], (N, 1, 1, 1) float64."""
    pixels = check_images(images).cpu()
    numbers = check_classes(classes, len(pixels)).cpu()
    levels = np.broadcast_to(np.asarray(epsilon, np.float64), len(pixels))
    for level in np.unique(levels):
        check_epsilon(float(level))
    return pixels, numbers, torch.from_numpy(levels / _LEVELS)[:, None, None, None]


def _attack(name: str, options: Mapping[str, Any]) -> Callable[..., np.ndarray]:
    if name not in ATTACKS:
        raise InputError(f"attack is {name!r}; use one of {', '.join(ATTACKS)}")
    if unknown := set(options) - set(inspect.signature(ATTACKS[name]).parameters):
        raise InputError(f"{name} has no option {min(unknown)!r}; leave it out")
    return ATTACKS[name]


def _uphill(
    model: nn.Module, images: torch.Tensor, classes: torch.Tensor, *, targeted: bool
) -> torch.Tensor:
    """Return the sign of the gradient of what the attack raises, on the CPU."""
    weight = next(model.parameters(), torch.zeros(0))
    images = images.clone().to(weight.device, weight.dtype).requires_grad_()
    loss = functional.cross_entropy(model(images), classes.to(weight.device), reduction="sum")
    (gradient,) = torch.autograd.grad(-loss if targeted else loss, images)
    return gradient.sign().cpu()


def _into_ball(changed: torch.Tensor, images: torch.Tensor, radius: torch.Tensor) -> torch.Tensor:
    """Return float32 images within the radius of `images` and within [0, 1].

    The bounds are rounded towards the image: float32's own rounding would leave the ball by a
    little.
    """
    low, high = (images - radius).clamp_min(0), (images + radius).clamp_max(1)  # float64
    low32, high32 = low.float(), high.float()
    low32 = low32.where(low32 >= low, low32.nextafter(torch.tensor(math.inf)))
    high32 = high32.where(high32 <= high, high32.nextafter(torch.tensor(-math.inf)))
    return torch.clamp(changed.float(), low32, high32)


def _draws(images: torch.Tensor, seed: int) -> torch.Tensor:
    """Return uniform numbers in [-1, 1], each image's from the seed and its pixels."""
    draws = [
        np.random.default_rng([seed, crc32(image.numpy().tobytes())]).uniform(-1, 1, image.shape)
        for image in images
    ]
    return torch.from_numpy(np.array(draws).reshape(images.shape))


def _predicted(model: nn.Module, images: Pixels) -> np.ndarray:
    weight = next(model.parameters(), torch.zeros(0))
    with untouched(model), torch.no_grad():
        logits = model(torch.as_tensor(images).to(weight.device, weight.dtype))
        return logits.argmax(1).cpu().numpy()
