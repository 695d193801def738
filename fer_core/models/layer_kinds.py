"""The layers that an architecture in TOML can list: who makes them, what they take, an example."""

from collections.abc import Callable
from typing import Any

from torch import nn

from fer_core.errors import InputError
from fer_core.models.dropout import Dropout
from fer_core.models.residual import Residual
from fer_core.records import CLASS_NAMES

Shape = tuple[int, ...]  # (C, H, W) or (N,), without the batch

# With its gradient and an optimizer's two moments, 8 GB: a mistyped width must not fill the memory.
MOST_PARAMETERS = 500_000_000


def _whole(value: Any, what: str, least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"takes {what}, a whole number from {least}, not {_text(value)}")
    return value


def _flag(value: Any, what: str = "") -> bool:
    if not isinstance(value, bool):
        raise InputError(f"takes true or false{what}, not {_text(value)}")
    return value


def _switch(value: Any) -> None:
    if value is not True:
        raise InputError(f"takes true, not {_text(value)}; leave the layer out to have none")


def _number(value: Any, what: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InputError(f"takes {what}, a number from {low:g} to {high:g}, not {_text(value)}")
    return float(value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _needs_maps(shape: Shape) -> None:
    if len(shape) != 3:
        raise InputError("takes maps (channels x height x width), which end at the flatten layer")


def _refuse_many(count: int) -> None:
    if count > MOST_PARAMETERS:
        raise InputError(f"would have {count:,} weights; {MOST_PARAMETERS:,} is the most")


def _conv(
    shape: Shape,
    filters: Any,
    *,
    kernel: Any = 3,
    stride: Any = 1,
    padding: Any = "same",
    bias: Any = True,
) -> nn.Module:
    _needs_maps(shape)
    _whole(filters, "its number of filters")
    return _convolution(shape, filters, kernel, stride, padding, bias)


def _depthwise(
    shape: Shape, kernel: Any, *, stride: Any = 1, padding: Any = "same", bias: Any = True
) -> nn.Module:
    _needs_maps(shape)
    return _convolution(shape, shape[0], kernel, stride, padding, bias, groups=shape[0])


def _convolution(
    shape: Shape,
    filters: int,
    kernel: Any,
    stride: Any,
    padding: Any,
    bias: Any,
    *,
    groups: int = 1,
) -> nn.Module:
    _whole(kernel, "as kernel the side of its window")
    _whole(stride, "as stride a step in pixels")
    _flag(bias, " as bias")
    if padding != "same":
        _whole(padding, "as padding 'same' or a number of pixels", least=0)
        if padding >= kernel:
            raise InputError(f"a padding of {padding} is as wide as its kernel; take less")
        if kernel > min(shape[1:]) + 2 * padding:
            raise InputError(f"a kernel of {kernel} is larger than its input with its padding")
    elif stride > 1 or kernel % 2 == 0:
        raise InputError(
            f"with kernel {kernel} and stride {stride} it cannot keep the size: say how many "
            f"pixels to pad, e.g. padding = {(kernel - 1) // 2}"
        )
    _refuse_many(shape[0] // groups * filters * kernel * kernel)
    conv = nn.Conv2d(shape[0], filters, kernel, stride, padding, bias=bias, groups=groups)
    # torch's default is for a = sqrt(5): too small to train seven layers without batch norm.
    nn.init.kaiming_uniform_(conv.weight, nonlinearity="relu")
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv


def _dense(shape: Shape, units: Any, *, bias: Any = True) -> nn.Module:
    if len(shape) != 1:
        raise InputError("takes a vector; put { flatten = true } before it")
    _whole(units, "its number of units")
    _flag(bias, " as bias")
    _refuse_many(shape[0] * units)
    dense = nn.Linear(shape[0], units, bias=bias)
    if units == len(CLASS_NAMES):  # the logits: no activation follows
        nn.init.kaiming_uniform_(dense.weight, nonlinearity="linear")
    else:
        nn.init.kaiming_uniform_(dense.weight, nonlinearity="relu")
    if dense.bias is not None:
        nn.init.zeros_(dense.bias)
    return dense


def _pool(module: type[nn.MaxPool2d] | type[nn.AvgPool2d]) -> Callable[..., nn.Module]:
    def make(shape: Shape, size: Any, *, ceil: Any = False) -> nn.Module:
        _needs_maps(shape)
        _whole(size, "the side of its window")
        if size > min(shape[1:]) and not _flag(ceil, " as ceil (keep what is left at the edge)"):
            raise InputError(f"a window of {size} is larger than its input")
        return module(size, ceil_mode=_flag(ceil, " as ceil (keep what is left at the edge)"))

    return make


def _global_average_pool(shape: Shape, value: Any) -> nn.Module:
    _needs_maps(shape)
    _switch(value)
    return nn.AdaptiveAvgPool2d(1)


def _flatten(_shape: Shape, value: Any) -> nn.Module:
    _switch(value)
    return nn.Flatten()


def _dropout(_shape: Shape, rate: Any) -> nn.Module:
    return Dropout(_number(rate, "the probability that a value is dropped", 0, 0.99))


def _batch_norm(shape: Shape, value: Any) -> nn.Module:
    _switch(value)
    return nn.BatchNorm2d(shape[0]) if len(shape) == 3 else nn.BatchNorm1d(shape[0])


def _relu(_shape: Shape, value: Any) -> nn.Module:
    _switch(value)
    return nn.ReLU()


def _leaky_relu(_shape: Shape, slope: Any) -> nn.Module:
    # No default: libraries have different ones (Keras 0.3, torch 0.01).
    return nn.LeakyReLU(_number(slope, "its slope for values below 0", 0, 1))


RESIDUAL = "residual"
LAYERS: dict[str, Callable[..., nn.Module]] = {
    "conv": _conv,
    "depthwise": _depthwise,
    "dense": _dense,
    "max_pool": _pool(nn.MaxPool2d),
    "average_pool": _pool(nn.AvgPool2d),
    "global_average_pool": _global_average_pool,
    "flatten": _flatten,
    "dropout": _dropout,
    "batch_norm": _batch_norm,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    RESIDUAL: Residual,  # of a block and a shortcut, which `sequential` builds
}
EXAMPLES = {
    "conv": "{ conv = 64, kernel = 3 }",
    "depthwise": "{ depthwise = 3 }",
    "dense": "{ dense = 512 }",
    "max_pool": "{ max_pool = 2 }",
    "average_pool": "{ average_pool = 2, ceil = true }",
    "global_average_pool": "{ global_average_pool = true }",
    "flatten": "{ flatten = true }",
    "dropout": "{ dropout = 0.5 }",
    "batch_norm": "{ batch_norm = true }",
    "relu": "{ relu = true }",
    "leaky_relu": "{ leaky_relu = 0.1 }",
    RESIDUAL: "{ residual = [{ conv = 64 }, { conv = 64, then = [] }] }",
}
# What may follow a convolution or a dense layer in `then`, `after_conv` or `after_dense`.
FOLLOWING = ("batch_norm", "relu", "leaky_relu")
