"""What a student learns from its teachers, step by step, against loops by hand."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from fer_core import distillation, recipes
from fer_core.config import RunConfig
from fer_core.data.augment import augment, augment_by, draw, resize
from fer_core.device import Device, choose_device
from fer_core.models import Classifier, Normalise
from fer_core.records import DatasetArrays
from fer_core.train import TrainingData, TrainingState, fit


@pytest.fixture
def device() -> Device:
    return choose_device("cpu", precision="float32")


@pytest.fixture
def data(device: Device, tiny_faces: DatasetArrays) -> TrainingData:
    splits = [tiny_faces.splits[name] for name in ("train", "validation")]
    return TrainingData.on(device, *[(each.images[:32], each.labels[:32]) for each in splits])


def teacher(seed: int, side: int = 48) -> Classifier:
    """A network with dropout, whose answers are far from even."""
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(side * side, 7))
    made = Classifier(Normalise("per-image"), network, side)
    return made.eval().requires_grad_(False)


def test_the_loss_is_hintons() -> None:
    random = np.random.default_rng(0)
    logits, other = (random.normal(size=(5, 7)) * 3 for _ in range(2))

    def at(values: np.ndarray, temperature: float) -> np.ndarray:
        powers = np.exp(values / temperature)
        return powers / powers.sum(1, keepdims=True)

    teachers, student = at(other, 4.0), at(logits, 4.0)
    divergence = (teachers * np.log(teachers / student)).sum(1).mean()
    found = distillation.loss_with(
        torch.tensor(1.5), torch.tensor(logits), torch.tensor(teachers), weight=0.7, temperature=4.0
    )
    assert found.item() == pytest.approx(0.3 * 1.5 + 0.7 * 16 * divergence)


def test_soft_labels_are_the_mean_of_the_teachers_each_at_its_own_side() -> None:
    large, small = teacher(1), teacher(2, side=20)
    images = torch.rand(6, 1, 48, 48)
    found = distillation.soft_labels(
        (large, small), lambda side: resize(images, side), share=0.8, temperature=2.0
    )
    answers = []
    for each in (large, small):
        batch = resize(images, each.side)
        mixed = 0.8 * batch + 0.2 * batch.roll(1, 0)
        answers.append((each(mixed) / 2).softmax(1))
    torch.testing.assert_close(found, (answers[0] + answers[1]) / 2)
    assert not found.requires_grad


def test_one_draw_shows_the_same_scene_at_two_sides(tiny_config: RunConfig) -> None:
    coarse = torch.rand((8, 1, 6, 6), generator=torch.Generator().manual_seed(5))
    images = functional.interpolate(coarse, size=(48, 48), mode="bicubic").clamp(0, 1)
    config = tiny_config.replace(erase=0.0, rotate=25.0)
    draws = draw(images, torch.Generator().manual_seed(1))
    whole, half = (augment_by(draws, images, config, side) for side in (48, 24))
    torch.testing.assert_close(half, functional.avg_pool2d(whole, 2), atol=0.02, rtol=0)
    assert (half - resize(images, 24)).abs().max() > 0.2  # it was moved
    again = augment(images, config, 48, torch.Generator().manual_seed(1))
    assert torch.equal(whole, again)


def test_a_step_follows_labels_and_teachers_as_written(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    layers = [layer for layer in tiny_config.architecture["layers"] if "dropout" not in layer]
    config = tiny_config.replace(
        architecture={**tiny_config.architecture, "layers": layers}, epochs=1, batch_size=32,
        optimizer="sgd", momentum=0.0, weight_decay=0.0, schedule="constant", mixup=1.0,
        teacher="a,b", teacher_weight=0.6, temperature=3.0,
    )  # fmt: skip
    teachers = (teacher(1), teacher(2, side=20))
    state = TrainingState.start(config, device)
    ((epoch),) = list(fit(state, data, config, teachers=teachers))

    hand = TrainingState.start(config, device)
    hand.model.train()
    (share,) = recipes.mixing_shares(config, 1, 1)
    order = torch.randperm(32, generator=hand.generator)
    draws = torch.rand((10, 32), generator=hand.generator)
    batches = {side: augment_by(draws, data.train_images[order], config, side) for side in (48, 20)}
    mixed = {side: each.lerp(each.roll(1, 0), 1 - share) for side, each in batches.items()}
    soft = sum((each(mixed[each.side]) / 3).softmax(1) for each in teachers) / 2
    logits, labels = hand.model(mixed[48]), data.train_labels[order]
    hard, plain = (
        share * functional.cross_entropy(logits, labels, label_smoothing=smoothing)
        + (1 - share) * functional.cross_entropy(logits, labels.roll(1), label_smoothing=smoothing)
        for smoothing in (0.1, 0.0)
    )
    taught = (soft * (soft.log() - (logits / 3).log_softmax(1))).sum(1).mean()
    (0.4 * hard + 0.6 * 9 * taught).backward()
    for found, own in zip(state.model.parameters(), hand.model.parameters(), strict=True):
        expected = own.detach() - config.learning_rate * own.grad
        torch.testing.assert_close(found.detach(), expected, atol=1e-5, rtol=1e-4)
    assert epoch.train_loss == pytest.approx(plain.item(), rel=1e-4)  # of the labels alone


def test_teachers_neither_learn_nor_draw(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    config = tiny_config.replace(epochs=2)
    plain = TrainingState.start(config, device)
    list(fit(plain, data, config))
    teachers = (teacher(1),)
    before = {key: value.clone() for key, value in teachers[0].state_dict().items()}
    taught = TrainingState.start(config, device)
    list(fit(taught, data, config, teachers=teachers))
    assert torch.equal(taught.generator.get_state(), plain.generator.get_state())
    assert not torch.equal(taught.model.network.conv1.weight, plain.model.network.conv1.weight)
    assert all(torch.equal(value, before[k]) for k, value in teachers[0].state_dict().items())
    assert not teachers[0].training
    # Without a part in the loss they change nothing.
    idle = config.replace(teacher="a", teacher_weight=0.0)
    again = TrainingState.start(idle, device)
    list(fit(again, data, idle, teachers=teachers))
    for key, value in plain.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[key]), key
