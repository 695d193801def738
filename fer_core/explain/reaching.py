"""A forward pass that stops at a layer, or at the activation that follows it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from fer_core.errors import InputError
from fer_core.explain.layers import capture, find, resolve
from fer_core.records import IMAGE_SIZE

# By the names of torch's functions, which modules call as well, in place (relu_) or not.
_ACTIVATIONS = {
    *("relu", "leaky_relu", "prelu", "rrelu", "elu", "selu", "celu", "gelu", "silu", "mish"),
    *("hardswish", "hardtanh", "relu6", "softplus", "sigmoid", "hardsigmoid", "tanh"),
}
# What may stand between a layer and its activation.
_BETWEEN = {
    *("batch_norm", "group_norm", "instance_norm", "layer_norm"),
    *("max_pool2d", "avg_pool2d", "dropout", "dropout2d", "feature_dropout"),
}


class Reached(NamedTuple):
    """activation: (N, F, h, w), what follows the layer, or its own output where nothing does;
    before: what the activation was computed from, or the same where there is none. A dense
    layer's have h = w = 1."""

    activation: torch.Tensor
    before: torch.Tensor


class Reach:
    """Runs a network up to the activation that follows a layer, and not further.

    The activation is a ReLU or the like directly after the layer, or after norms, poolings and
    dropouts that follow it; without one it is the layer's own output. It is found in the pass
    itself, so modules, functions and in-place forms count alike. filters: how many the layer has.
    """

    def __init__(self, model: nn.Module, layer: str) -> None:
        self.layer = resolve(model, layer)
        self._module = find(model, self.layer)
        weight = next(model.parameters(), torch.zeros(0))
        image = torch.zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE).to(weight.device, weight.dtype)
        with torch.no_grad(), capture(model, self.layer) as recorded:
            model(image)
            shape = tuple(recorded.output().shape[1:])
        if len(shape) not in (1, 3):
            raise InputError(
                f"layer {self.layer!r} gives {shape} for an image; name one that gives maps "
                "(filters, height, width) or units"
            )
        self.filters = shape[0]
        self.has_places = len(shape) == 3

    def __call__(
        self, forward: Callable[[torch.Tensor], torch.Tensor], images: torch.Tensor
    ) -> Reached:
        """Run images (N, 1, H, W) up to the activation. forward: the model, or another way to run
        the same network, such as `Seen`."""
        watch = _Watch()

        def start(_module: nn.Module, _inputs: object, output: torch.Tensor) -> torch.Tensor:
            watch.own = output
            # A copy goes on, so that what follows in place leaves the layer's output as it is.
            watch.current = output.clone()
            return watch.current

        hook = self._module.register_forward_hook(start)
        try:
            with watch:
                forward(images)
        except _Stopped:
            pass
        finally:
            hook.remove()
        if watch.activation is None:
            return Reached(_maps(watch.own), _maps(watch.own))
        return Reached(_maps(watch.activation), _maps(watch.current))


class _Stopped(Exception):  # noqa: N818 (no error: the pass has come far enough)
    pass


class _Watch(TorchFunctionMode):
    """Follows what is computed from a layer's output; raises _Stopped when that is known."""

    def __init__(self) -> None:
        super().__init__()
        self.own = self.current = torch.zeros(0)
        self.activation: torch.Tensor | None = None

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if not any(each is self.current for each in (*args, *kwargs.values())):
            return func(*args, **kwargs)
        name = getattr(func, "__name__", "").removesuffix("_")
        if name in _ACTIVATIONS:
            copy = self.current.clone()  # func may work in place
            args = tuple(copy if each is self.current else each for each in args)
            kwargs = {k: copy if each is self.current else each for k, each in kwargs.items()}
            self.activation = func(*args, **kwargs)
            raise _Stopped
        result = func(*args, **kwargs)
        if name in _BETWEEN:
            self.current = result
        elif isinstance(result, torch.Tensor):
            raise _Stopped  # something else takes it: it has no activation of its own
        return result


def _maps(values: torch.Tensor) -> torch.Tensor:
    return values if values.ndim == 4 else values[:, :, None, None]
