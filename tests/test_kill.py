"""kill -9 while a run trains: no committed epoch is lost, and resuming gives the same bits.

The training process kills itself at named points, by patches in that process alone.
"""

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fer_core.config import RunConfig
from fer_core.experiment import resume_run, train_run
from fer_core.records import FINISHED, STALE, Epoch
from fer_core.store import RunStore

_PROGRAM = """
import json, os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from fer_core import checkpoints, experiment
from fer_core.config import RunConfig
from fer_core.store import RunStore, RunWriter

path, config, point = sys.argv[1], RunConfig.from_dict(json.loads(sys.argv[2])), sys.argv[3]
epoch = 3

def die():
    os.kill(os.getpid(), signal.SIGKILL)

add_epoch, replace, write_next = RunWriter.add_epoch, Path.replace, None
if point == "between checkpoint and row":
    RunWriter.add_epoch = lambda self, e: die() if e.epoch == epoch else add_epoch(self, e)
if point == "between row and promotion":
    promote = checkpoints.CheckpointFolder.promote
    def dying(self, **options):
        dying.calls += 1
        return die() if dying.calls == epoch else promote(self, **options)
    dying.calls = 0
    checkpoints.CheckpointFolder.promote = dying
if point == "in the rename":
    def rename(self, target):
        result = replace(self, target)
        if self.name == "next.safetensors" and Path(target).name == "last.safetensors":
            rename.calls += 1
            if rename.calls == epoch:
                die()
        return result
    rename.calls = 0
    Path.replace = rename
if point == "in a transaction":
    @event.listens_for(Engine, "after_cursor_execute")
    def executed(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("INSERT INTO epochs"):
            executed.calls += 1
            if executed.calls == epoch:
                die()
    executed.calls = 0

class Told(experiment.Silent):
    def epoch(self, epoch):
        print(epoch.epoch, flush=True)

experiment.train_run(RunStore.open(path), config, name="killed", device="cpu", progress=Told())
"""
_EPOCHS = 12


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Epoch]]:
    return {}


@pytest.fixture
def config(tiny_config: RunConfig) -> RunConfig:
    """With every part of a recipe that a checkpoint must bring back."""
    return tiny_config.replace(
        epochs=_EPOCHS, mixup=0.2, weight_average=0.9, class_weights="balanced", patience=_EPOCHS
    )


def _history(store: RunStore, run_id: str) -> list[Epoch]:
    return [dataclasses.replace(e, seconds=0) for e in store.histories((run_id,))[run_id]]


def _start(store: RunStore, config: RunConfig, point: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(store.path), json.dumps(config.to_dict()), point],
        stdout=subprocess.PIPE,
        text=True,
    )


def _check(
    store: RunStore, config: RunConfig, told: list[int], cache: dict[str, list[Epoch]]
) -> None:
    """The store after the kill, then resumed, against a run that nothing interrupted."""
    if "whole" not in cache:
        cache["whole"] = _history(store, train_run(store, config, name="whole", device="cpu").id)
    run = store.run("killed")
    assert run.status == STALE
    assert run.epochs >= max(told, default=0)
    assert _history(store, run.id) == cache["whole"][: run.epochs]
    resumed, differences = resume_run(store, "killed", device="cpu")
    assert differences == ()
    assert resumed.status == FINISHED
    assert _history(store, run.id) == cache["whole"]
    weights = {p.name for p in store.checkpoint_folder(run.id).iterdir()}
    assert weights == {"best.safetensors", "last.safetensors", "last.state.safetensors"}


@pytest.mark.parametrize(
    ("point", "committed"),
    [
        ("between checkpoint and row", 2),
        ("in a transaction", 2),
        ("between row and promotion", 3),
        ("in the rename", 3),
    ],
)
def test_killed_at_a_named_point(
    tiny_store: RunStore,
    config: RunConfig,
    uninterrupted: dict[str, list[Epoch]],
    point: str,
    committed: int,
) -> None:
    process = _start(tiny_store, config, point)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert tiny_store.run("killed").epochs == committed
    _check(tiny_store, config, [int(n) for n in output.split()], uninterrupted)


@pytest.mark.parametrize("seed", range(5))
def test_killed_at_a_random_moment(
    tiny_store: RunStore, config: RunConfig, uninterrupted: dict[str, list[Epoch]], seed: int
) -> None:
    with _start(tiny_store, config, "") as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline())]  # importing is over: training has begun
        time.sleep(random.Random(seed).uniform(0, 0.3))
        process.kill()
        told += [int(line) for line in process.stdout.read().split()]
    assert process.returncode == -signal.SIGKILL, "the run was over before the kill"
    _check(tiny_store, config, told, uninterrupted)


def test_a_full_disk_is_one_line_and_the_run_can_be_resumed(
    tiny_store: RunStore, config: RunConfig, tmp_path: Path
) -> None:
    """A limit on file sizes stands for the full disk: checkpoints of a larger net pass it."""
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000));"
        "from fer_core.cli.main import run; run()"
    )
    command = ["train", "e-dnn", "--data", "tiny", "--name", "big", "--epochs", "1"]
    environment = {**os.environ, "FER_STORE": str(tiny_store.path)}
    process = subprocess.run(
        [sys.executable, "-c", limited, *command],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert process.returncode == 1
    last = process.stderr.strip().splitlines()[-1]
    assert last.startswith("fer-core: ")
    assert "File too large" in last
    assert "fer-core resume" in last
    assert "Traceback" not in process.stderr
    assert tiny_store.run("big").status == "failed"
    assert not list(tiny_store.checkpoint_folder(tiny_store.run("big").id).glob("*.tmp"))
