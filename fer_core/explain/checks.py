"""What a person may ask for, checked before anything is computed."""

import math

import numpy as np
import torch

from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES, IMAGE_SIZE


def check_steps(steps: int) -> None:
    """Raise InputError unless there is at least one step."""
    if steps < 1:
        raise InputError(f"steps is {steps}; use 1 or more")


def check_seed(seed: int) -> None:
    """Raise InputError for a negative seed."""
    if seed < 0:
        raise InputError(f"seed is {seed}; use 0 or more")


def check_images(images: torch.Tensor | np.ndarray) -> torch.Tensor:
    """Return images (N, 1, 48, 48) as float32; InputError for other shapes, types and ranges."""
    pixels = torch.as_tensor(images)
    expected = (1, IMAGE_SIZE, IMAGE_SIZE)
    if pixels.ndim != 4 or pixels.shape[1:] != expected or not pixels.is_floating_point():
        raise InputError(
            f"images are {tuple(pixels.shape)} {pixels.dtype}; give (N, 1, 48, 48) floats in [0, 1]"
        )
    _check_range(pixels)
    return pixels.detach().float()


def check_start(image: torch.Tensor | np.ndarray, *, any_size: bool = False) -> torch.Tensor:
    """Return one image, (48, 48) or of any size, as (1, 1, H, W) float32; InputError else."""
    pixels = torch.as_tensor(image)
    size = tuple(pixels.shape)
    fits = len(size) == 2 and min(size) > 0 if any_size else size == (IMAGE_SIZE, IMAGE_SIZE)
    if not fits or not pixels.is_floating_point():
        wanted = "(height, width)" if any_size else "(48, 48)"
        raise InputError(
            f"the image to start from is {size} {pixels.dtype}; give {wanted} floats in [0, 1]"
        )
    _check_range(pixels)
    return pixels.detach().float()[None, None]


def check_classes(classes: torch.Tensor | np.ndarray, count: int) -> torch.Tensor:
    """Return classes (N,) as int64; InputError unless there are `count`, each 0 to 6."""
    numbers = torch.as_tensor(classes)
    if numbers.shape != (count,) or numbers.is_floating_point():
        raise InputError(
            f"classes are {tuple(numbers.shape)} {numbers.dtype}; give one for each of the {count} "
            "images"
        )
    if count and not 0 <= int(numbers.min()) <= int(numbers.max()) < len(CLASS_NAMES):
        raise InputError(
            f"classes are {int(numbers.min())} to {int(numbers.max())}; use 0 to "
            f"{len(CLASS_NAMES) - 1}"
        )
    return numbers.to(torch.int64)


def check_epsilon(epsilon: float) -> None:
    """Raise InputError for what is no distance in grey levels."""
    if not math.isfinite(epsilon) or not 0 <= epsilon <= 255:
        raise InputError(f"epsilon is {epsilon:g}; use 0 to 255 grey levels")


def _check_range(pixels: torch.Tensor) -> None:
    if pixels.numel() and not (pixels.min() >= 0 and pixels.max() <= 1):
        raise InputError(
            f"grey levels are {float(pixels.min()):g} to {float(pixels.max()):g}; give them in "
            "[0, 1], e.g. divided by 255"
        )
