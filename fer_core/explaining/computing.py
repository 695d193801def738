"""Explanations that lack, computed and stored batch by batch."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from fer_core.errors import InputError
from fer_core.explain import Explanation, explain
from fer_core.explaining.planning import Job, Plan
from fer_core.provenance import Skipped, key_of, versions_of
from fer_core.records import (
    CLASS_NAMES,
    EXPLANATION,
    SEGMENT_WEIGHTS,
    SEGMENTS,
    UNLABELLED,
    TensorKey,
    TensorRecord,
)
from fer_core.store import RunStore

# Images a transaction. A number, not what the machine can do: a batch's size moves last digits.
BATCH = 16


class Outcome(NamedTuple):
    """What was stored, and what was skipped."""

    stored: tuple[TensorKey, ...]
    skipped: tuple[Skipped, ...]


def carry_out(
    store: RunStore, planned: Plan, progress: Callable[[int, int], None] = lambda *_: None
) -> Outcome:
    """Compute what lacks and store it, a batch a transaction; `progress` is told (done, all).

    The first image of every method comes first: what a method refuses, it refuses before anything
    is stored. What was stored before an interruption stays.
    """
    jobs = [job for job in planned.jobs if job.places]
    skipped, first, stored = list(planned.skipped), list[TensorRecord](), list[TensorKey]()
    progress(0, planned.lacking)
    for job in tuple(jobs):
        try:
            first += _compute(planned, job, job.places[:1])
        except InputError as error:
            if not job.optional:
                raise
            skipped.append(Skipped(job.method, str(error)))
            jobs.remove(job)
    total = sum(len(job.places) for job in jobs)
    for records in chain([first], _rest(planned, jobs)):
        store.add_tensors(planned.run.id, records)
        stored += [key_of(record) for record in records if record.kind == EXPLANATION]
        progress(len(stored), total)
    return Outcome(tuple(stored), tuple(skipped))


def _rest(planned: Plan, jobs: Sequence[Job]) -> Iterator[list[TensorRecord]]:
    for job in jobs:
        for start in range(1, len(job.places), BATCH):
            yield _compute(planned, job, job.places[start : start + BATCH])


def _compute(planned: Plan, job: Job, places: Sequence[int]) -> list[TensorRecord]:
    chosen = list(places)
    found = explain(
        job.method,
        planned.loaded.model,
        planned.images[chosen],
        targets=planned.targets[chosen],
        layer=job.layer or None,
        seed=planned.request.seed,
        output=planned.request.output,
        **job.options,
    )
    return [
        record
        for row, place in enumerate(chosen)
        for record in _records(planned, found, row, place)
    ]


def _records(planned: Plan, found: Explanation, row: int, place: int) -> list[TensorRecord]:
    """Return an image's map and what the method adds to it."""
    sample, target = planned.samples[place], int(planned.targets[place])
    arrays, scalars = {EXPLANATION: found.maps[row]}, {}
    for name, values in found.extras.items():
        value = values[row]
        if name == SEGMENTS:
            arrays[SEGMENTS] = value.astype(np.int16)
        elif name == "weights":  # by class; an image with fewer segments has a filled-up row
            count = int(found.extras[SEGMENTS][row].max()) + 1
            arrays[SEGMENT_WEIGHTS] = value[target, :count].astype(np.float64)
        else:
            scalars[name] = (value[target] if value.ndim else value).item()
    probabilities = planned.probabilities[place]
    provenance = {
        "checkpoint_sha256": planned.loaded.sha256,
        "epoch": planned.loaded.epoch,
        "seed": found.seed,
        "output": found.output,
        "options": dict(found.options),
        "signed": found.signed,
        "probability": float(probabilities[target]),
        "predicted": CLASS_NAMES[probabilities.argmax()],
        "true": None if sample.label == UNLABELLED else CLASS_NAMES[sample.label],
        "extras": scalars,
        "versions": versions_of(planned.loaded),
    }
    return [
        TensorRecord(
            kind=kind,
            array=array,
            method=found.method,
            layer=found.layer,
            sample=sample.name,
            target=CLASS_NAMES[target],
            weights=planned.request.weights,
            provenance=provenance,
        )
        for kind, array in arrays.items()
    ]
