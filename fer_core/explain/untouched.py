"""A model lent to an explanation comes back as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Put the model into evaluation, its parameters without gradients, and restore it at the end.

    Training flags, buffers, `requires_grad` and gradients are what they were before, also after
    an exception; what was computed before can still be differentiated. Hooks belong to who sets
    them. Inside, gradients are enabled, autocast and inference mode are off.
    """
    modes = {module: module.training for module in model.modules()}
    # By module and name: a forward pass may change a buffer or put another in its place.
    buffers = [
        (module, name, buffer, buffer.detach().clone())
        for module in model.modules()
        for name, buffer in module.named_buffers(recurse=False)
    ]
    wanted = {parameter: parameter.requires_grad for parameter in model.parameters()}
    gradients = {parameter: parameter.grad for parameter in model.parameters()}
    device = next((each.device.type for each in (*model.parameters(), *model.buffers())), "cpu")
    try:
        model.eval().requires_grad_(False)
        with (
            torch.inference_mode(False),
            torch.enable_grad(),
            torch.autocast(device, enabled=False),
        ):
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode
        for module, name, buffer, before in buffers:
            setattr(module, name, buffer)
            # Even the same values, written, would forbid a backward pass that is still to come.
            if not torch.equal(buffer, before):
                with torch.no_grad():
                    buffer.copy_(before)
        for parameter, requires_grad in wanted.items():
            parameter.requires_grad_(requires_grad)
            parameter.grad = gradients[parameter]
