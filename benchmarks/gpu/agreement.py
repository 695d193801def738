"""Whether captured trainings are what eager ones are: the first three parts of graph.py."""

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import faces as shared
import torch

from fer_core import captured
from fer_core.checkpoints import CheckpointFolder
from fer_core.config import OPTIMIZERS, RunConfig
from fer_core.device import Device
from fer_core.models import preset_config
from fer_core.records import TRAIN, VALIDATION, Epoch
from fer_core.train import TrainingState, fit

STEPS = 50
EVERYTHING = {
    "mixup": 0.4, "class_weights": "balanced", "label_smoothing": 0.1, "weight_average": 0.99,
}  # fmt: skip
NETWORKS = {
    "waits": "values * 1.0 if values.sum().item() > 0 else values",
    "random numbers of the CPU": "values * float(torch.rand(()) * 0 + 1)",
    "replaces a buffer": "values + self.replaced() * 0",
}
SOURCE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, stride=2)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(8 * 23 * 23, 7)
        self.register_buffer("seen", torch.zeros(()))

    def replaced(self):
        self.seen = self.seen + 1
        return self.seen

    def forward(self, images):
        values = self.dropout(self.conv(images).relu().flatten(1))
        values = {work}
        return self.head(values)
"""


def trained(
    config: RunConfig, faces: shared.Faces, device: Device, *, capture: bool
) -> tuple[list[Epoch], TrainingState]:
    state, data = shared.start(config, faces, device)
    return list(fit(state, data, config, capture=capture)), state


def difference(
    one: tuple[list[Epoch], TrainingState], other: tuple[list[Epoch], TrainingState]
) -> dict[str, float]:
    """Return the largest difference of an epoch's loss and the weights' relative to their norm."""
    losses = zip(one[0], other[0], strict=True)
    weights = [
        torch.cat([parameter.detach().flatten() for parameter in state.model.parameters()])
        for _, state in (one, other)
    ]
    return {
        "loss": max(abs(a.train_loss - b.train_loss) for a, b in losses),
        "weights": ((weights[0] - weights[1]).norm() / weights[1].norm()).item(),
    }


def one_batch(faces: shared.Faces, count: int) -> shared.Faces:
    """Return faces of which one batch is all there is to train on: each epoch is one step."""
    few = {TRAIN: faces.images[TRAIN][:count], VALIDATION: faces.images[VALIDATION][:count]}
    labels = {name: faces.labels[name][:count] for name in few}
    return faces._replace(images=faces.images | few, labels=faces.labels | labels)


def differences(faces: shared.Faces, device: Device, preset: str) -> dict[str, Any]:
    found = {}
    for optimizer in OPTIMIZERS:
        config = preset_config(
            preset, data="synthetic", optimizer=optimizer, epochs=STEPS,
            batch_size=len(faces.labels[TRAIN]), learning_rate=0.001, **EVERYTHING,
        )  # fmt: skip
        eager = trained(config, faces, device, capture=False)
        found[optimizer] = {
            "captured": difference(trained(config, faces, device, capture=True), eager),
            "eager again": difference(trained(config, faces, device, capture=False), eager),
        }
    return found


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def logged() -> Iterator[list[str]]:
    handler = _Lines()
    logger = logging.getLogger(captured.__name__)
    logger.addHandler(handler)
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)


@contextmanager
def unwatched() -> Iterator[None]:
    """Nothing is found before a recording is tried."""
    watch = captured.obstacle_of

    def take(step: Callable[[], None], _: torch.nn.Module) -> str:
        step()
        return ""

    captured.obstacle_of = take
    try:
        yield
    finally:
        captured.obstacle_of = watch


def falls_back(faces: shared.Faces, device: Device) -> dict[str, Any]:
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, work in NETWORKS.items():
            file = Path(folder) / f"{name.replace(' ', '_')}.py"
            file.write_text(SOURCE.replace("{work}", work), encoding="utf-8")
            config = preset_config(
                f"{file}:Net", data="synthetic", epochs=8, batch_size=len(faces.labels[TRAIN])
            )
            eager = trained(config, faces, device, capture=False)
            with logged() as lines:
                ours = trained(config, faces, device, capture=True)
            found[name] = {"log": lines, **difference(ours, eager)}
            if name == "waits":
                with logged() as lines, unwatched():
                    ours = trained(config, faces, device, capture=True)
                found["a recording that fails"] = {"log": lines, **difference(ours, eager)}
    return found


def resumed(faces: shared.Faces, device: Device, preset: str) -> dict[str, float]:
    config = preset_config(preset, data="synthetic", epochs=4)
    whole = trained(config, faces, device, capture=True)
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = CheckpointFolder(Path(folder))
        cut, data = shared.start(config, faces, device)
        epochs = fit(cut, data, config)
        next(epochs)
        second = next(epochs)
        weights, state = checkpoints.write_next(cut)
        second = replace(second, weights_sha256=weights, state_sha256=state)
        torch.manual_seed(1234)
        again, data = shared.start(config, faces, device)
        checkpoints.restore(again, second)
        rest = list(fit(again, data, config))
    return difference((whole[0][2:], whole[1]), (rest, again))
