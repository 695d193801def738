"""The layer table of a network: names, shapes, parameters, operations, settings."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from fer_core.records import IMAGE_SIZE, Layer, Setting

_NUMBERED = {nn.Conv2d: "conv", nn.Linear: "dense"}


def layer_table(network: nn.Module, side: int = IMAGE_SIZE) -> tuple[Layer, ...]:
    """Return one `Layer` for each module that does something itself, in forward order.

    network: takes (N, 1, side, side) float32. These are the modules without children, and those
    with weights of their own beside them. Convolutions and dense layers are called ``conv1``,
    ``dense1`` ...; others keep their module path. Parameters are counted as Keras does: a
    batch norm's running mean and variance are its non-trainable ones; each weight counts once,
    however often its module is used, and in all they are the network's. Operations are
    multiply-adds of convolutions and dense layers for one image, in each use.
    """
    rows: dict[str, Layer] = {}  # by path
    numbers = dict.fromkeys(_NUMBERED.values(), 0)
    paths = {module: path for path, module in network.named_modules()}

    def record(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        path = paths[module]
        shape = _shape(output)
        operations = _operations(module, shape)
        if path in rows:  # a module that is used twice
            rows[path] = replace(rows[path], operations=rows[path].operations + operations)
            return
        name = path or type(module).__name__
        if prefix := _NUMBERED.get(type(module)):
            numbers[prefix] += 1
            name = f"{prefix}{numbers[prefix]}"
        rows[path] = Layer(
            name=name,
            path=path,
            type=type(module).__name__,
            output_shape=shape,
            parameters=0,
            trainable=0,
            non_trainable=0,
            operations=operations,
            input_shape=_shape(inputs[0]) if inputs else (),
            settings=_settings(module),
        )

    hooks = [module.register_forward_hook(record) for module in paths]
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
    _count_weights(network, rows)
    childless = {path for module, path in paths.items() if not any(module.children())}
    return tuple(row for path, row in rows.items() if path in childless or row.parameters)


def _count_weights(network: nn.Module, rows: dict[str, Layer]) -> None:
    """Add each parameter and running statistic, once, to the row of the module that holds it.

    A module that was not called itself (its weights are used by the one around it, as in
    nn.MultiheadAttention) has no row: the one around it counts them.
    """
    counted: set[int] = set()
    for module_path, module in network.named_modules():
        path = module_path
        while path not in rows:
            path = path.rpartition(".")[0]
        for weight in (*module.parameters(recurse=False), *module.buffers(recurse=False)):
            is_parameter = isinstance(weight, nn.Parameter)
            if id(weight) in counted or not (is_parameter or weight.is_floating_point()):
                continue
            counted.add(id(weight))
            row, count = rows[path], weight.numel()
            trained = count if is_parameter and weight.requires_grad else 0
            rows[path] = replace(
                row,
                parameters=row.parameters + count,
                trainable=row.trainable + trained,
                non_trainable=row.non_trainable + count - trained,
            )


def _shape(output: Any) -> tuple[int, ...]:
    """Return the shape of what a module gave, without the batch; of several, the first tensor's."""
    if isinstance(output, torch.Tensor):
        return tuple(output.shape[1:])
    several = list(output.values()) if isinstance(output, Mapping) else output
    if isinstance(several, (tuple, list)):
        return next((shape for each in several if (shape := _shape(each))), ())
    return ()


def count_parameters(network: nn.Module) -> int:
    """Return all parameters, trainable or not, as `layer_table` counts them; runs nothing."""
    weights = sum(parameter.numel() for parameter in network.parameters())
    return weights + sum(b.numel() for b in network.buffers() if b.is_floating_point())


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
