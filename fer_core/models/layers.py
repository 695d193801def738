"""The layer table of a network: names, shapes, parameters, operations."""

from typing import Any

import torch
from torch import nn

from fer_core.records import IMAGE_SIZE, Layer

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

    def record(module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
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
