import pytest
import torch
from torch import nn
from torch.nn import functional

from fer_core.models import layer_table, sequential

DENSE = {"dense": 7, "then": []}


class _Own(nn.Module):
    """A network that is no list: nested, with a module used twice and a functional call."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, groups=1), nn.BatchNorm2d(4), nn.ReLU())
        self.again = nn.Conv2d(4, 4, 1, bias=False)
        self.head = nn.Linear(4, 7)
        self.head.bias.requires_grad = False

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = self.again(self.again(self.features(images)))
        return self.head(functional.adaptive_avg_pool2d(maps, 1).flatten(1))


def test_rows_are_the_modules_in_forward_order() -> None:
    network = _Own()
    rows = layer_table(network)
    assert [(row.name, row.path, row.type) for row in rows] == [
        ("conv1", "features.0", "Conv2d"),
        ("features.1", "features.1", "BatchNorm2d"),
        ("features.2", "features.2", "ReLU"),
        ("conv2", "again", "Conv2d"),
        ("dense1", "head", "Linear"),
    ]
    assert rows[0].output_shape == (4, 46, 46)
    assert rows[0].operations == 4 * 46 * 46 * 9
    assert (rows[1].trainable, rows[1].non_trainable) == (8, 8)
    assert rows[3].operations == 2 * 4 * 46 * 46 * 4, "in each use"
    assert (rows[4].parameters, rows[4].trainable, rows[4].non_trainable) == (35, 28, 7)


class _Attending(nn.Module):
    """Weights in every place: beside children, in a module that is not called, tied, in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.position = nn.Parameter(torch.zeros(36, 16))
        self.patches = nn.Conv2d(1, 16, 8, stride=8)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.scales = nn.ParameterList([torch.ones(16), torch.ones(1)])
        self.encode = nn.Linear(16, 16, bias=False)
        self.decode = nn.Linear(16, 16, bias=False)
        self.decode.weight = self.encode.weight
        self.head = nn.Linear(16, 7)
        self.register_buffer("steps", torch.zeros(1, dtype=torch.int64))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        tokens = self.patches(images).flatten(2).transpose(1, 2) + self.position
        tokens, _ = self.attention(tokens, tokens, tokens)
        tokens = self.decode(self.encode(tokens)) * self.scales[0] * self.scales[1]
        return self.head(tokens.mean(1))


def test_every_weight_counts_once_wherever_it_lies() -> None:
    network = _Attending()
    rows = {row.path: row for row in layer_table(network)}
    assert {path: row.parameters for path, row in rows.items()} == {
        "patches": 16 * 64 + 16,
        "attention": 4 * (16 * 16 + 16),
        "encode": 16 * 16,
        "decode": 0,
        "head": 16 * 7 + 7,
        "": 36 * 16 + 16 + 1,
    }
    total = sum(parameter.numel() for parameter in network.parameters())
    assert sum(row.parameters for row in rows.values()) == total
    assert rows["attention"].output_shape == (36, 16), "the first of what it gives"
    assert (rows[""].name, rows[""].type) == ("_Attending", "_Attending")


def test_a_network_without_children_is_one_row() -> None:
    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(7, 2304))

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return functional.linear(images.flatten(1), self.weight)

    (row,) = layer_table(Plain())
    assert (row.name, row.output_shape, row.trainable) == ("Plain", (7,), 7 * 2304)


def test_the_network_is_as_before() -> None:
    network = _Own().train()
    network.features[1].eval()
    layer_table(network)
    assert not network.features[0]._forward_hooks
    assert torch.equal(network.features[1].running_mean, torch.zeros(4))
    assert network.training
    assert not network.features[1].training


def test_input_shapes_are_those_that_reach_a_module() -> None:
    rows = {row.path: row for row in layer_table(_Own())}
    assert rows["features.0"].input_shape == (1, 48, 48)
    assert rows["features.2"].input_shape == (4, 46, 46)
    assert rows["head"].input_shape == (4,)  # after a pooling that is no module


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_settings_are_numbers_along_rows_and_columns() -> None:
    network = nn.Sequential(
        nn.Conv2d(1, 4, (5, 3), stride=(2, 1), padding=(2, 0), groups=1),
        nn.Conv2d(4, 8, (4, 3), padding="same", groups=2),
        nn.Conv2d(8, 8, 3, padding="valid", dilation=2),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.AvgPool2d((2, 1)),
        nn.AdaptiveAvgPool2d(1),
        nn.LeakyReLU(0.05),
        nn.Dropout2d(0.25),
        nn.BatchNorm2d(8),
    )
    assert [row.settings for row in layer_table(network)] == [
        {"kernel": (5, 3), "stride": (2, 1), "padding": (2, 0), "dilation": (1, 1), "groups": 1},
        # torch pads a kernel of 4 rows with 3: 1 above, 2 below.
        {"kernel": (4, 3), "stride": (1, 1), "padding": (1.5, 1), "dilation": (1, 1), "groups": 2},
        {"kernel": (3, 3), "stride": (1, 1), "padding": (0, 0), "dilation": (2, 2), "groups": 1},
        {"kernel": (3, 3), "stride": (2, 2), "padding": (1, 1)},
        {"kernel": (2, 1), "stride": (2, 1), "padding": (0, 0)},
        {},
        {"slope": 0.05},
        {"rate": 0.25},
        {},
    ]


def test_the_dropout_of_presets_has_its_rate() -> None:
    rows = layer_table(sequential.build({"layers": [{"flatten": True}, {"dropout": 0.3}, DENSE]}))
    assert rows[1].settings == {"rate": 0.3}
