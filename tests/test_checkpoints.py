import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from fer_core.checkpoints import CheckpointFolder
from fer_core.config import RunConfig
from fer_core.device import choose_device
from fer_core.errors import InputError
from fer_core.records import DatasetArrays, Epoch
from fer_core.train import TrainingData, TrainingState, fit


class Training:
    """A training that checkpoints after each epoch, as experiment does."""

    def __init__(self, config: RunConfig, folder: Path, faces: DatasetArrays) -> None:
        self.config = config
        self.device = choose_device("cpu", precision=config.precision)
        pairs = [(faces.splits[s].images, faces.splits[s].labels) for s in ("train", "validation")]
        self.data = TrainingData.on(self.device, *pairs)
        self.folder = CheckpointFolder(folder)
        self.state = self.fresh()
        self.rows: list[Epoch] = []

    def fresh(self) -> TrainingState:
        return TrainingState.start(self.config, self.device)

    def epoch(self) -> Epoch:
        """Train one epoch and write `next`; the caller commits and promotes."""
        epoch = next(fit(self.state, self.data, self.config))
        weights, state = self.folder.write_next(self.state)
        self.rows.append(Epoch(epoch.epoch, 0, 0, 0, 0, 0, None, weights, state))
        return self.rows[-1]


# Every part of a recipe that keeps something between two steps.
RECIPES: dict[str, dict[str, Any]] = {
    "float32": {"precision": "float32"},
    "bfloat16": {"precision": "bfloat16"},
    "sgd": {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "schedule": "step"},
    "sgd without momentum": {"optimizer": "sgd", "momentum": 0.0, "schedule": "cosine"},
    "rmsprop": {"optimizer": "rmsprop", "learning_rate": 0.001, "class_weights": "balanced"},
    "muon": {
        "optimizer": "muon",
        "momentum": 0.8,
        "architecture": {
            "family": "sequential",
            "layers": [
                {"conv": 4},
                {"conv": 6},
                {"max_pool": 4},
                {"flatten": True},
                {"dense": 8},
                {"dense": 7},
            ],
        },
    },
    "adam": {"optimizer": "adam", "dropout": 0.3, "precise_batch_norm": True},
    "smaller images first": {
        "architecture": {
            "family": "sequential",
            "layers": [{"conv": 4}, {"global_average_pool": True}, {"flatten": True}, {"dense": 7}],
        },
        "sides": "16:0.3,32:0.4",
    },
    "average, mixup, patience": {"weight_average": 0.95, "mixup": 0.4, "patience": 50},
}


@pytest.fixture(params=["float32", "bfloat16"])
def training(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tiny_config: RunConfig,
    tiny_faces: DatasetArrays,
) -> Training:
    return Training(tiny_config.replace(precision=request.param), tmp_path / "c", tiny_faces)


@pytest.mark.parametrize("name", RECIPES)
def test_a_restored_training_goes_on_bit_for_bit(
    tmp_path: Path, tiny_config: RunConfig, tiny_faces: DatasetArrays, name: str
) -> None:
    training = Training(tiny_config.replace(**RECIPES[name]), tmp_path / "c", tiny_faces)
    for best in (True, False):
        training.epoch()
        training.folder.promote(best=best)
    rest = list(fit(training.state, training.data, training.config))

    torch.manual_seed(99)  # another process is elsewhere in its random numbers
    again = training.fresh()
    newest = training.folder.newest(training.rows)
    assert newest is not None
    assert newest.epoch == 2
    training.folder.restore(again, newest)
    continued = list(fit(again, training.data, training.config))
    assert [e.epoch for e in continued] == [3, 4]
    assert [e.train_loss for e in continued] == [e.train_loss for e in rest]
    for key, value in training.state.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[key]), key
    assert again.validation_accuracies == training.state.validation_accuracies
    if training.state.average is not None:
        assert again.average is not None
        for key, value in training.state.average.state_dict().items():
            assert torch.equal(value, again.average.state_dict()[key]), key


def test_the_average_of_the_weights_lies_in_the_resume_state(
    tmp_path: Path, tiny_config: RunConfig, tiny_faces: DatasetArrays
) -> None:
    training = Training(tiny_config.replace(weight_average=0.9), tmp_path / "c", tiny_faces)
    row = training.epoch()
    training.folder.promote(best=True)
    average = training.folder.load_average(row)
    assert training.state.average is not None
    expected = training.state.average.module.state_dict()
    assert average.keys() == training.state.model.state_dict().keys() == expected.keys()
    assert all(torch.equal(average[key], expected[key]) for key in expected)
    with pytest.raises(InputError, match="no resume state with hash"):
        training.folder.load_average(dataclasses.replace(row, state_sha256=row.weights_sha256))


