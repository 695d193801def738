"""What a network of one's own must do before it is trained, each with the reason in one line."""

import contextlib
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from fer_core.config import RunConfig
from fer_core.errors import InputError
from fer_core.models import own
from fer_core.models.classifier import Normalise
from fer_core.records import CLASS_NAMES, IMAGE_SIZE

_CPU = torch.device("cpu")
_TOLERANCE = 1e-3  # of the largest logit: sums in another order differ by less
_CLASSES = len(CLASS_NAMES)


def check_own(
    config: RunConfig,
    *,
    device: torch.device = _CPU,
    autocast: AbstractContextManager[Any] | None = None,
) -> None:
    """Build the network of a `FILE.py:CLASS` twice and try it on four images.

    device, autocast: where and in which precision it will train. Other families pass as they are.
    Raises InputError when the network cannot be built or run, learns nothing, gives other than
    finite logits (N, 7), gives an image other logits for the images beside it or from one time
    to the next, or is not given back by its state: its checkpoints would be worth nothing.
    """
    architecture = config.architecture
    if architecture.get("family") != own.FAMILY:
        return
    normalise = Normalise(config.normalise, mean=0.5, deviation=0.25)
    images = normalise(_images())
    with torch.random.fork_rng(devices=[]), contextlib.redirect_stdout(sys.stderr):
        torch.manual_seed(0)
        network = own.build(architecture)
        name = str(architecture["class"])
        _check_state(network, name)
        _check_evaluation(network, images, architecture)
        torch.manual_seed(1)
        _check_given_back(network, own.build(architecture), images, architecture)
        _check_learning(network.to(device), images.to(device), architecture, autocast)


def _images() -> torch.Tensor:
    """Four unlike images, (4, 1, 48, 48) float32 in [0, 1]: noise, a ramp, an edge, black."""
    noise = torch.rand(IMAGE_SIZE, IMAGE_SIZE, generator=torch.Generator().manual_seed(0))
    ramp = torch.linspace(0, 1, IMAGE_SIZE).expand(IMAGE_SIZE, IMAGE_SIZE)
    return torch.stack((noise, ramp, (ramp.T > 0.3).float(), torch.zeros_like(ramp))).unsqueeze(1)


def _check_state(network: nn.Module, name: str) -> None:
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise InputError(
            f"{name} has no parameters to train; make its layers attributes in __init__, lists of "
            "them nn.ModuleList"
        )
    for key, value in network.state_dict().items():
        if not isinstance(value, torch.Tensor) or value.layout != torch.strided:
            raise InputError(
                f"{name}'s state holds {key!r}, a {type(value).__name__}; a checkpoint holds dense "
                "tensors only: make it a buffer"
            )


def _check_evaluation(
    network: nn.Module, images: torch.Tensor, architecture: Mapping[str, Any]
) -> None:
    name = architecture["class"]
    network.eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with torch.no_grad():
        logits = _logits(network, images, architecture)
        again = _logits(network, images, architecture)
        alone = _logits(network, images[1:2], architecture)
    sums = logits.sum(dim=1)
    if (logits >= 0).all() and (sums - 1).abs().max() < _TOLERANCE:
        raise InputError(
            f"{name} ends in a softmax: each row sums to 1; leave it out, the loss wants logits"
        )
    if not _close(logits, again):
        raise InputError(
            f"{name} gives the same images other logits a second time in evaluation mode; if that "
            "is dropout: nn.Dropout, or functional.dropout(x, p, self.training)"
        )
    if not _close(logits[1:2], alone):
        raise InputError(
            f"{name} gives an image other logits alone than among others in evaluation mode; use "
            "statistics that were learned, as nn.BatchNorm2d does by default"
        )
    for key, value in network.state_dict().items():
        if not torch.equal(before[key], value):
            raise InputError(
                f"{name} changes {key!r} in evaluation mode; change it only if self.training"
            )


def _check_given_back(
    network: nn.Module, other: nn.Module, images: torch.Tensor, architecture: Mapping[str, Any]
) -> None:
    """Check that another network with the state of this one is this one."""
    name = architecture["class"]
    try:
        other.load_state_dict(network.state_dict())
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{name} cannot load the state of another {name}: {reason}") from error
    with torch.no_grad():
        first = _logits(network.eval(), images, architecture)
        second = _logits(other.eval(), images, architecture)
    if not _close(first, second):
        raise InputError(
            f"{name}'s state does not hold all that its logits depend on, so that no checkpoint "
            "gives it back; make tensors parameters, or buffers with self.register_buffer"
        )


def _check_learning(
    network: nn.Module,
    images: torch.Tensor,
    architecture: Mapping[str, Any],
    autocast: AbstractContextManager[Any] | None,
) -> None:
    name = architecture["class"]
    with autocast or nullcontext():
        logits = _logits(network.train(), images, architecture)
    labels = torch.arange(len(images), device=images.device)
    try:
        functional.cross_entropy(logits.float(), labels).backward()
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{name}'s logits give no gradient: {reason}") from error
    if not any(parameter.grad is not None for parameter in network.parameters()):
        raise InputError(f"{name}'s logits depend on none of its parameters")


def _logits(
    network: nn.Module, images: torch.Tensor, architecture: Mapping[str, Any]
) -> torch.Tensor:
    name, shape = architecture["class"], (len(images), _CLASSES)
    logits = own.explained(network, images, architecture)
    if not isinstance(logits, torch.Tensor) or not logits.is_floating_point():
        kind = logits.dtype if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise InputError(f"{name} gives {kind}; it must give logits {shape} of a float type")
    if tuple(logits.shape) != shape:
        raise InputError(
            f"{name} gives {tuple(logits.shape)} for images {tuple(images.shape)}; it must give "
            f"logits {shape}"
        )
    if not logits.isfinite().all():
        mode = "training" if network.training else "evaluation"
        raise InputError(f"{name} gives logits that are not finite in {mode} mode")
    return logits


def _close(first: torch.Tensor, second: torch.Tensor) -> bool:
    limit = _TOLERANCE * max(1.0, float(first.abs().max()))
    return bool((first - second).abs().max() <= limit)
