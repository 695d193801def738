"""The layer table of a network: names, shapes, parameters, operations, settings."""

from typing import Any

import torch
from torch import nn

from fer_core.records import IMAGE_SIZE, Layer, Setting

_NUMBERED = {nn.Conv2d: "conv", nn.Linear: "dense"}


def layer_table(network: nn.Module, side: int = IMAGE_SIZE) -> tuple[Layer, ...]:
    """Return one `Layer` for each module without children, in forward order.

    network: takes (N, 1, side, side) float32. Convolutions and dense layers are called ``conv1``,
    ``dense1`` ...; others keep their module path. Parameters are counted as Keras does: a
    batch norm's running mean and variance are its non-trainable ones. Operations are
    multiply-adds of convolutions and dense layers for one image.
    """
    rows: list[Layer] = []
    numbers = dict.fromkeys(_NUMBERED.values(), 0)
    paths = {module: path for path, module in network.named_modules()}

    def record(module: nn.Module, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        path = paths[module]
        if any(row.path == path for row in rows):  # a module that is used twice
            return
        name = path
        if prefix := _NUMBERED.get(type(module)):
            numbers[prefix] += 1
            name = f"{prefix}{numbers[prefix]}"
        trainable = sum(p.numel() for p in module.parameters() if p.requires_grad)
        fixed = sum(p.numel() for p in module.parameters() if not p.requires_grad)
        fixed += sum(b.numel() for b in module.buffers() if b.is_floating_point())
        shape = tuple(output.shape[1:])
        rows.append(
            Layer(
                name=name,
                path=path,
                type=type(module).__name__,
                output_shape=shape,
                parameters=trainable + fixed,
                trainable=trainable,
                non_trainable=fixed,
                operations=_operations(module, shape),
                input_shape=tuple(inputs[0].shape[1:]) if inputs else (),
                settings=_settings(module),
            )
        )

    hooks = [m.register_forward_hook(record) for m in paths if not any(m.children())]
    modes = {module: module.training for module in paths}
    example = next(network.parameters(), torch.zeros(0))
    try:
        with torch.no_grad():
            image = torch.zeros(1, 1, side, side)
            network.eval()(image.to(example.device, example.dtype))
    finally:
        for module, mode in modes.items():
            module.training = mode
        for hook in hooks:
            hook.remove()
    return tuple(rows)


def _operations(module: nn.Module, output_shape: tuple[int, ...]) -> int:
    if isinstance(module, nn.Conv2d):
        inputs = module.in_channels // module.groups
        kernel = module.kernel_size[0] * module.kernel_size[1]
        outputs = output_shape[0] * output_shape[1] * output_shape[2]
        return outputs * inputs * kernel
    if isinstance(module, nn.Linear):
        return module.in_features * module.out_features
    return 0


_POOLS = (nn.MaxPool2d, nn.AvgPool2d)
_DROPOUTS = (nn.Dropout, nn.Dropout2d, nn.AlphaDropout)


def _settings(module: nn.Module) -> dict[str, Setting]:
    if isinstance(module, nn.Conv2d):
        return {
            "kernel": module.kernel_size,
            "stride": module.stride,
            "padding": _padding(module),
            "dilation": module.dilation,
            "groups": module.groups,
        }
    if isinstance(module, _POOLS):
        return {
            "kernel": _pair(module.kernel_size),
            "stride": _pair(module.stride),
            "padding": _pair(module.padding),
        }
    if isinstance(module, _DROPOUTS):
        return {"rate": module.p}
    if isinstance(module, nn.LeakyReLU):
        return {"slope": module.negative_slope}
    return {}


def _padding(conv: nn.Conv2d) -> tuple[float, ...]:
    """Half of what torch pads in all along each axis."""
    if conv.padding == "valid":
        return (0, 0)
    if not isinstance(conv.padding, str):
        return conv.padding
    spans = [
        spacing * (size - 1) for spacing, size in zip(conv.dilation, conv.kernel_size, strict=True)
    ]
    return tuple(span / 2 if span % 2 else span // 2 for span in spans)


def _pair(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return (value, value) if isinstance(value, int) else tuple(value)