def test_early_stopping_counts_on_after_a_resume(
    tmp_path: Path, tiny_config: RunConfig, tiny_faces: DatasetArrays
) -> None:
    config = tiny_config.replace(
        epochs=9, learning_rate=1e-9, schedule="constant", augment="none", patience=3
    )
    training = Training(config, tmp_path / "c", tiny_faces)
    for best in (True, False):
        training.epoch()
        training.folder.promote(best=best)
    again = training.fresh()
    training.folder.restore(again, training.rows[-1])
    assert [epoch.epoch for epoch in fit(again, training.data, config)] == [3, 4]


def test_the_best_weights_stay_when_later_epochs_are_worse(training: Training) -> None:
    best = training.epoch()
    expected = {k: v.clone() for k, v in training.state.model.state_dict().items()}
    training.folder.promote(best=True)
    training.epoch()
    training.folder.promote(best=False)
    weights = training.folder.load_weights(best)
    assert all(torch.equal(weights[key], expected[key]) for key in expected)
    assert sorted(path.name for path in training.folder.folder.iterdir()) == [
        "best.safetensors",
        "last.safetensors",
        "last.state.safetensors",
    ]


def test_a_next_without_a_row_counts_for_nothing(training: Training) -> None:
    row = training.epoch()
    training.folder.promote(best=True)
    training.epoch()  # killed before its row is committed
    training.folder.settle(row, row)
    assert training.folder.newest([row]) == row
    assert not list(training.folder.folder.glob("next*"))


def test_a_promotion_that_was_cut_off_is_finished(
    training: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    training.epoch()
    training.folder.promote(best=True)
    best = training.epoch()  # its row is committed; killed before promote
    assert training.folder.newest(training.rows) == best
    training.folder.settle(best, best)
    assert not list(training.folder.folder.glob("next*"))
    training.epoch()
    training.folder.promote(best=False)
    assert training.folder.load_weights(best)

    third = training.rows[-1]
    fourth = training.epoch()
    replace, calls = Path.replace, []

    def killed_after_one(self: Path, target: Path) -> Path:
        if self.name.startswith("next") and self.suffix == ".safetensors":
            calls.append(self.name)
            if len(calls) == 2:
                raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", killed_after_one)
    with pytest.raises(KeyboardInterrupt):
        training.folder.promote(best=True)
    monkeypatch.undo()
    assert training.folder.newest([third, fourth]) == fourth
    training.folder.restore(training.fresh(), fourth)


def test_an_epoch_that_is_kept_stays_when_others_follow(training: Training) -> None:
    first = training.epoch()
    training.folder.promote(best=True, keep=1)
    for _ in range(2):
        training.epoch()
        training.folder.promote(best=True)
    names = {path.name for path in training.folder.folder.iterdir()}
    assert names == {
        "last.safetensors", "last.state.safetensors", "best.safetensors", "epoch-1.safetensors",
    }  # fmt: skip
    weights = training.folder.load_weights(first)
    assert not torch.equal(
        weights["network.conv1.weight"], training.state.model.network.conv1.weight
    )
    with pytest.raises(InputError, match="no checkpoint with hash"):
        training.folder.load_weights(training.rows[1])


def test_an_epoch_whose_keeping_was_cut_off_is_kept_on_resume(training: Training) -> None:
    best = training.epoch()
    training.folder.promote(best=True)
    kept = training.epoch()  # its row is committed; killed before promote
    training.folder.settle(kept, best, keep=True)
    training.epoch()
    training.folder.promote(best=False)
    assert training.folder.load_weights(kept)
    assert training.folder.load_weights(best)


def test_a_damaged_file_is_never_taken(training: Training) -> None:
    first = training.epoch()
    training.folder.promote(best=True)
    path = training.folder.folder / "last.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert training.folder.newest([first]) is None
    (training.folder.folder / "best.safetensors").unlink()
    with pytest.raises(InputError, match="no checkpoint with hash"):
        training.folder.load_weights(first)


def test_a_full_disk_leaves_the_last_checkpoint(
    training: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = training.epoch()
    training.folder.promote(best=True)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        training.epoch()
    assert training.folder.newest([row]) == row
    assert not list(training.folder.folder.glob("*.tmp"))


def test_tied_weights_are_written_and_stay_tied(training: Training) -> None:
    model = training.state.model
    model.again = model.network.conv1  # the same module under two names
    row = training.epoch()
    training.folder.promote(best=True)
    weights = training.folder.load_weights(row)
    assert torch.equal(weights["again.weight"], weights["network.conv1.weight"])
    assert torch.equal(weights["again.weight"], model.again.weight)


def test_files_are_plain_safetensors(training: Training) -> None:
    training.epoch()
    training.folder.promote(best=True)
    weights = load_file(training.folder.folder / "best.safetensors")
    assert weights["network.conv1.weight"].shape == (4, 1, 3, 3)
