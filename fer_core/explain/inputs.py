"""Images and targets as a model takes them, or an InputError that says what was given instead."""

from typing import Any

import numpy as np
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES, IMAGE_SIZE

_IMAGES = f"give (N, 1, {IMAGE_SIZE}, {IMAGE_SIZE}) floats in [0, 1]"


def on_model(model: nn.Module, images: Any, targets: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images (N, 1, 48, 48) and targets (N,) int64 on the model's device, the images in
    its dtype; both are copies."""
    weight = next((each for each in model.parameters() if each.is_floating_point()), torch.zeros(0))
    pixels = _images(images)
    classes = _targets(targets, len(pixels))
    return pixels.to(weight.device, weight.dtype), classes.to(weight.device)


def _images(images: Any) -> torch.Tensor:
    pixels = _tensor(images, "images", _IMAGES)
    if pixels.shape[1:] != (1, IMAGE_SIZE, IMAGE_SIZE) or not pixels.is_floating_point():
        hint = "; divide grey levels by 255" if pixels.dtype == torch.uint8 else ""
        raise InputError(f"images are {_form(pixels)}; {_IMAGES}{hint}")
    if len(pixels) and not (pixels.min() >= 0 and pixels.max() <= 1):  # nor not-a-number
        raise InputError(f"images are {pixels.min():g} to {pixels.max():g}; {_IMAGES}")
    return pixels


def _targets(targets: Any, count: int) -> torch.Tensor:
    wanted = f"give a class, 0 to {len(CLASS_NAMES) - 1}, for each of the {count} images"
    classes = _tensor(targets, "targets", wanted)
    # A list without elements is of floats.
    whole = not (classes.is_floating_point() or classes.is_complex() or classes.dtype == torch.bool)
    if classes.shape != (count,) or (count and not whole):
        raise InputError(f"targets are {_form(classes)}; {wanted}")
    classes = classes.to(torch.int64)
    wrong = classes[(classes < 0) | (classes >= len(CLASS_NAMES))]
    if len(wrong):
        raise InputError(f"a target is {int(wrong[0])}; {wanted}")
    return classes


def _tensor(values: Any, what: str, wanted: str) -> torch.Tensor:
    """Return a copy: arrays of the store cannot be written to, which torch does not like."""
    if isinstance(values, torch.Tensor):
        return values.detach().clone()
    try:
        return torch.from_numpy(np.array(values))
    except (TypeError, ValueError):
        raise InputError(
            f"{what} are no array of numbers ({type(values).__name__}); {wanted}"
        ) from None


def _form(values: torch.Tensor) -> str:
    return f"{tuple(values.shape)} {str(values.dtype).removeprefix('torch.')}"
