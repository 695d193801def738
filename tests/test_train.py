import dataclasses

import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss
from torch.nn import functional

from fer_core import recipes
from fer_core.config import RunConfig
from fer_core.data.augment import unit
from fer_core.device import Device, choose_device
from fer_core.errors import InputError
from fer_core.models import preset_config, side_in_epoch
from fer_core.records import DatasetArrays, Epoch
from fer_core.train import (
    TrainingData,
    TrainingState,
    fit,
    predict_probabilities,
)


@pytest.fixture
def device() -> Device:
    return choose_device("cpu", precision="float32")


@pytest.fixture
def data(device: Device, tiny_faces: DatasetArrays) -> TrainingData:
    pairs = [(tiny_faces.splits[s].images, tiny_faces.splits[s].labels) for s in _SPLITS]
    return TrainingData.on(device, *pairs)


_SPLITS = ("train", "validation")


def _train(
    config: RunConfig, data: TrainingData, device: Device
) -> tuple[list[Epoch], TrainingState]:
    state = TrainingState.start(config, device)
    return list(fit(state, data, config)), state


def _without_time(epochs: list[Epoch]) -> list[Epoch]:
    return [dataclasses.replace(epoch, seconds=0) for epoch in epochs]


def test_training_lowers_the_loss_and_counts_epochs_from_1(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    config = tiny_config.replace(epochs=12, augment="none", label_smoothing=0.0)
    epochs, _ = _train(config, data, device)
    assert [epoch.epoch for epoch in epochs] == list(range(1, 13))
    assert epochs[-1].train_loss < 0.8 * epochs[0].train_loss
    assert epochs[-1].train_accuracy > 0.4


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_seed_gives_the_same_bits(
    tiny_config: RunConfig, data: TrainingData, precision: str
) -> None:
    device = choose_device("cpu", precision=precision)
    first, one = _train(tiny_config, data, device)
    second, two = _train(tiny_config, data, device)
    assert _without_time(first) == _without_time(second)
    for key, value in one.model.state_dict().items():
        assert torch.equal(value, two.model.state_dict()[key]), key
    other, _ = _train(tiny_config.replace(seed=1), data, device)
    assert _without_time(other) != _without_time(first)


def test_an_epoch_reports_what_the_network_does(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    # A rate of nearly zero: the weights stay, so that each epoch's numbers can be checked.
    config = tiny_config.replace(
        epochs=1, augment="none", learning_rate=1e-9, schedule="constant", batch_size=112
    )
    (epoch,), state = _train(config, data, device)
    probabilities = predict_probabilities(state.model, data.validation_images, device)
    own = probabilities[torch.arange(14), data.validation_labels]
    assert epoch.validation_loss == pytest.approx(-own.log().mean().item(), rel=1e-5)
    right = (probabilities.argmax(1) == data.validation_labels).sum().item()
    assert epoch.validation_accuracy == right / 14
    fresh = TrainingState.start(config, device)
    fresh.model.network.dropout1.eval()
    fresh.model.train()
    torch.manual_seed(0)
    TrainingState.start(config, device)  # draws the same initial weights: dropout comes after
    order = torch.randperm(112, generator=fresh.generator)
    torch.rand((10, 112), generator=fresh.generator)
    logits = fresh.model(data.train_images[order].float().div_(255))
    expected = functional.cross_entropy(logits, data.train_labels[order]).item()
    assert epoch.train_loss == pytest.approx(expected, rel=1e-4)


def test_a_loss_that_is_not_finite_stops_with_the_next_step(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    config = tiny_config.replace(learning_rate=1000.0, optimizer="adam", schedule="constant")
    state = TrainingState.start(config, device)
    with torch.no_grad():
        state.model.network.dense1.weight.fill_(float("inf"))
    with pytest.raises(ArithmeticError, match="in epoch 1; train with a learning rate below 1000"):
        next(fit(state, data, config))


def test_training_ends_when_validation_gets_no_better(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    # A rate of nearly zero and no augmentation: no epoch after the first is better.
    config = tiny_config.replace(
        epochs=9, learning_rate=1e-9, schedule="constant", augment="none", patience=3
    )
    epochs, state = _train(config, data, device)
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4]
    assert state.validation_accuracies == [epoch.validation_accuracy for epoch in epochs]
    assert list(fit(state, data, config)) == []  # resumed after its end: nothing is left to do
    assert len(_train(config.replace(patience=0), data, device)[0]) == 9


def test_the_average_of_the_weights_follows_each_step(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    config = tiny_config.replace(epochs=1, weight_average=0.9)
    _, state = _train(config, data, device)
    _, without = _train(config.replace(weight_average=0.0), data, device)
    assert without.average is None
    assert state.average is not None
    assert state.average.n_averaged == 7  # 112 images in batches of 16
    own, average = state.model.state_dict(), state.average.module.state_dict()
    for key, value in without.model.state_dict().items():
        assert torch.equal(own[key], value), key  # training goes on as without
        if "weight" in key:
            assert not torch.equal(average[key], value), key
            torch.testing.assert_close(average[key], value, atol=0.1, rtol=0)


def test_precise_batch_norms_end_the_last_epoch_with_statistics_of_all_of_train(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    config = tiny_config.replace(epochs=2, precise_batch_norm=True)
    epochs, state = _train(config, data, device)
    without_epochs, without = _train(config.replace(precise_batch_norm=False), data, device)
    norm = state.model.network.batch_norm1
    maps = state.model.network.conv1(state.model.normalise(unit(data.train_images)))
    close = {"rtol": 1e-3, "atol": 1e-4}  # float32 sums of 258,048 values, in another order
    torch.testing.assert_close(norm.running_mean, maps.mean(dim=(0, 2, 3)), **close)
    torch.testing.assert_close(norm.running_var, maps.var(dim=(0, 2, 3)), **close)
    assert norm.momentum == 0.1
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    own, plain = state.model.state_dict(), without.model.state_dict()
    differing = {key for key, value in plain.items() if not torch.equal(own[key], value)}
    assert differing == {f"network.batch_norm1.{name}" for name in statistics}
    assert epochs[0].validation_loss == without_epochs[0].validation_loss
    assert epochs[1].validation_loss != without_epochs[1].validation_loss


def test_mixed_images_are_what_the_network_learns_from(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    config = tiny_config.replace(
        epochs=1, augment="none", batch_size=112, mixup=1.0, learning_rate=1e-9,
        schedule="constant", label_smoothing=0.0, class_weights="balanced",
    )  # fmt: skip
    state = TrainingState.start(config, device)
    seen: list[torch.Tensor] = []
    state.model.register_forward_pre_hook(
        lambda module, inputs: seen.append(inputs[0]) if module.training else None
    )
    (epoch,) = list(fit(state, data, config))
    (share,) = recipes.mixing_shares(config, 1, 1)
    order = torch.randperm(112, generator=torch.Generator().manual_seed(config.seed))
    images, labels = data.train_images[order] / 255, data.train_labels[order]
    torch.testing.assert_close(seen[0], share * images + (1 - share) * images.roll(1, 0))
    # The reported loss is the plain one: weights of classes change what is learned, not it.
    torch.manual_seed(config.seed)
    again = TrainingState.start(config, device)
    logits = again.model(seen[0])
    expected = share * functional.cross_entropy(logits, labels)
    expected += (1 - share) * functional.cross_entropy(logits, labels.roll(1))
    assert epoch.train_loss == pytest.approx(expected.item(), rel=1e-4)


def test_class_weights_and_label_smoothing_reach_the_gradients(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    weights = []
    for settings in ({}, {"class_weights": "balanced"}, {"label_smoothing": 0.3}):
        config = tiny_config.replace(epochs=1, label_smoothing=0.0).replace(**settings)
        _, state = _train(config, data, device)
        weights.append(state.model.network.dense1.weight)
    assert not torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_one_dropout_rate_takes_the_place_of_all(tiny_config: RunConfig, device: Device) -> None:
    assert TrainingState.start(tiny_config, device).model.network.dropout1.p == 0.1
    state = TrainingState.start(tiny_config.replace(dropout=0.35), device)
    assert state.model.network.dropout1.p == 0.35
    layers = [layer for layer in tiny_config.architecture["layers"] if "dropout" not in layer]
    bare = {**tiny_config.architecture, "layers": layers}
    with pytest.raises(InputError, match=r"dropout is 0.2, but the architecture has no dropout"):
        TrainingState.start(tiny_config.replace(dropout=0.2, architecture=bare), device)


def test_a_network_for_smaller_images_sees_them_so(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    config = tiny_config.replace(architecture={**tiny_config.architecture, "side": 40})
    _, state = _train(config, data, device)
    assert state.model.network.dense1.in_features == 4 * 10 * 10
    seen = []
    state.model.network.conv1.register_forward_hook(lambda _m, inputs, _o: seen.append(inputs[0]))
    predict_probabilities(state.model, data.validation_images, device)
    assert seen[0].shape == (14, 1, 40, 40)


def test_the_first_stages_train_on_smaller_images(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    layers = [{"conv": 4}, {"global_average_pool": True}, {"flatten": True}, {"dense": 7}]
    config = tiny_config.replace(
        architecture={"family": "sequential", "side": 40, "layers": layers},
        epochs=10, sides="16:0.1,24:0.2,32:0.5",
    )  # fmt: skip
    state = TrainingState.start(config, device)
    seen: list[set[int]] = []
    state.model.network.conv1.register_forward_pre_hook(
        lambda _module, arguments: seen[-1].add(arguments[0].shape[-1])
    )
    epochs = fit(state, data, config)
    for _ in range(10):
        seen.append(set())
        next(epochs)
    assert seen == [{16}, {24}, {24}, {32}, {32}, {32}, {32}, {32}, {40}, {40}]
    assert [side_in_epoch(config, number) for number in range(1, 11)] == [side for (side,) in seen]


def test_weights_decay_and_biases_do_not(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    _, state = _train(tiny_config.replace(epochs=1), data, device)
    decayed, others = state.optimizer.param_groups
    assert decayed["weight_decay"] == 0.05
    assert {p.ndim for p in decayed["params"]} == {2, 4}
    assert others["weight_decay"] == 0
    assert {p.ndim for p in others["params"]} == {1}


def test_gradients_in_bfloat16_point_where_those_in_float32_do(data: TrainingData) -> None:
    config = preset_config("fast", data="synthetic", epochs=1, dropout=0.0)
    gradients = []
    for precision in ("float32", "bfloat16"):
        device = choose_device("cpu", precision=precision)
        state = TrainingState.start(config, device)
        with device.autocast():
            logits = state.model(data.train_images[:64].float().div(255)).float()
        functional.cross_entropy(logits, data.train_labels[:64]).backward()
        gradients.append([parameter.grad.flatten() for parameter in state.model.parameters()])
    for exact, rounded in zip(*gradients, strict=True):
        assert functional.cosine_similarity(exact, rounded, dim=0) > 0.95
    exact, rounded = (torch.cat(each) for each in gradients)
    assert functional.cosine_similarity(exact, rounded, dim=0) > 0.99


def test_the_sums_of_an_epoch_are_scikit_learns_numbers(
    tiny_config: RunConfig, data: TrainingData, device: Device
) -> None:
    """Loss and accuracy add up batch by batch; a reference sees all images at once."""
    config = tiny_config.replace(
        epochs=1, augment="none", learning_rate=1e-9, schedule="constant", batch_size=16
    ).replace(dropout=0.0)
    (epoch,), state = _train(config, data, device)
    state.model.train()  # the statistics are each batch's own, as while it learned
    generator = torch.Generator().manual_seed(config.seed)
    order = torch.randperm(112, generator=generator)
    with torch.no_grad():
        probabilities = torch.cat(
            [
                state.model(unit(data.train_images[part])).double().softmax(1)
                for part in order.split(16)
            ]
        )
    labels = data.train_labels[order]
    accuracy = accuracy_score(labels, probabilities.argmax(1))
    assert epoch.train_accuracy == pytest.approx(accuracy, abs=1e-9)
    loss = log_loss(labels, probabilities, labels=range(7))
    assert epoch.train_loss == pytest.approx(loss, rel=1e-5)
