"""What lacks is computed, what is there is kept, whatever interrupts."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fer_core.explain import filters as ascending
from fer_core.explain.filters import Ascent, ascend
from fer_core.microscope import (
    Outcome,
    Plan,
    ascents,
    carry_out,
    plan_adversarial,
    plan_dream,
    plan_filters,
    plan_outputs,
)
from fer_core.records import (
    CLASS_IMAGES,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    TOP_IMAGES,
    TRAIN,
)
from fer_core.store import RunStore
from tests.microscope.asked import (
    KINDS,
    SHORT,
    ascended,
    one,
    study,
)


def everything(store: RunStore, **options: Any) -> list[Plan]:
    looked = study(store, **options)
    return [
        plan_filters(looked, **SHORT),
        plan_outputs(looked, samples="test:0,test:1"),
        plan_adversarial(looked, samples="test:0", attack="pgd", curve=True, most=4),
        plan_dream(looked, samples="test:0", steps=2),
    ]


def test_asking_again_computes_nothing_and_writes_nothing(trained_store: RunStore) -> None:
    stored = [len(carry_out(planned).stored) for planned in everything(trained_store)]
    assert stored == [7, 2, 2, 1]
    revision = trained_store.run("first").revision
    for planned, count in zip(everything(trained_store), stored, strict=True):
        assert (planned.jobs, planned.lacking, planned.megabytes) == ((), 0, 0)
        assert len(planned.present) == count
        assert carry_out(planned) == Outcome((), ())
    assert trained_store.run("first").revision == revision
    assert [p.lacking for p in everything(trained_store, force=True)] == stored
    assert [p.lacking for p in everything(trained_store, weights="last")] == stored


def test_what_changes_a_result_is_computed_anew_and_what_does_not_is_kept(
    trained_store: RunStore,
) -> None:
    ascended(trained_store, classes="noise")
    for change, kinds in (
        ({"seed": 1}, {FILTERS, FILTER_ACTIVATIONS, CLASS_IMAGES}),
        ({"steps": 2, "seed": 1}, {FILTERS, FILTER_ACTIVATIONS, CLASS_IMAGES}),
        ({"steps": 2, "seed": 1, "record_every": 1}, {FILTERS, FILTER_ACTIVATIONS}),
        (
            {"steps": 2, "seed": 1, "record_every": 1, "split": "test"},
            {TOP_IMAGES, FILTER_SIMILARITY},
        ),
    ):
        done = ascended(trained_store, classes="noise", **change)
        assert {key.kind for key in done.stored} == kinds, change
    record = one(trained_store, TOP_IMAGES, sample=TRAIN)
    old = dict(record.provenance) | {"checkpoint_sha256": "old"}
    trained_store.add_tensor("first", dataclasses.replace(record, provenance=old))
    assert {key.kind for key in ascended(trained_store, seed=5).stored} == {
        *(FILTERS, FILTER_ACTIVATIONS, TOP_IMAGES)
    }


def test_some_filters_are_kept_beside_the_others_that_are_asked_for_later(
    trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []

    def counted(*arguments: Any, **options: Any) -> Ascent:
        asked.append(options["filters"])
        return ascend(*arguments, **options)

    monkeypatch.setattr(ascents, "ascend", counted)
    ascended(trained_store, filters=(3, 1, 3))
    first = one(trained_store, FILTERS)
    assert first.provenance["filters"] == [1, 3]
    ascended(trained_store, filters=(3,))
    assert asked == [[1, 3]], "a filter that is there is not ascended again"
    ascended(trained_store)
    whole = one(trained_store, FILTERS)
    assert asked == [[1, 3], [0, 2]]
    assert whole.provenance["filters"] == [0, 1, 2, 3]
    assert one(trained_store, FILTER_ACTIVATIONS).array.shape == (4, 3)
    np.testing.assert_array_equal(whole.array[[1, 3]], first.array)
    ascended(trained_store, filters=(2,), force=True)
    assert asked[2:] == [[2]]
    assert one(trained_store, FILTERS).array.shape == (4, 3, 48, 48)


def test_the_same_seed_gives_the_same_bytes(trained_store: RunStore) -> None:
    def content() -> list[bytes]:
        for planned in everything(trained_store, force=True):
            carry_out(planned)
        return [
            record.array.tobytes()
            for kind in KINDS
            for record in trained_store.tensors("first", kind)
        ]

    assert content() == content()


def interrupting(monkeypatch: pytest.MonkeyPatch, after: int) -> Callable[[], None]:
    """Batches of two filters, and Ctrl-C in the batch after so many; returns what undoes it."""
    monkeypatch.setattr(ascending, "_AT_ONCE", {"cpu": 2})
    calls = []

    def interrupted(*arguments: Any, **options: Any) -> Ascent:
        calls.append(options["filters"])
        if len(calls) > after:
            raise KeyboardInterrupt
        return ascend(*arguments, **options)

    monkeypatch.setattr(ascents, "ascend", interrupted)
    return lambda: monkeypatch.setattr(ascents, "ascend", ascend)


def test_ctrl_c_while_filters_climb_keeps_those_before_and_the_rest_ends_as_if_uninterrupted(
    trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = interrupting(monkeypatch, after=1)
    told: list[tuple[int, int]] = []
    planned = plan_filters(study(trained_store), classes="none", **SHORT)
    with pytest.raises(KeyboardInterrupt):
        carry_out(planned, lambda *counts: told.append(counts))
    done, total = told[-1]
    assert 0 < done < total
    assert [count for count, _ in told] == sorted(count for count, _ in told)
    assert one(trained_store, FILTERS).provenance["filters"] == [0, 1]
    assert one(trained_store, FILTER_ACTIVATIONS).array.shape == (2, 3)
    go_on()
    ascended(trained_store)
    resumed = one(trained_store, FILTERS).array.tobytes()
    ascended(trained_store, force=True)
    assert one(trained_store, FILTERS).array.tobytes() == resumed


KILLED = """
import os, signal, sys
from fer_core.explain import filters
from fer_core.microscope import Study, ascents, carry_out, plan_filters
from fer_core.store import RunStore

filters._AT_ONCE = {"cpu": 2}
ascend = ascents.ascend

def dying(*arguments, **options):
    if options["filters"] == [2, 3]:
        os.kill(os.getpid(), signal.SIGKILL)
    return ascend(*arguments, **options)

ascents.ascend = dying
with RunStore.open(sys.argv[1]) as store:
    carry_out(plan_filters(Study(store, "first", device="cpu"), steps=4, record_every=2))
"""


def test_killed_while_filters_climb_keeps_those_before(trained_store: RunStore) -> None:
    command = [sys.executable, "-c", KILLED, str(trained_store.path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr
    assert one(trained_store, FILTERS).provenance["filters"] == [0, 1]
