"""A model lent to an explanation comes back as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Put the model into evaluation, its parameters without gradients, and restore it at the end.

    Training flags, buffers, `requires_grad` and gradients are what they were before, also after
    an exception. Hooks belong to who sets them. Inside, gradients are enabled and autocast is off.
    """
    modes = {module: module.training for module in model.modules()}
    buffers = {buffer: buffer.detach().clone() for buffer in model.buffers()}
    wanted = {parameter: parameter.requires_grad for parameter in model.parameters()}
    gradients = {parameter: parameter.grad for parameter in model.parameters()}
    try:
        model.eval().requires_grad_(False)
        device = next((each.device.type for each in (*wanted, *buffers)), "cpu")
        with torch.enable_grad(), torch.autocast(device, enabled=False):
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode
        with torch.no_grad():
            for buffer, before in buffers.items():
                buffer.copy_(before)
        for parameter, requires_grad in wanted.items():
            parameter.requires_grad_(requires_grad)
            parameter.grad = gradients[parameter]
