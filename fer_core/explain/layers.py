"""Layers by the names that everything else uses, and what they give in a forward pass."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.models import Classifier, layer_table
from fer_core.records import IMAGE_SIZE, Layer

LAST = "last"
_MOST_NAMED = 12


def layers_of(model: nn.Module) -> tuple[Layer, ...]:
    """Return the model's layer table; a `Classifier`'s is that of its network."""
    if isinstance(model, Classifier):
        return layer_table(model.network, model.side)
    return layer_table(model, IMAGE_SIZE)


def resolve(model: nn.Module, name: str) -> str:
    """Return the full name of a layer: ``conv1``, ``dense1`` ... as they are, ``last`` as the last
    convolution's, a module path (``features.5``) as it is unless it has a name. Where a name is
    also another module's path, the name counts.

    Raises InputError for a layer that is not there, and for ``last`` without a convolution.
    """
    return _named(model, name)[0]


def find(model: nn.Module, name: str) -> nn.Module:
    """Return the module of a layer, which may be named as in `resolve`."""
    return network_of(model).get_submodule(_named(model, name)[1])


def _named(model: nn.Module, name: str) -> tuple[str, str]:
    """Return the full name and the path of a layer."""
    modules = dict(network_of(model).named_modules())
    paths = {layer.name: layer.path for layer in layers_of(model)}
    if name == LAST:
        convolutions = [each for each in paths if isinstance(modules[paths[each]], nn.Conv2d)]
        if not convolutions:
            raise InputError(
                "layer 'last' is the last convolution, and this network has none: it has no maps "
                "to lay over the image; use a method about pixels, e.g. saliency or occlusion"
            )
        return convolutions[-1], paths[convolutions[-1]]
    if name in paths:
        return name, paths[name]
    if name and name in modules:
        return next((each for each, path in paths.items() if path == name), name), name
    more = " ..." if len(paths) > _MOST_NAMED else ""
    raise InputError(
        f"no layer {name!r}; use {LAST} or one of {', '.join([*paths][:_MOST_NAMED])}{more}"
    )


class Captured:
    """What a layer gave in a forward pass. name: its full name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.outputs: list[torch.Tensor] = []

    def output(self) -> torch.Tensor:
        """Return what the layer gave, with its gradient graph.

        Raises InputError for a layer that ran several times (a shared module: which of its
        outputs is meant?) or not at all.
        """
        if len(self.outputs) != 1:
            raise InputError(
                f"layer {self.name!r} runs {len(self.outputs)} times for one image; name a layer "
                "that runs once"
            )
        return self.outputs[0]


@contextmanager
def capture(model: nn.Module, name: str) -> Iterator[Captured]:
    """Record what a layer, named as in `resolve`, gives in the forward pass inside.

    What follows gets a copy, so that an in-place activation does not change what was recorded.
    The pass raises InputError for a layer that gives no tensor.
    """
    full, path = _named(model, name)
    captured = Captured(full)

    def record(_module: nn.Module, _inputs: object, output: torch.Tensor) -> torch.Tensor:
        if not isinstance(output, torch.Tensor):
            raise InputError(
                f"layer {full!r} gives a {type(output).__name__}, not one tensor; name a layer "
                "inside of it"
            )
        if not output.requires_grad:  # nothing before it needs a gradient: it starts here
            output = output.detach().requires_grad_(torch.is_grad_enabled())
        captured.outputs.append(output)
        return output.clone()

    hook = network_of(model).get_submodule(path).register_forward_hook(record)
    try:
        yield captured
    finally:
        hook.remove()


def network_of(model: nn.Module) -> nn.Module:
    """Return what layers are named in: a `Classifier`'s network, any other module itself."""
    return model.network if isinstance(model, Classifier) else model
