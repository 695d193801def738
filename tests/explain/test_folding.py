"""A faster copy gives the same logits, folds only what it may, and leaves the model alone."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from fer_core.explain.folding import faster
from tests.explain.networks import residual_net


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    model = make()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            if module.running_mean is not None:
                nn.init.uniform_(module.running_mean, -1, 1)
                nn.init.uniform_(module.running_var, 0.2, 3)
            if module.affine:
                nn.init.uniform_(module.weight, -1, 2)
                nn.init.uniform_(module.bias, -1, 1)
    return model.double().eval()


def head(channels: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 7)]


def plain(**options: bool) -> nn.Module:
    first = [nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4, **options), nn.ReLU(inplace=True)]
    second = [nn.Conv2d(4, 6, 3, groups=2), nn.BatchNorm2d(6, **options), nn.LeakyReLU(0.1, True)]
    return nn.Sequential(nn.Sequential(*first), nn.Sequential(*second), *head(6))


def pooled_first() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.BatchNorm2d(4), *head(4))


class Shared(nn.Module):
    """One convolution with a batch norm behind it, and once without."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 3, 3)
        self.shared = nn.Conv2d(3, 3, 3)
        self.chain = nn.Sequential(self.shared, nn.BatchNorm2d(3))
        self.rest = nn.Sequential(*head(3))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.rest(self.chain(self.shared(self.first(images))))


class Residual(nn.Module):
    """Takes a convolution's output out of the middle of a Sequential."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3))
        self.rest = nn.Sequential(*head(3))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = self.chain[0](images)
        return self.rest(maps.relu() + self.chain[1](maps))


class Backwards(nn.Sequential):
    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        for module in reversed(self):
            maps = module(maps)
        return maps


class Viewed(nn.Module):
    """Counts on values that lie channel after channel."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.dense = nn.Linear(2 * 46 * 46, 7)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.dense(self.conv(images).view(len(images), -1))


def hooked() -> nn.Module:
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), *head(4))
    model[0].register_forward_hook(lambda _module, _inputs, output: output * 2)
    return model


def backwards() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), Backwards(nn.Conv2d(3, 3, 3), nn.BatchNorm2d(3)), *head(3)
    )


def norms(model: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in model.modules())


@pytest.mark.parametrize(
    ("make", "left"),
    [
        (plain, 0),
        (lambda: plain(affine=False), 0),
        (lambda: plain(track_running_stats=False), 2),
        (pooled_first, 1),
        (Shared, 1),
        (Residual, 1),
        (backwards, 1),
        (hooked, 1),
        (Viewed, 0),
        (residual_net, 0),
    ],
    ids=[
        "folded",
        "without weights",
        "without statistics",
        "behind a pooling",
        "shared",
        "tapped",
        "other order",
        "hooked",
        "viewed",
        "residual blocks",
    ],
)
def test_a_copy_gives_the_same_logits_and_folds_what_it_may(
    make: Callable[[], nn.Module], left: int
) -> None:
    model = seeded(make)
    images = torch.rand(5, 1, 48, 48, dtype=torch.float64)
    with torch.no_grad():
        wanted = model(images)
        before, parts = norms(model), list(model.modules())
        twin = faster(model)
        torch.testing.assert_close(twin(images), wanted, rtol=1e-10, atol=1e-12)
        assert torch.equal(model(images), wanted)
    assert norms(twin) == left
    assert norms(model) == before
    assert list(model.modules()) == parts
    assert wanted.std() > 1e-3


def test_a_model_that_cannot_gain_or_be_copied_is_returned_itself() -> None:
    dense = nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 7))
    assert faster(dense) is dense
    for refused in (Residual, Viewed):
        model = seeded(refused)
        assert faster(model) is model
    keeping = seeded(plain)
    keeping.kept = keeping(torch.zeros(1, 1, 48, 48, dtype=torch.float64))  # with its graph
    assert faster(keeping) is keeping


def test_maps_lie_channels_last_unless_the_model_counts_on_their_order() -> None:
    model = seeded(plain)
    assert faster(model)[1][0].weight.is_contiguous(memory_format=torch.channels_last)
    assert model[1][0].weight.is_contiguous()
    model.keeps_layout = True
    assert faster(model)[1][0].weight.is_contiguous()
    assert norms(faster(model)) == 0
