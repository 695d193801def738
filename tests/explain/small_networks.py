"""Small networks with known weights, and whether a model came back as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn


def convolutional(seed: int = 0, *, inplace: bool = False) -> nn.Sequential:
    """conv1 (5 filters), batch norm, ReLU, pooling, conv2 (6 filters), ReLU, seven logits."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(1, 5, 3, padding=1),
        nn.BatchNorm2d(5),
        nn.ReLU(inplace=inplace),
        nn.MaxPool2d(4),
        nn.Conv2d(5, 6, 3),
        nn.ReLU(inplace=inplace),
        nn.Flatten(),
        nn.Linear(600, 7),
    )
    norm = network[1]
    norm.running_mean.normal_(0, 0.2)
    norm.running_var.uniform_(0.5, 2)
    return network


def first_layer(kernels: np.ndarray, bias: np.ndarray | None = None) -> nn.Sequential:
    """A convolution with these kernels (F, k, k), zero-padded to keep the size, and a ReLU."""
    count, side = kernels.shape[:2]
    conv = nn.Conv2d(1, count, side, padding=side // 2)
    with torch.no_grad():
        conv.weight.copy_(torch.as_tensor(kernels)[:, None])
        conv.bias.copy_(torch.zeros(count) if bias is None else torch.as_tensor(bias))
    return nn.Sequential(conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def faces(count: int, seed: int = 0) -> torch.Tensor:
    """Smooth random images (N, 1, 48, 48) in [0, 1], whole grey levels."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 1, 6, 6, generator=generator)
    smooth = nn.functional.interpolate(coarse, size=(48, 48), mode="bilinear")
    return (smooth * 255).round() / 255


@contextmanager
def comes_back_as_it_was(model: nn.Module) -> Iterator[None]:
    """Assert that flags, weights, buffers, gradients and hooks are what they were, and that torch's
    random numbers go on from where they were."""
    model.train()
    first = next(model.parameters())
    first.requires_grad_(False)
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    try:
        yield
    finally:
        assert all(module.training for module in model.modules())
        for name, value in model.state_dict().items():
            assert torch.equal(value, weights[name]), name
        wanted = [parameter.requires_grad for parameter in model.parameters()]
        assert wanted == [False] + [True] * (len(wanted) - 1)
        assert all(parameter.grad is None for parameter in model.parameters())
        assert not any(module._forward_hooks for module in model.modules())
        assert torch.equal(torch.get_rng_state(), state)
