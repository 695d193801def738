"""Deep dream: what a layer finds in an image, strengthened (Mordvintsev, Olah & Tyka 2015)."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from fer_core.errors import InputError
from fer_core.explain.checks import check_seed, check_start, check_steps
from fer_core.explain.options import whole
from fer_core.explain.reaching import Reach
from fer_core.explain.seen import Seen
from fer_core.explain.untouched import untouched

_SMALLEST_SIDE = 12  # pixels; a face says nothing in fewer
_MOST_OCTAVES = 100  # 1.4 to a greater power leaves nothing of any image
_JITTER = 4  # pixels; 32 of 224 there


def dream(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    layer: str,
    *,
    octaves: int = 3,
    octave_scale: float = 1.4,
    steps: int = 10,
    step_size: float = 1.5e-2,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return the image (H, W) float32 in [0, 1] with the layer's finds strengthened.

    image: (48, 48) or of any size, float in [0, 1]; layer: as `layers.resolve` takes it, one with
    maps. The image is shrunk `octaves` - 1 times by `octave_scale`; from the smallest to the full
    size, what was added so far is enlarged and `steps` more steps are made: up the mean square of
    the activation that follows the layer, the gradient divided by its mean absolute value, the
    image moved a little at each step and clipped. A `Classifier` that normalises each image keeps
    the statistics of `image`. `progress` is told (steps done, all steps). The model comes back as
    it was. Raises InputError for wrong input.
    """
    original = check_start(image, any_size=True)
    sizes = check_dream(
        original.shape[-2:],
        octaves=octaves,
        octave_scale=octave_scale,
        steps=steps,
        step_size=step_size,
        seed=seed,
    )
    draw = np.random.default_rng(seed)
    with untouched(model):
        reach = Reach(model, layer)
        if not reach.has_places:
            raise InputError(f"layer {reach.layer!r} has no maps; name a convolution, e.g. last")
        seen = Seen(model, original)
        original = original.to(seen.device, seen.dtype)
        added = torch.zeros_like(original)
        for octave, size in enumerate(sizes):
            base = _resized(original, size)
            now = (base + _resized(added, size)).clamp(0, 1)
            for step in range(steps):
                shift = tuple(draw.integers(-_JITTER, _JITTER + 1, 2).tolist())
                moved = now.roll(shift, (2, 3)).requires_grad_()
                (gradient,) = torch.autograd.grad(_strength(reach, seen, moved), moved)
                gradient = gradient / gradient.abs().mean().clamp_min(1e-12)
                now = (moved.detach() + step_size * gradient).clamp(0, 1)
                now = now.roll([-each for each in shift], (2, 3))
                if progress:
                    progress(octave * steps + step + 1, octaves * steps)
            added = now - base
    return now[0, 0].float().cpu().numpy()


def check_dream(
    size: Sequence[int],
    *,
    octaves: int = 3,
    octave_scale: float = 1.4,
    steps: int = 10,
    step_size: float = 1.5e-2,
    seed: int = 0,
) -> list[list[int]]:
    """Return the octaves' sizes, the smallest first, for an image of this size; InputError for
    what no dream can be made with."""
    check_steps(steps)
    check_seed(seed)
    whole("octaves", octaves, 1, _MOST_OCTAVES)
    if not 1 < octave_scale <= 4:
        raise InputError(f"octave_scale is {octave_scale:g}; use more than 1, to 4")
    if not 0 < step_size <= 1:
        raise InputError(f"step_size is {step_size:g}; use more than 0, to 1")
    sizes = [
        [round(side / octave_scale**number) for side in size] for number in reversed(range(octaves))
    ]
    if min(sizes[0]) < _SMALLEST_SIDE:
        raise InputError(
            f"with {octaves} octaves the image of {tuple(size)} shrinks to "
            f"{tuple(sizes[0])}, and {_SMALLEST_SIDE} is the least; use fewer octaves or a larger "
            "image"
        )
    return sizes


def _strength(reach: Reach, seen: Seen, image: torch.Tensor) -> torch.Tensor:
    try:
        activation = reach(seen, image).activation
    except RuntimeError as error:  # a pooling that has nothing left, a dense layer on the way
        size = tuple(image.shape[-2:])
        reason = str(error).splitlines()[0]
        raise InputError(
            f"the network cannot run an image of {size} up to {reach.layer} ({reason}); use fewer "
            "octaves, another image or an earlier layer"
        ) from None
    return activation.square().mean()


def _resized(images: torch.Tensor, size: list[int]) -> torch.Tensor:
    if list(images.shape[-2:]) == size:
        return images
    return functional.interpolate(images, size=size, mode="bilinear", antialias=True)
