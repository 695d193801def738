"""Each part of a recipe against an independent reference: torch, scikit-learn, SciPy, numpy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.utils.class_weight import compute_class_weight
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, OneCycleLR, StepLR

from fer_core import recipes
from fer_core.config import RunConfig
from fer_core.muon import orthogonal


def _net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 7))


def _plain(optimizer: type[torch.optim.Optimizer], **options: Any) -> Callable[..., Any]:
    return lambda groups, rate: optimizer(groups, lr=rate, foreach=False, **options)


@pytest.mark.parametrize(
    ("settings", "reference"),
    [
        ({"optimizer": "adam"}, _plain(torch.optim.Adam)),
        ({"optimizer": "adamw"}, _plain(torch.optim.AdamW)),
        ({"optimizer": "rmsprop"}, _plain(torch.optim.RMSprop)),
        ({"optimizer": "sgd"}, _plain(torch.optim.SGD, momentum=0.9)),
        ({"optimizer": "sgd", "momentum": 0}, _plain(torch.optim.SGD)),
        (
            {"optimizer": "sgd", "momentum": 0.8, "nesterov": True},
            _plain(torch.optim.SGD, momentum=0.8, nesterov=True),
        ),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_an_optimizers_steps_are_torchs_plain_ones(
    tiny_config: RunConfig, settings: dict[str, Any], reference: Callable[..., Any]
) -> None:
    ours, theirs = _net(), _net()
    optimizer = recipes.make_optimizer(ours, tiny_config.replace(**settings, weight_decay=0.03))
    weights = [parameter for parameter in theirs.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in theirs.parameters() if parameter.ndim <= 1]
    plain = reference(
        [{"params": weights, "weight_decay": 0.03}, {"params": others, "weight_decay": 0.0}],
        tiny_config.learning_rate,
    )
    generator = torch.Generator().manual_seed(1)
    for _ in range(4):
        for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            own.grad = torch.randn(own.shape, generator=generator)
            other.grad = own.grad.clone()
        optimizer.step()
        plain.step()
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(own, other, rtol=1e-5, atol=1e-7)


def test_muon_is_torchs_for_hidden_matrices_and_adamw_for_the_rest(tiny_config: RunConfig) -> None:
    def net() -> nn.Sequential:
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Linear(9, 16), nn.Linear(16, 12), nn.Linear(12, 20), nn.Linear(20, 7)
        )

    ours, theirs = net(), net()
    config = tiny_config.replace(optimizer="muon", momentum=0.8, weight_decay=0.03)
    optimizer = recipes.make_optimizer(ours, config, torch.bfloat16)
    hidden = [theirs[1].weight, theirs[2].weight]
    muon = torch.optim.Muon(
        hidden, lr=config.learning_rate, weight_decay=0.03, momentum=0.8, ns_steps=3,
        adjust_lr_fn="match_rms_adamw",
    )  # fmt: skip
    adamw = torch.optim.AdamW(
        [
            {"params": [theirs[0].weight, theirs[3].weight], "weight_decay": 0.03},
            {"params": [layer.bias for layer in theirs], "weight_decay": 0.0},
        ],
        lr=config.learning_rate,
    )
    generator = torch.Generator().manual_seed(1)
    for _ in range(4):
        for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            own.grad = torch.randn(own.shape, generator=generator)
            other.grad = own.grad.clone()
        for each in (optimizer, muon, adamw):
            each.step()
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        # Both multiply in bfloat16, in another order.
        torch.testing.assert_close(own, other, rtol=1e-4, atol=4e-4)


@pytest.mark.parametrize("shape", [(12, 40), (40, 12), (9, 9)])
def test_singular_values_go_through_the_polynomial_three_times(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    values = values / values.square().sum().sqrt()
    for _ in range(3):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    torch.testing.assert_close(orthogonal(matrix), left @ torch.diag(values) @ right)


@pytest.mark.parametrize("shape", [(16, 8, 3, 3), (96, 8, 3, 3)])
def test_a_filters_step_is_orthogonal_and_as_large_as_adamws(
    tiny_config: RunConfig, shape: tuple[int, ...]
) -> None:
    """Whichever way the filters lie in memory."""
    steps = []
    for layout in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(0)
        filters = nn.ParameterList([torch.zeros(4, 1), torch.zeros(shape), torch.zeros(7, 4)])
        filters[1].data = filters[1].data.contiguous(memory_format=layout)
        filters[1].grad = torch.randn(shape).contiguous(memory_format=layout)
        config = tiny_config.replace(optimizer="muon", learning_rate=1.0, weight_decay=0)
        recipes.make_optimizer(filters, config).step()
        steps.append(filters[1].detach())
    torch.testing.assert_close(*steps, rtol=1e-4, atol=1e-5)
    matrix = steps[0].flatten(1)
    values = torch.linalg.svdvals(matrix) / (0.2 * max(matrix.shape) ** 0.5)
    assert values.min() > 0.4
    assert values.max() < 1.3
    assert matrix.square().mean().sqrt() == pytest.approx(0.2, rel=0.3)


def test_one_cycle_is_torchs(tiny_config: RunConfig) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    reference = OneCycleLR(optimizer, max_lr=0.01, total_steps=1001)
    for step in range(1001):
        ours = recipes.learning_rate_at(step / 1000, tiny_config)
        assert ours == pytest.approx(reference.get_last_lr()[0], rel=0.02, abs=1e-8)
        optimizer.step()
        if step < 1000:
            reference.step()
    constant = tiny_config.replace(schedule="constant")
    assert recipes.learning_rate_at(0.7, constant) == constant.learning_rate


def _rates(make: Callable[[torch.optim.Optimizer], Any], count: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.01)
    scheduler = make(optimizer)
    rates = []
    for _ in range(count):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("warmup", [0, 200])
def test_cosine_is_torchs_after_its_linear_warm_up(tiny_config: RunConfig, warmup: int) -> None:
    config = tiny_config.replace(schedule="cosine", warmup=warmup / 1000)
    ours = [recipes.learning_rate_at(step / 1000, config) for step in range(1000)]
    rising = _rates(lambda o: LinearLR(o, start_factor=0.01, total_iters=warmup or 1), warmup)
    falling = _rates(lambda o: CosineAnnealingLR(o, T_max=1000 - warmup), 1000 - warmup)
    assert ours == pytest.approx(rising + falling, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("every", "factor"), [(300, 0.1), (100, 0.5), (1000, 0.1)])
def test_step_is_torchs(tiny_config: RunConfig, every: int, factor: float) -> None:
    config = tiny_config.replace(schedule="step", step_every=every / 1000, step_factor=factor)
    ours = [recipes.learning_rate_at(step / 1000, config) for step in range(1000)]
    expected = _rates(lambda o: StepLR(o, step_size=every, gamma=factor), 1000)
    assert ours == pytest.approx(expected, rel=1e-9)


def test_balanced_class_weights_are_scikit_learns() -> None:
    labels = np.repeat(np.arange(7), [40, 4, 41, 72, 48, 32, 50])
    expected = compute_class_weight("balanced", classes=np.arange(7), y=labels)
    weights = recipes.balanced_class_weights(torch.tensor(labels))
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    assert weights[torch.tensor(labels)].sum() == pytest.approx(len(labels), rel=1e-5)


def test_a_class_without_images_weighs_nothing() -> None:
    labels = torch.tensor([0, 0, 2, 3, 4, 5, 6])
    weights = recipes.balanced_class_weights(labels)
    assert weights[1] == 0
    assert torch.isfinite(weights).all()
    assert weights[0] == pytest.approx(7 / (7 * 2))


def test_mixup_is_the_papers_formula() -> None:
    images = torch.rand((6, 1, 8, 8), generator=torch.Generator().manual_seed(0))
    mixed = recipes.mix(images, 0.3)
    for number in range(6):
        expected = 0.3 * images[number] + 0.7 * images[number - 1]
        torch.testing.assert_close(mixed[number], expected)
    assert recipes.mix(images, 1.0) is images


def test_mixups_shares_are_beta_distributed_and_decided_by_seed_and_epoch(
    tiny_config: RunConfig,
) -> None:
    config = tiny_config.replace(mixup=0.4)
    shares = recipes.mixing_shares(config, epoch=1, steps=2000)
    assert stats.kstest(shares, stats.beta(0.4, 0.4).cdf).pvalue > 0.01
    assert shares == recipes.mixing_shares(config, epoch=1, steps=2000)
    assert shares != recipes.mixing_shares(config, epoch=2, steps=2000)
    assert shares != recipes.mixing_shares(config.replace(seed=1), epoch=1, steps=2000)
    assert recipes.mixing_shares(tiny_config, epoch=1, steps=3) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("share", [1.0, 0.3])
def test_the_loss_is_the_formula(smoothing: float, weighted: bool, share: float) -> None:
    random = np.random.default_rng(0)
    logits, labels = random.normal(size=(20, 7)), random.integers(0, 7, 20)
    weights = random.uniform(0.5, 3, 7) if weighted else np.ones(7)
    log_probabilities = logits - np.log(np.exp(logits).sum(1, keepdims=True))

    def mean_for(targets: np.ndarray) -> float:
        smooth = (1 - smoothing) * np.eye(7)[targets] + smoothing / 7
        return -(smooth * weights * log_probabilities).sum() / weights[targets].sum()

    expected = share * mean_for(labels) + (1 - share) * mean_for(np.roll(labels, 1))
    found = recipes.loss_of(
        torch.tensor(logits),
        torch.tensor(labels),
        share=share,
        smoothing=smoothing,
        class_weights=torch.tensor(weights) if weighted else None,
    )
    assert found.item() == pytest.approx(expected, rel=1e-9)


def test_of_mixed_images_each_label_counts_its_share() -> None:
    logits = torch.eye(7)[[0, 1, 2, 5]]
    labels = torch.tensor([0, 1, 0, 2])  # partners: 2, 0, 1, 0
    assert recipes.correct_of(logits, labels).item() == 2
    assert recipes.correct_of(logits, labels, share=0.75).item() == 0.75 * 2
    moved = torch.tensor([0, 0, 2, 2])  # partners: 2, 0, 0, 2
    assert recipes.correct_of(logits, moved, share=0.75).item() == 0.75 * 2
    partner_right = torch.tensor([1, 2, 5, 0])  # partners: 0, 1, 2, 5
    assert recipes.correct_of(logits, partner_right, share=0.75).item() == 0.25 * 4


def test_the_average_of_the_weights_is_a_hand_loops() -> None:
    net = _net()
    average = recipes.MovingAverage(net, 0.6)
    random = np.random.default_rng(0)
    expected: dict[str, np.ndarray] = {}
    for update in range(8):
        for name, value in net.state_dict().items():
            if not value.is_floating_point():
                value.fill_(update)
                continue
            drawn = random.normal(size=value.shape)
            value.copy_(torch.tensor(drawn))
            decay = min(0.6, (1 + update) / (10 + update)) if update else 0.0
            expected[name] = decay * expected.get(name, 0) + (1 - decay) * drawn
        average.update_parameters(net)
    found = average.module.state_dict()
    assert {"1.running_mean", "1.running_var"} < set(expected)  # averaged like the weights
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6, err_msg=name)
    assert found["1.num_batches_tracked"] == 7
    assert average.n_averaged == 8


@pytest.mark.parametrize(
    ("accuracies", "patience", "stops"),
    [
        ([], 2, False),
        ([0.5], 1, False),
        ([0.5, 0.4], 1, True),
        ([0.5, 0.5], 1, True),  # an equal one is no better
        ([0.5, 0.6, 0.6], 2, False),
        ([0.5, 0.6, 0.6, 0.59], 2, True),
        ([0.6, 0.5, 0.61], 2, False),
        ([0.9, 0.1, 0.2, 0.3, 0.4], 4, True),  # each better than the one before, none than the best
        ([0.9, 0.1, 0.2, 0.3], 4, False),
        ([0.9, 0.1, 0.2, 0.3, 0.4], 0, False),
    ],
)
def test_early_stopping_waits_for_a_better_validation_accuracy(
    accuracies: list[float], patience: int, stops: bool
) -> None:
    assert recipes.stops_early(accuracies, patience) is stops
