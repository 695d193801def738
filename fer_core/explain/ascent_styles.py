"""How an image climbs: plainly, pixel by pixel, or so that it looks natural."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch.nn import functional

from fer_core.errors import InputError
from fer_core.explain import fourier
from fer_core.explain.seen import Seen
from fer_core.records import IMAGE_SIZE

Objective = Callable[[torch.Tensor], torch.Tensor]  # images (B, 1, 48, 48) -> (B,)
STYLES = ("plain", "natural")

PLAIN_STEP = 2e-2
# lucid's transformations, from its 224 pixels to 48: jitter of 8 and 4, scale by up to 5 in 50.
NATURAL_STEP = 5e-2  # Adam's, as there
_JITTER = 2.0  # pixels
_ROTATION = 5.0  # degrees
_SCALE = 0.05
# Of the total variation's gradient, where the objective's has a root mean square of 1.
_ROUGHNESS = 0.02


def climb(
    style: str,
    objective: Objective,
    seen: Seen,
    *,
    draws: Sequence[np.random.Generator],
    start: torch.Tensor | None,
    steps: int,
) -> Iterator[torch.Tensor]:
    """Yield images (B, 1, 48, 48) at the start and after each step, each made to raise its own
    value of the objective.

    style: ``plain`` adds `PLAIN_STEP` times the gradient over its root mean square, unclipped;
    ``natural`` is Olah, Mordvintsev & Schubert 2017 (Feature Visualization): Adam on the image's
    Fourier coefficients, seen each time a little moved, turned and scaled, rough images punished,
    values in [0, 1]. draws: of random numbers, one for each image; start: (1, 1, 48, 48) in
    [0, 1], or None for noise: uniform for ``plain``, nearly grey for ``natural``. No image
    depends on the others.
    """
    if style not in STYLES:
        raise InputError(f"style is {style!r}; use one of {', '.join(STYLES)}")
    take = _plain if style == "plain" else _natural
    return take(objective, seen, draws, start, steps)


def _plain(
    objective: Objective,
    seen: Seen,
    draws: Sequence[np.random.Generator],
    start: torch.Tensor | None,
    steps: int,
) -> Iterator[torch.Tensor]:
    shape = (1, IMAGE_SIZE, IMAGE_SIZE)
    if start is None:
        images = torch.from_numpy(np.stack([draw.random(shape, np.float32) for draw in draws]))
    else:
        images = start.expand(len(draws), *shape).clone()
    images = images.to(seen.device, seen.dtype)
    yield images
    for _ in range(steps):
        images.requires_grad_()
        (gradient,) = torch.autograd.grad(objective(images).sum(), images)
        images = images.detach() + PLAIN_STEP * unit(gradient)
        yield images


def _natural(
    objective: Objective,
    seen: Seen,
    draws: Sequence[np.random.Generator],
    start: torch.Tensor | None,
    steps: int,
) -> Iterator[torch.Tensor]:
    if start is None:
        coefficients = fourier.noise(draws)
    else:
        coefficients = fourier.coefficients(start).expand(len(draws), -1, -1, -1).clone()
    coefficients = coefficients.to(seen.device, seen.dtype).requires_grad_()
    moves = torch.stack([_moves(draw, steps) for draw in draws]).to(seen.device, seen.dtype)
    adam = torch.optim.Adam([coefficients], lr=NATURAL_STEP)
    yield fourier.images(coefficients).detach()
    for step in range(steps):
        images = fourier.images(coefficients)
        grid = functional.affine_grid(moves[:, step], list(images.shape), align_corners=False)
        moved = functional.grid_sample(
            images, grid, mode="bilinear", padding_mode="reflection", align_corners=False
        )
        (uphill,) = torch.autograd.grad(objective(moved).sum(), images, retain_graph=True)
        (rougher,) = torch.autograd.grad(_total_variation(images), images, retain_graph=True)
        coefficients.grad = None
        images.backward(_ROUGHNESS * rougher - unit(uphill))  # Adam goes down
        adam.step()
        yield fourier.images(coefficients).detach()


def unit(gradient: torch.Tensor) -> torch.Tensor:
    """Return the gradient of each image (N, 1, H, W) over its root mean square; zero stays."""
    root_mean_square = gradient.square().mean((1, 2, 3), keepdim=True).sqrt()
    return gradient / root_mean_square.clamp_min(1e-12)


def _moves(draw: np.random.Generator, steps: int) -> torch.Tensor:
    """Return affine maps (steps, 2, 3), as affine_grid takes them."""
    angle = np.radians(draw.uniform(-_ROTATION, _ROTATION, steps))
    scale = draw.uniform(1 - _SCALE, 1 + _SCALE, steps)
    shift = draw.uniform(-_JITTER, _JITTER, (2, steps)) * 2 / IMAGE_SIZE
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    rows = np.array([[cosine, -sine, shift[0]], [sine, cosine, shift[1]]])
    return torch.from_numpy(rows.transpose(2, 0, 1))


def _total_variation(images: torch.Tensor) -> torch.Tensor:
    """Return the sum of the differences between neighbours (Mahendran & Vedaldi 2015, beta 1)."""
    return images.diff(dim=2).abs().sum() + images.diff(dim=3).abs().sum()
