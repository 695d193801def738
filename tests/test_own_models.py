"""Networks of one's own from training to evaluation, and what a run without weights refuses."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from fer_core.config import RunConfig
from fer_core.errors import InputError
from fer_core.evaluating import evaluate_run
from fer_core.experiment import Silent, resume_run, train_run
from fer_core.models import preset_config
from fer_core.records import FINISHED, INTERRUPTED, SOURCE, Epoch
from fer_core.store import RunStore

# Batch norm, dropout, a lazy layer, a nested module used twice, tied weights, a weight of its own.
NET = """
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, maps):
        return torch.relu(self.norm(self.conv(maps))) + maps


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 5, stride=4)
        self.blocks = nn.ModuleList([Block(4)])
        self.blocks.append(self.blocks[0])
        self.drop = nn.Dropout(0.3)
        self.head = nn.LazyLinear(7)
        self.scale = nn.Parameter(torch.ones(7))

    def forward(self, images):
        maps = self.stem(images)
        for block in self.blocks:
            maps = block(maps)
        return self.head(self.drop(maps.view(len(maps), -1))) * self.scale
"""


class _Interrupt(Silent):
    """Ctrl-C in the third epoch."""

    done = 0

    def epoch(self, epoch: Epoch) -> None:
        self.done += 1

    def batch(self, done: int, total: int) -> None:
        if self.done == 2:
            raise KeyboardInterrupt


@pytest.fixture
def config(tmp_path: Path, tiny_config: RunConfig) -> RunConfig:
    path = tmp_path / "net.py"
    path.write_text(NET, encoding="utf-8")
    own = preset_config(f"{path}:Net", data="tiny")
    return tiny_config.replace(preset=own.preset, architecture=own.architecture)


@pytest.fixture
def interrupted(tiny_store: RunStore, config: RunConfig) -> str:
    with pytest.raises(KeyboardInterrupt):
        train_run(tiny_store, config, name="cut", progress=_Interrupt())
    return "cut"


def test_a_run_keeps_its_file_byte_for_byte_and_counts_its_weights(
    tiny_store: RunStore, config: RunConfig
) -> None:
    run = train_run(tiny_store, config.replace(epochs=1))
    assert (run.preset, run.name, run.status) == ("net.py:Net", "net.py:Net-1", FINISHED)
    (stored,) = tiny_store.tensors(run.id, SOURCE)
    assert stored.array.tobytes() == NET.encode()
    assert stored.sample == "net.py"
    rows = {row.path: row for row in tiny_store.details(run.id).layers}
    # The block is used twice, its weights are there once; batch norm as Keras counts it.
    assert list(rows) == ["stem", "blocks.0.conv", "blocks.0.norm", "drop", "head", ""]
    assert [row.parameters for row in rows.values()] == [104, 148, 16, 0, 3_395, 7]
    assert (rows["blocks.0.norm"].trainable, rows["blocks.0.norm"].non_trainable) == (8, 8)
    assert run.parameters == 104 + 148 + 16 + 3_395 + 7


def test_interrupted_and_resumed_is_uninterrupted(
    tiny_store: RunStore, config: RunConfig, interrupted: str
) -> None:
    whole = train_run(tiny_store, config, name="whole")
    assert tiny_store.run(interrupted).status == INTERRUPTED
    resumed, differences = resume_run(tiny_store, interrupted)
    assert (resumed.status, differences) == (FINISHED, ())
    histories = tiny_store.histories((whole.id, resumed.id))
    first, second = (
        [dataclasses.replace(epoch, seconds=0) for epoch in histories[run.id]]
        for run in (whole, resumed)
    )
    assert len(first) == 4
    assert first == second  # the hashes of the weights, too
    for weights in ("best", "last"):
        np.testing.assert_array_equal(
            tiny_store.predictions(whole.id, "validation", weights).probabilities,
            tiny_store.predictions(resumed.id, "validation", weights).probabilities,
        )


def test_a_changed_file_is_neither_trained_on_nor_evaluated(
    tiny_store: RunStore, interrupted: str, tmp_path: Path
) -> None:
    (tmp_path / "net.py").write_text(NET.replace("0.3", "0.4"), encoding="utf-8")
    before = tiny_store.run(interrupted)
    words = r"net\.py has changed .*: fer-core runs show cut --source > net\.py$"
    for call in (resume_run, evaluate_run):
        with pytest.raises(InputError, match=words):
            call(tiny_store, interrupted)
    assert tiny_store.run(interrupted) == before
    # Written out as the line says, the run goes on.
    source = tiny_store.tensors(before.id, SOURCE)[0].array.tobytes()
    (tmp_path / "net.py").write_bytes(source)
    assert resume_run(tiny_store, interrupted)[0].status == FINISHED


def test_a_wrong_network_starts_no_run(tiny_store: RunStore, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(NET.replace("LazyLinear(7)", "LazyLinear(8)"), encoding="utf-8")
    config = preset_config(f"{path}:Net", data="tiny")
    with pytest.raises(InputError, match=r"Net raises on images .*must match"):
        train_run(tiny_store, config)
    assert tiny_store.runs() == ()


def test_a_run_that_was_logged_has_no_weights(tiny_store: RunStore) -> None:
    with tiny_store.start_run("mine", config={}, data="tiny"):
        pass
    words = "run 'mine' was logged by a loop of its own, so it has no weights here"
    for call in (resume_run, evaluate_run):
        with pytest.raises(InputError, match=words):
            call(tiny_store, "mine")
