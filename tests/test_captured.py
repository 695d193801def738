"""What a captured step computes, on a CPU, and when a step is not captured.

`benchmarks/gpu/graph.py` compares a captured training with an eager one where there is a GPU.
"""

import contextlib
import logging
import re
import types
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from fer_core import captured, recipes
from fer_core.config import RunConfig
from fer_core.data.augment import augment
from fer_core.data.synthetic import synthesise
from fer_core.device import choose_device
from fer_core.train import TrainingData, TrainingState, _step, fit

STEPS = 50


@pytest.fixture(scope="module")
def data() -> TrainingData:
    splits = synthesise(1000, seed=5).splits  # 800 to train on: 50 batches of 16
    pairs = [(splits[name].images, splits[name].labels) for name in ("train", "validation")]
    return TrainingData.on(choose_device("cpu", precision="float32"), *pairs)


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd", "nesterov": True, "mixup": 0.4, "class_weights": "balanced"},
        {"optimizer": "sgd", "momentum": 0.0},
        {"optimizer": "adam", "weight_average": 0.99, "mixup": 0.4},
        {"optimizer": "adamw", "weight_average": 0.9, "class_weights": "balanced"},
        {"optimizer": "rmsprop", "augment": "none", "mixup": 1.0},
    ],
    ids=lambda settings: " ".join(f"{key}={value}" for key, value in settings.items()),
)
def test_inputs_that_stay_in_place_give_the_bits_of_plain_steps(
    tiny_config: RunConfig, data: TrainingData, settings: dict[str, Any]
) -> None:
    config = tiny_config.replace(epochs=1, learning_rate=0.001, **settings)
    device = choose_device("cpu", precision="float32")
    ours = TrainingState.start(config, device)
    for group in ours.optimizer.param_groups:
        group["lr"] = torch.tensor(group["lr"])  # as on a GPU
    (epoch,) = list(fit(ours, data, config))

    plain = TrainingState.start(config, device)
    order = torch.randperm(800, generator=plain.generator)
    weights = recipes.balanced_class_weights(data.train_labels)
    totals = torch.zeros(2)
    plain.model.train()
    for step, share in enumerate(recipes.mixing_shares(config, 1, STEPS)):
        chosen = order[16 * step : 16 * (step + 1)]
        images = augment(data.train_images[chosen], config, 48, plain.generator)
        for group in plain.optimizer.param_groups:
            # A tensor holds the rate in float32.
            group["lr"] = torch.tensor(recipes.learning_rate_at(step / STEPS, config)).item()
        totals += _step(
            plain, images, data.train_labels[chosen], torch.tensor(share).item(), config,
            weights if config.class_weights == "balanced" else None, None,
        )  # fmt: skip
    assert (epoch.train_loss, epoch.train_accuracy) == (totals[0] / STEPS, totals[1] / 800)
    for own, other in ((ours.model, plain.model), (ours.average, plain.average)):
        if own is not None and other is not None:
            for name, value in other.state_dict().items():
                assert torch.equal(own.state_dict()[name], value), name
    moments = plain.optimizer.state_dict()["state"]
    for number, values in ours.optimizer.state_dict()["state"].items():
        for name, value in values.items():
            assert torch.equal(value, moments[number][name]), name


class _Replays:
    """Stands for a recording: replaying takes the step."""

    def __init__(self, step: Callable[[], None], _: object) -> None:
        self.step, self.count = step, 0

    def replay(self) -> None:
        self.count += 1
        self.step()


@pytest.fixture
def no_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams that do nothing, so that the order of things can be tested without a GPU."""
    stream = types.SimpleNamespace(wait_stream=lambda _: None)
    monkeypatch.setattr(torch.cuda, "Stream", lambda: stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: 0)
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", lambda _: None)


class _Counter(nn.Module):
    """Counts the steps in place; `work` is what else happens in a step."""

    steps: torch.Tensor

    def __init__(self, work: Callable[["_Counter"], object] = lambda _: None) -> None:
        super().__init__()
        self.register_buffer("steps", torch.zeros(()))
        self.work = work

    def step(self) -> None:
        self.steps += 1
        self.work(self)


def test_each_call_is_one_step_and_later_ones_are_replays(
    no_streams: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made: list[_Replays] = []
    monkeypatch.setattr(captured, "_recorded", lambda *of: made.append(_Replays(*of)) or made[0])
    counter = _Counter()
    repeated = captured.Captured(counter.step, counter)
    for number in range(1, 8):
        repeated()
        assert counter.steps == number
    assert [each.count for each in made] == [4]  # three warm up
    assert not caplog.records


def _waits(_: _Counter) -> None:
    warnings.warn("called a synchronizing CUDA operation (Triggered internally)", stacklevel=1)


def _replaces(counter: _Counter) -> None:
    counter.steps = counter.steps * 1


@pytest.mark.filterwarnings("ignore:called a synchronizing")
@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (_waits, r"test_captured.py:\d+ waits for the device"),
        (lambda _: torch.rand(1), "random numbers are drawn on the CPU"),
        (_replaces, "steps became another tensor"),
    ],
)
def test_what_replaying_would_break_is_not_recorded(
    no_streams: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    work: Callable[[_Counter], object],
    reason: str,
) -> None:
    monkeypatch.setattr(captured, "_recorded", lambda *_: pytest.fail("it was recorded"))
    counter = _Counter(work)
    repeated = captured.Captured(counter.step, counter)
    for _ in range(6):
        repeated()
    assert counter.steps == 6
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert re.search(reason, record.getMessage())


def test_after_a_recording_that_fails_training_goes_on(
    no_streams: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> None:
        try:
            raise RuntimeError("operation not permitted when stream is capturing\nMore lines")
        except RuntimeError:
            raise RuntimeError("invalidated") from None

    monkeypatch.setattr(captured, "_recorded", failing)
    counter = _Counter()
    repeated = captured.Captured(counter.step, counter)
    for _ in range(6):
        repeated()
    assert counter.steps == 6
    (record,) = caplog.records
    assert record.getMessage() == (
        "each step is launched anew, without a CUDA graph: "
        "operation not permitted when stream is capturing"
    )


def test_on_a_cpu_a_step_is_itself() -> None:
    counter = _Counter()
    assert captured.repeated(counter.step, counter, torch.device("cpu")) == counter.step
