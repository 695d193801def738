"""What lacks is computed, what is there is kept, whatever interrupts."""

import dataclasses
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from fer_core.explain import EXPLAINERS, Explanation, explain
from fer_core.explaining import Outcome, Request, carry_out, computing, plan
from fer_core.records import (
    EXPLANATION,
    SEGMENTS,
)
from fer_core.store import RunStore
from tests.explaining.asked import Calls, explained


def test_asking_again_computes_only_what_lacks(trained_store: RunStore, calls: Calls) -> None:
    asked: dict[str, Any] = {"methods": ("segmented",), "samples": "test:0,test:1,test:2"}
    assert len(explained(trained_store, **asked).stored) == 3
    assert calls.segmented == [1, 2], "the first image, then the others in one batch"
    calls.segmented.clear()
    revision = trained_store.run("first").revision

    again = plan(trained_store, "first", Request(**asked), device="cpu")
    assert (again.lacking, again.megabytes) == (0, 0)
    assert [key.sample for key in again.present] == ["test:0", "test:1", "test:2"]
    assert carry_out(trained_store, again) == Outcome((), ())
    assert calls.segmented == []
    assert trained_store.run("first").revision == revision

    more = explained(trained_store, **{**asked, "samples": "test:1,test:3,test:1"})
    assert [key.sample for key in more.stored] == ["test:3"]
    assert calls.segmented == [1]
    for change in (
        {"seed": 1},
        {"output": "probability"},
        {"options": {"segmented": {"scale": 2.0}}},
        {"weights": "last"},
        {"force": True},
    ):
        calls.segmented.clear()
        assert len(explained(trained_store, **asked, **change).stored) == 3, change
        assert sum(calls.segmented) == 3
    assert {key.weights for key in trained_store.tensor_keys("first", EXPLANATION)} == {
        "best",
        "last",
    }


def test_a_method_with_a_score_of_its_own_explains_that_unless_asked_otherwise(
    trained_store: RunStore, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EXPLAINERS["segmented"], "OUTPUT", "probability", raising=False)

    def outputs() -> list[object]:
        keys = trained_store.tensor_keys("first", EXPLANATION)
        return [key.provenance["output"] for key in keys]

    asked: dict[str, Any] = {"methods": ("saliency", "segmented"), "samples": "test:0"}
    explained(trained_store, **asked)
    assert outputs() == ["logit", "probability"]
    assert explained(trained_store, **asked, output="probability").stored[0].method == "saliency"
    assert explained(trained_store, **asked, output="logit").stored[1].method == "segmented"
    assert outputs() == ["logit", "logit"]


def test_an_explanation_by_an_earlier_checkpoint_is_computed_anew(
    trained_store: RunStore, calls: Calls
) -> None:
    asked = {"methods": ("segmented",), "samples": "test:0"}
    explained(trained_store, **asked)
    (record,) = trained_store.tensors("first", EXPLANATION)
    old = dict(record.provenance) | {"checkpoint_sha256": "old"}
    trained_store.add_tensor("first", dataclasses.replace(record, provenance=old))
    assert len(explained(trained_store, **asked).stored) == 1
    (renewed,) = trained_store.tensors("first", EXPLANATION)
    assert renewed.provenance == record.provenance


def test_the_same_seed_gives_the_same_bytes(trained_store: RunStore) -> None:
    def content(**request: Any) -> list[bytes]:
        explained(trained_store, methods=("saliency", "segmented"), force=True, **request)
        records = trained_store.tensors("first", EXPLANATION)
        return [
            each.array.tobytes() for each in sorted(records, key=lambda r: (r.method, r.sample))
        ]

    first = content(samples="test:0,test:1,train:5")
    assert content(samples="test:0,test:1,train:5") == first
    assert content(samples="test:0,test:1,train:5", seed=1)[3:] != first[3:]


def test_ctrl_c_while_a_batch_is_computed_keeps_those_before(
    trained_store: RunStore, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "BATCH", 2)
    names = ",".join(f"test:{index}" for index in range(6))
    request = Request(methods=("segmented",), samples=names)
    told: list[tuple[int, int]] = []
    planned = plan(trained_store, "first", request, device="cpu")

    def interrupted(*arguments: Any, **options: Any) -> Explanation:
        if len(calls.segmented) == 2:
            raise KeyboardInterrupt
        return explain(*arguments, **options)

    monkeypatch.setattr(computing, "explain", interrupted)
    with pytest.raises(KeyboardInterrupt):
        carry_out(trained_store, planned, lambda *counts: told.append(counts))
    assert told == [(0, 6), (1, 6), (3, 6)]
    assert len(trained_store.tensor_keys("first", EXPLANATION)) == 3
    assert len(trained_store.tensor_keys("first", SEGMENTS)) == 3
    calls.segmented.clear()
    monkeypatch.setattr(computing, "explain", explain)
    done = explained(trained_store, methods=("segmented",), samples=names)
    assert sum(calls.segmented) == len(done.stored) == 3


KILLED = """
import os, signal, sys
from fer_core.explaining import Request, carry_out, computing, plan
from fer_core.store import RunStore

computing.BATCH = 2
explain = computing.explain

def dying(*arguments, **options):
    dying.calls += 1
    if dying.calls == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return explain(*arguments, **options)

dying.calls = 0
computing.explain = dying
request = Request(methods=("saliency",), samples=",".join(f"test:{i}" for i in range(6)))
with RunStore.open(sys.argv[1]) as store:
    carry_out(store, plan(store, "first", request, device="cpu"))
"""


def test_killed_while_a_batch_is_computed_keeps_those_before(trained_store: RunStore) -> None:
    command = [sys.executable, "-c", KILLED, str(trained_store.path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr
    kept = [key.sample for key in trained_store.tensor_keys("first", EXPLANATION)]
    assert kept == ["test:0", "test:1", "test:2"]
    done = explained(trained_store, methods=("saliency",), samples="test:0,test:2,test:4")
    assert [key.sample for key in done.stored] == ["test:4"]
