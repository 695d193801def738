"""Small networks and images that the tests of explanations share, in float64."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from fer_core.models import Classifier, Normalise, build

SIDE = 48
TARGETS = (3, 0, 6, 3)


def images(count: int = len(TARGETS), seed: int = 0) -> torch.Tensor:
    """(N, 1, 48, 48) float64 in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand((count, 1, SIDE, SIDE), generator=generator, dtype=torch.float64)


def targets() -> torch.Tensor:
    return torch.tensor(TARGETS)


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    """What `make` returns, in evaluation and float64, always with the same weights; what comes
    first in torch (zero biases and batch norms that do nothing) has weights, too."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = make()
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.running_mean, std=0.3)
                nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.double().eval()


def convnet(activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """Two convolutions, conv1 (0) and conv2 (3), batch norm and dropout."""
    return seeded(
        lambda: nn.Sequential(
            nn.Conv2d(1, 4, 5, stride=3, padding=2),
            nn.BatchNorm2d(4),
            activation(),
            nn.Conv2d(4, 6, 3, padding=1),
            activation(),
            nn.MaxPool2d(2),
            nn.Dropout(0.5),
            nn.Flatten(),
            nn.Linear(6 * 8 * 8, 7),
        )
    )


def residual_net() -> nn.Sequential:
    """conv1; a residual block with conv2 and conv3; one with conv4 as shortcut, conv5, conv6."""
    block = [{"conv": 4}, {"conv": 4, "then": ["batch_norm"]}]
    halved = [{"conv": 6, "stride": 2, "padding": 1}, {"conv": 6, "then": ["batch_norm"]}]
    layers = [
        {"conv": 4, "kernel": 5, "stride": 3, "padding": 2},
        {"residual": block},
        {"residual": halved},
        {"flatten": True},
        {"dense": 7},
    ]
    follow = {"after_conv": ["batch_norm", "relu"], "after_residual": ["relu"]}
    return seeded(lambda: build({"family": "sequential", "layers": layers, **follow}))


def dense_net() -> nn.Sequential:
    return seeded(
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(SIDE**2, 16), nn.ReLU(), nn.Linear(16, 7))
    )


def linear_net() -> nn.Sequential:
    return seeded(lambda: nn.Sequential(nn.Flatten(), nn.Linear(SIDE**2, 7)))


def classifier(kind: str = "per-image", side: int = SIDE) -> Classifier:
    """`convnet` behind a normalisation; it takes sides of which a third is even."""
    network = convnet()
    if side != SIDE:
        network[-1] = seeded(lambda: nn.Linear(6 * (side // 6) ** 2, 7))
    normalise = Normalise(kind, mean=0.4, deviation=0.3)
    return Classifier(normalise, network, side).double().eval()


class Functional(nn.Module):
    """A network whose activations are functions, the first of them in-place."""

    def __init__(self, activation: Callable[..., torch.Tensor] = functional.relu) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 4, 5, stride=3), nn.Conv2d(4, 4, 3)
        self.head = nn.Linear(4 * 13 * 13, 7)
        self.activation = activation

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        first = self.activation(self.first(images), inplace=True)
        return self.head(self.activation(self.second(first)).flatten(1))


class Shared(nn.Module):
    """A network that uses one ReLU module twice, or a new one each time, with the same weights."""

    def __init__(self, inplace: bool = False, shared: bool = True) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 4, 5, stride=3), nn.Conv2d(4, 4, 3)
        self.head = nn.Linear(4 * 13 * 13, 7)
        self.relu = nn.ReLU(inplace)
        self.other = self.relu if shared else nn.ReLU(inplace)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.other(self.second(self.relu(self.first(images)))).flatten(1))


class Planted(nn.Module):
    """The logit of class 3 is the mean brightness of one patch, PATCH; the others are 0."""

    PATCH = (slice(12, 24), slice(24, 36))

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1, bias=False)
        self.relu = nn.ReLU()
        self.head = nn.Linear(SIDE**2, 7)
        with torch.no_grad():
            self.conv.weight.fill_(1 / 9)
            patch = torch.zeros(SIDE, SIDE)
            patch[self.PATCH] = 1
            self.head.weight.zero_()[3] = (patch / patch.sum()).flatten()
            self.head.bias.zero_()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.relu(self.conv(images)).flatten(1))


def state(model: nn.Module) -> dict:
    """Everything of a model that an explanation must leave alone, by name."""
    kept: dict = {}
    for path, module in model.named_modules():
        kept[path, "training"] = module.training
        kept[path, "hooks"] = tuple(
            tuple(each)
            for name, each in sorted(vars(module).items())
            if name.endswith("_hooks") and each is not None
        )
    for path, weight in (*model.named_parameters(), *model.named_buffers()):
        kept[path, "object"] = id(weight)
        kept[path, "values"] = weight.detach().numpy().tobytes()
        kept[path, "requires_grad"] = weight.requires_grad
        kept[path, "gradient"] = None if weight.grad is None else weight.grad.numpy().tobytes()
    return kept
