"""Several processes train one run: what they share, what is equal to one, how all of them end.

With torchrun where its own part matters; else its processes are started without it, so that none
is stopped by anything but itself, as on two machines.
"""

import dataclasses
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fer_core.records import FAILED, FINISHED, Epoch
from fer_core.store import RunStore

_LIMIT = 120  # seconds: a process that waits for ever fails its test
_SETTINGS = ("--data", "tiny", "--epochs", "2", "--set", "batch_size=16", "--augment", "full")
# Of the last batch of an epoch, the 7th, its rank does what FAILS says in the second epoch.
_NETWORK = """
import os, resource, signal
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        rank, _, self.deed = os.environ.get("FAILS", "none ").partition(" ")
        self.mine, self.calls = rank == os.environ.get("RANK"), 0
        if self.mine and self.deed == "is lacking":
            raise OSError("no weights to start from")
        self.layers = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(8), nn.Flatten(),
            nn.Dropout(0.3), nn.Linear(100, 7),
        )

    def forward(self, images):
        self.calls += self.training and len(images) == 8
        if self.mine and self.calls == 14:
            if self.deed == "raises":
                raise RuntimeError("out of everything")
            if self.deed == "fills the disk":
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        return self.layers(images)
"""


@pytest.fixture
def network(tmp_path: Path) -> str:
    """A network with batch norm and dropout that can fail when it is told to."""
    (tmp_path / "net.py").write_text(_NETWORK)
    return f"{tmp_path / 'net.py'}:Net"


def _environment(store: RunStore, fails: str, **values: str) -> dict[str, str]:
    return {
        **os.environ, "FER_STORE": str(store.path), "OMP_NUM_THREADS": "1", "FAILS": fails, **values
    }  # fmt: skip


def _torchrun(
    store: RunStore, *arguments: str, fails: str = ""
) -> subprocess.CompletedProcess[str]:
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    return subprocess.run(
        [sys.executable, *launcher, "-m", "fer_core", *arguments],
        env=_environment(store, fails),
        capture_output=True,
        text=True,
        check=False,
        timeout=_LIMIT,
    )


def _free_port() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def _on_two_machines(
    store: RunStore, *arguments: str, fails: str = ""
) -> list[tuple[int, str, str]]:
    """Start both ranks without torchrun; returns exit code, stdout and stderr of each."""
    there = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": _free_port(), "WORLD_SIZE": "2"}
    processes = []
    for rank in ("0", "1"):
        # The other machine has no store.
        own = {"FER_STORE": "/nowhere/runs.db"} if rank == "1" else {}
        named = {"RANK": rank, "LOCAL_RANK": "0", "TORCHELASTIC_RUN_ID": "none"}
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "fer_core", *arguments],
                env=_environment(store, fails, **there, **named, **own),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    try:
        told = [process.communicate(timeout=_LIMIT) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(p.returncode, *each) for p, each in zip(processes, told, strict=True)]


def _lines(*texts: str) -> list[str]:
    """What fer-core said was wrong, among what torchrun says."""
    return [line for text in texts for line in text.splitlines() if line.startswith("fer-core: ")]


def _history(store: RunStore, run_id: str) -> list[Epoch]:
    return [dataclasses.replace(e, seconds=0) for e in store.histories((run_id,))[run_id]]


def test_two_processes_train_one_run_and_resuming_it_gives_the_same(
    tiny_store: RunStore, network: str
) -> None:
    done = _torchrun(tiny_store, "train", network, *_SETTINGS, "--name", "whole", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["epochs"] == 2
    assert done.stderr.count("epoch   1/2") == 1
    (whole,) = tiny_store.runs()
    assert whole.status == FINISHED
    assert "2 processes" in tiny_store.details(whole.id).device
    history = _history(tiny_store, whole.id)
    for weights, number in (("best", whole.best_epoch), ("last", 2)):
        score = whole.score("validation", weights)
        assert score is not None
        assert number is not None
        assert score.accuracy == history[number - 1].validation_accuracy

    # Rank 1 fails in the second epoch: it says so, and rank 0 ends with it.
    (first, _, at_rank_0), (second, _, at_rank_1) = _on_two_machines(
        tiny_store, "train", network, *_SETTINGS, "--name", "cut", fails="1 raises"
    )
    assert (first, second) == (1, 1)
    assert _lines(at_rank_0, at_rank_1) == ["fer-core: rank 1: RuntimeError: out of everything"]
    cut = tiny_store.run("cut")
    assert (cut.status, cut.epochs) == (FAILED, 1)

    (first, _, at_rank_0), (second, _, at_rank_1) = _on_two_machines(tiny_store, "resume", "cut")
    assert (first, second) == (0, 0), at_rank_0 + at_rank_1
    assert "the result may differ" not in at_rank_0
    assert _history(tiny_store, cut.id) == history
    last = [tiny_store.predictions(run, "validation", "last") for run in ("whole", "cut")]
    np.testing.assert_array_equal(last[0].probabilities, last[1].probabilities)


def test_a_full_disk_at_rank_0_ends_all_with_one_line(tiny_store: RunStore, network: str) -> None:
    done = _torchrun(
        tiny_store, "train", network, *_SETTINGS, "--name", "full", fails="0 fills the disk"
    )
    (line,) = _lines(done.stderr)
    assert "the checkpoint of epoch 2 was not written: File too large" in line
    assert re.findall(r"exitcode\s*: (-?\d+)", done.stderr)[-1] == "1"  # torchrun's root cause
    assert tiny_store.run("full").epochs == 1


@pytest.mark.parametrize(
    ("preset", "fails", "line"),
    [
        ("nope", "", "fer-core: no preset 'nope'"),
        ("", "1 is lacking", "fer-core: rank 1: Net cannot be built: net.py, line 12: OSError"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2_of_all(
    tiny_store: RunStore, network: str, preset: str, fails: str, line: str
) -> None:
    ended = _on_two_machines(tiny_store, "train", preset or network, *_SETTINGS, fails=fails)
    assert [code for code, _, _ in ended] == [2, 2]
    (told,) = _lines(*(stderr for _, _, stderr in ended))
    assert told.startswith(line)
    assert tiny_store.runs() == ()
