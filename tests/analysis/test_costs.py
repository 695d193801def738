import pytest
from torch import nn

from fer_core.analysis import costs
from fer_core.models import layer_table
from fer_core.records import Layer

NETWORK = nn.Sequential(
    nn.Conv2d(1, 32, 5, padding=2),
    nn.BatchNorm2d(32),
    nn.Conv2d(32, 64, (3, 1), bias=False, groups=4),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(64 * 23 * 24, 16),
    nn.Linear(16, 7, bias=False),
)
LAYERS = layer_table(NETWORK)


def value(formula: str) -> int:
    return eval(formula.replace("×", "*"))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.type)
def test_every_product_gives_the_number_of_the_layer_table(layer: Layer) -> None:
    assert value(costs.operations_formula(layer)) == layer.operations
    assert value(costs.parameters_formula(layer)) == layer.parameters
    assert value(costs.activations_formula(layer)) == costs.activation_bytes(layer)


def test_products_by_hand() -> None:
    first, norm, grouped, *_, dense, last = LAYERS
    assert costs.operations_formula(first) == "32 × 48 × 48 × 1 × 5 × 5"
    assert costs.parameters_formula(first) == "32 × (1 × 5 × 5 + 1)"
    assert costs.activations_formula(first) == "4 × 32 × 48 × 48"
    assert costs.activation_bytes(first) == 294_912
    assert costs.parameters_formula(norm) == "4 × 32"
    # Each of 64 maps sees 32 / 4 of those before it; the kernel has 3 rows and 1 column.
    assert costs.operations_formula(grouped) == "64 × 46 × 48 × 8 × 3 × 1"
    assert costs.parameters_formula(grouped) == "64 × 8 × 3 × 1"
    assert costs.operations_formula(dense) == "16 × 35328"
    assert costs.parameters_formula(dense) == "16 × (35328 + 1)"
    assert costs.parameters_formula(last) == "7 × 16"


def test_memory_is_what_torch_allocates_for_the_outputs() -> None:
    import torch

    sizes = []
    hooks = [
        module.register_forward_hook(
            lambda _module, _inputs, output: sizes.append(output.numel() * output.element_size())
        )
        for module in NETWORK
    ]
    NETWORK.eval()(torch.zeros(1, 1, 48, 48))
    for hook in hooks:
        hook.remove()
    assert [costs.activation_bytes(layer) for layer in LAYERS] == sizes


def test_layers_of_older_runs_give_plain_numbers() -> None:
    old = Layer("conv1", "conv1", "Conv2d", (32, 48, 48), 832, 832, 0, 1_843_200)
    assert costs.operations_formula(old) == "1843200"
    assert costs.parameters_formula(old) == "832"
    assert costs.activations_formula(old) == "4 × 32 × 48 × 48"
