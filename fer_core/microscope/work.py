"""What computes arrays of a run, which of them are there, and how those that lack are stored."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from fer_core.explain.layers import resolve
from fer_core.explain.reaching import Reach
from fer_core.explain.untouched import untouched
from fer_core.loading import LoadedModel, load_model
from fer_core.provenance import Skipped, is_made_with, key_of, versions_of, wanted_of
from fer_core.records import Run, TensorKey, TensorRecord
from fer_core.store import RunStore

Progress = Callable[[int, int], None]  # done, all


@dataclass(frozen=True)
class Array:
    """What an array is stored under, and what decides its values beside the weights.

    seed: None where nothing is random; filters: which it must hold, of an array that may hold some
    of a layer's filters only.
    """

    kind: str
    method: str = ""
    layer: str = ""
    sample: str = ""
    target: str = ""
    seed: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    filters: tuple[int, ...] = ()


class Job(NamedTuple):
    """One computation.

    arrays: what it gives; make: yields records, those of a transaction together, and tells
    progress; work: images run forward, about; size: bytes in the store, about.
    """

    arrays: tuple[Array, ...]
    make: Callable[[Progress], Iterator[list[TensorRecord]]]
    work: int
    size: int


class Study:
    """A run with one of its weights, and what is stored of them.

    Raises InputError for a run without weights.
    """

    def __init__(
        self,
        store: RunStore,
        reference: str,
        *,
        weights: str = "best",
        force: bool = False,
        device: str = "auto",
    ) -> None:
        self.store = store
        self.run: Run = store.run(reference)
        self.weights, self.force = weights, force
        self.loaded: LoadedModel = load_model(store, self.run, weights, device)
        self._keys: dict[str, dict[tuple[str, ...], TensorKey]] = {}

    def made(self, array: Array) -> TensorKey | None:
        """Return the key of an array that is there and was made in the same way."""
        if array.kind not in self._keys:
            keys = self.store.tensor_keys(self.run.id, array.kind)
            self._keys[array.kind] = {_place(k): k for k in keys if k.weights == self.weights}
        key = self._keys[array.kind].get(_place(array))
        wanted = wanted_of(self.loaded, seed=array.seed, options=dict(array.options))
        return key if key and is_made_with(key, wanted) else None

    def read(self, array: Array) -> TensorRecord:
        """Return an array that is there."""
        (record,) = self.store.tensors(
            self.run.id,
            array.kind,
            method=array.method,
            layer=array.layer,
            sample=array.sample,
            target=array.target,
            weights=self.weights,
        )
        return record

    def values_of(self, key: TensorKey) -> np.ndarray:
        """Return the array that a key is of."""
        names = ("kind", "method", "layer", "sample", "target")
        return self.read(Array(**{name: getattr(key, name) for name in names})).array

    def record(self, array: Array, values: np.ndarray, **more: Any) -> TensorRecord:
        """Return what is stored. more: what the provenance says beside what it always does."""
        return TensorRecord(
            array.kind, values, array.method, array.layer, array.sample, array.target, self.weights,
            provenance={
                "checkpoint_sha256": self.loaded.sha256,
                "epoch": self.loaded.epoch,
                "seed": array.seed,
                "options": dict(array.options),
                "versions": versions_of(self.loaded),
                **more,
            },
        )  # fmt: skip

    def reach(self, layer: str) -> Reach:
        """Return a layer, named as in `layers.resolve`; InputError for one without filters."""
        with untouched(self.loaded.model):
            return Reach(self.loaded.model, resolve(self.loaded.model, layer))

    def plan(self, jobs: Sequence[Job], skipped: Sequence[Skipped] = ()) -> "Plan":
        """Return the jobs of which something lacks, and what there is of the others."""
        lacking, present = [], []
        for job in jobs:
            there = [key for array in job.arrays if (key := self._whole(array))]
            if self.force or len(there) < len(job.arrays):
                lacking.append(job)
            else:
                present += there
        return Plan(self, tuple(lacking), tuple(present), tuple(skipped))

    def _whole(self, array: Array) -> TensorKey | None:
        key = self.made(array)
        return key if key and set(array.filters) <= set(filters_in(key)) else None


class Plan(NamedTuple):
    """What is there and what lacks."""

    study: Study
    jobs: tuple[Job, ...]
    present: tuple[TensorKey, ...]
    skipped: tuple[Skipped, ...]

    @property
    def lacking(self) -> int:
        """How many arrays lack."""
        return sum(len(job.arrays) for job in self.jobs)

    @property
    def megabytes(self) -> float:
        """How much they take in the store, about."""
        return sum(job.size for job in self.jobs) / 1e6


class Outcome(NamedTuple):
    """What was stored, and what was skipped."""

    stored: tuple[TensorKey, ...]
    skipped: tuple[Skipped, ...]


def carry_out(planned: Plan, progress: Progress = lambda *_: None) -> Outcome:
    """Compute what lacks and store it; `progress` is told (done, all) in images run forward.

    What a method refuses, its first job refuses before anything is stored. What was stored before
    an interruption stays.
    """
    study, total = planned.study, sum(job.work for job in planned.jobs)
    stored: dict[tuple[str, ...], TensorKey] = {}
    before = 0
    progress(0, total)
    for job in planned.jobs:

        def told(done: int, of: int, before: int = before, work: int = job.work) -> None:
            progress(before + work * done // of, total)

        for records in job.make(told):
            study.store.add_tensors(study.run.id, records)
            stored |= {_place(record): key_of(record) for record in records}
        before += job.work
        progress(before, total)
    return Outcome(tuple(stored.values()), planned.skipped)


def filters_in(key: TensorKey, what: str = "filters") -> list[int]:
    """Return which filters an array holds, in its order; or, of these, which are ``dead``."""
    found = key.provenance.get(what, ())
    return list(found) if isinstance(found, (list, tuple)) else []


def halved(values: np.ndarray) -> np.ndarray:
    """Return values as float16, which is exact enough to draw; as they are where one of them is
    too large for that."""
    fits = np.abs(values).max(initial=0) <= np.finfo(np.float16).max
    return values.astype(np.float16) if fits else values


def _place(each: Array | TensorKey | TensorRecord) -> tuple[str, ...]:
    return each.kind, each.method, each.layer, each.sample, each.target
