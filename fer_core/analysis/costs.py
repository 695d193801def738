"""What a layer costs for one image, in time and space, as numbers and as the products behind them.

Time: multiply-adds. A convolution makes out maps x rows x columns values of in maps / groups x
kernel rows x kernel columns products each, a dense layer in x out. Space: parameters, and what the
layer puts out, in float32.
"""

from math import prod

from fer_core.records import Layer

BYTES = 4  # of a float32


def activation_bytes(layer: Layer) -> int:
    """Return the memory of a layer's output for one image, in bytes."""
    return BYTES * prod(layer.output_shape)


def operations_formula(layer: Layer) -> str:
    """Return the product that gives the multiply-adds, ``64 × 48 × 48 × 32 × 3 × 3``; the plain
    number where the layer was stored without what is needed for it."""
    fan_in = _fan_in(layer)
    if not fan_in or not layer.operations:
        return str(layer.operations)
    return _product(*layer.output_shape, *fan_in)


def parameters_formula(layer: Layer) -> str:
    """Return the sum that gives the parameters, ``64 × (32 × 3 × 3 + 1)``, or the plain number.

    A batch norm has four a map: scale, shift, running mean and running variance.
    """
    fan_in = _fan_in(layer)
    if "BatchNorm" in layer.type and layer.parameters == 4 * layer.output_shape[0]:
        return _product(4, layer.output_shape[0])
    if not fan_in or not layer.parameters:
        return str(layer.parameters)
    outputs = layer.output_shape[0]
    bias = layer.parameters - outputs * prod(fan_in)
    if bias == outputs:
        return f"{outputs} × ({_product(*fan_in)} + 1)"
    return _product(outputs, *fan_in) if not bias else str(layer.parameters)


def activations_formula(layer: Layer) -> str:
    """Return the product that gives the bytes of the output, ``4 × 64 × 48 × 48``."""
    return _product(BYTES, *layer.output_shape)


def _fan_in(layer: Layer) -> tuple[int, ...]:
    """What a value of the output is made of: (in maps, kernel rows, columns) or (inputs,)."""
    kernel, groups = layer.settings.get("kernel"), layer.settings.get("groups")
    if isinstance(kernel, tuple) and isinstance(groups, int) and len(layer.input_shape) == 3:
        return (layer.input_shape[0] // groups, *(int(side) for side in kernel))
    if layer.type == "Linear" and len(layer.input_shape) == len(layer.output_shape) == 1:
        return layer.input_shape
    return ()


def _product(*factors: int) -> str:
    return " × ".join(map(str, factors))
