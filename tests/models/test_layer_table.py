import torch
from torch import nn
from torch.nn import functional

from fer_core.models import layer_table


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
    assert (rows[4].parameters, rows[4].trainable, rows[4].non_trainable) == (35, 28, 7)


def test_the_network_is_as_before() -> None:
    network = _Own().train()
    network.features[1].eval()
    layer_table(network)
    assert not network.features[0]._forward_hooks
    assert torch.equal(network.features[1].running_mean, torch.zeros(4))
    assert network.training
    assert not network.features[1].training
