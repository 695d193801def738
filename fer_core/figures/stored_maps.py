"""Reads the stored explanations that a figure shows, the same images of all its runs."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fer_core.analysis.sides import Side, sides
from fer_core.errors import InputError, NotStored
from fer_core.figures.options import one_of
from fer_core.figures.wanted_maps import (
    CONVOLUTIONAL,
    LAYERED,
    TARGETS,
    Wanted,
    is_of,
    lacking,
    named,
    place,
    possible,
)
from fer_core.records import (
    CLASS_NAMES,
    EXPLANATION,
    EXPLANATION_METHODS,
    TensorKey,
    TensorRecord,
)

if TYPE_CHECKING:
    from fer_core.store import RunStore


class StoredMap(NamedTuple):
    """One map with what is known of it. probability: the model's for the target."""

    record: TensorRecord

    @property
    def values(self) -> np.ndarray:
        """The raw map, (48, 48) float32."""
        return self.record.array

    @property
    def signed(self) -> bool:
        return EXPLANATION_METHODS[self.record.method]

    @property
    def probability(self) -> float:
        return float(self.provenance["probability"])

    @property
    def predicted(self) -> str:
        return str(self.provenance["predicted"])

    @property
    def true(self) -> str:
        """The class of the label, "" for an image without one."""
        return str(self.provenance["true"] or "")

    @property
    def provenance(self) -> Mapping[str, Any]:
        return self.record.provenance


class RunMaps(NamedTuple):
    """What one run, with one of its weights, has of it. samples: N texts ``test:12``; images:
    (N, 48, 48) uint8; maps: for each method N maps, in the order of the samples; impossible:
    methods left out since the network has no convolution."""

    side: Side
    samples: tuple[str, ...]
    names: tuple[str, ...]
    images: np.ndarray
    maps: Mapping[str, tuple[StoredMap, ...]]
    impossible: tuple[str, ...]


def read(store: "RunStore", run_ids: Sequence[str], wanted: Wanted) -> tuple[RunMaps, ...]:
    """Read the maps of each run with each of its weights (``best,epoch-1``), of the same images
    where the runs have the same data.

    Raises InputError for options that nothing can be stored under, and for maps that are not
    stored, with the command that makes them.
    """
    one_of("target", wanted.target, TARGETS)
    for method in named(wanted.methods):
        one_of("method", method, tuple(EXPLANATION_METHODS))
    stored = _all(store, run_ids, wanted)
    return tuple(each.read(samples) for each, samples in zip(stored, _samples(stored), strict=True))


def missing(store: "RunStore", run_id: str, wanted: Wanted) -> tuple[tuple[str, str], ...]:
    """Return which (method, sample) of all that is named are not stored, without those that the
    network cannot have."""
    found = (each.missing(each.asked()) for each in _all(store, [run_id], wanted))
    return tuple(dict.fromkeys(chain.from_iterable(found)))


def explained(store: "RunStore", run_ids: Sequence[str], wanted: Wanted) -> tuple[str, ...]:
    """Return `per_class` images of each class that every run has a map of, of any wanted method."""
    stored = _all(store, run_ids, wanted)
    shared = stored[0].samples()
    for each in stored[1:]:
        own = set(each.samples())
        shared = tuple(sample for sample in shared if sample in own)
    return _of_each_class(stored[0], shared)


def _all(store: "RunStore", run_ids: Sequence[str], wanted: Wanted) -> "list[_Stored]":
    return [
        _Stored(store, side, wanted._replace(weights=side.weights))
        for side in sides(store, run_ids, wanted.weights)
    ]


class _Stored:
    """What of all that is wanted a run has with one of its weights."""

    def __init__(self, store: "RunStore", side: Side, wanted: Wanted) -> None:
        self.store, self.side, self.run, self.wanted = store, side, side.run, wanted
        layers = store.details(self.run.id).layers
        self._depth = {layer.name: depth for depth, layer in enumerate(layers)}
        self.keys: dict[tuple[str, str], list[TensorKey]] = {}
        for key in store.tensor_keys(self.run.id, EXPLANATION):
            if key.weights == wanted.weights and is_of(key, wanted.target):
                self.keys.setdefault((key.method, key.sample), []).append(key)
        asked = named(wanted.methods)
        there = {method for method, _ in self.keys}
        methods = asked or [method for method in EXPLANATION_METHODS if method in there]
        self.methods = tuple(method for method in methods if possible(method, layers))
        self.impossible = tuple(method for method in methods if method not in self.methods)
        if asked and not self.methods:
            raise InputError(
                f"run {self.run.name!r} has no convolution, so no {' or '.join(asked)}; use one of "
                f"{', '.join(m for m in EXPLANATION_METHODS if m not in CONVOLUTIONAL)}"
            )

    def asked(self) -> tuple[str, ...]:
        """Return the named samples as ``split:index``."""
        data = self.run.dataset_fingerprint
        asked = named(self.wanted.samples)
        return tuple("{}:{}".format(*self.store.sample(data, each)) for each in asked)

    def missing(self, samples: Sequence[str]) -> list[tuple[str, str]]:
        """Return the methods and samples that have no map."""
        pairs = [(method, sample) for method in self.methods for sample in samples]
        return [pair for pair in pairs if self.key(*pair) is None]

    def samples(self) -> tuple[str, ...]:
        """Return the samples that have a map of any method, in the order of their splits."""
        found = {s for method, s in self.keys if method in self.methods and self.key(method, s)}
        return tuple(sorted(found, key=place))

    def complete(self) -> tuple[str, ...]:
        """Return the samples that have a map of every method, in the order of their splits."""
        return tuple(s for s in self.samples() if all(self.key(m, s) for m in self.methods))

    def key(self, method: str, sample: str) -> TensorKey | None:
        """Return the key of the wanted layer."""
        found = {key.layer: key for key in self.keys.get((method, sample), [])}
        if self.wanted.layer and method in LAYERED:
            return found.get(self.wanted.layer)
        deepest = sorted(found, key=lambda name: (name != "", -self._depth.get(name, -1)))
        return found[deepest[0]] if deepest else None

    def lacking(self, methods: Sequence[str], samples: Sequence[str]) -> NotStored:
        """Return the error that names the command for what is not stored."""
        methods = tuple(dict.fromkeys(methods)) or self.methods or named(self.wanted.methods)
        return lacking(self.run, methods, methods, tuple(dict.fromkeys(samples)), self.wanted)

    def read(self, samples: Sequence[str]) -> RunMaps:
        """Read the maps of these samples, which are there, and their images."""
        records = self.store.tensors(
            self.run.id, EXPLANATION, samples=samples, weights=self.wanted.weights
        )
        by_key = {(r.method, r.layer, r.sample, r.target): r for r in records}
        maps = {}
        for method in self.methods:
            found = []
            for sample in samples:
                key = self.key(method, sample)
                assert key is not None
                record = by_key[method, key.layer, sample, key.target]
                found.append(StoredMap(record))
            maps[method] = tuple(found)
        return RunMaps(self.side, tuple(samples), *self._images(samples), maps, self.impossible)

    def _images(self, samples: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
        data = self.run.dataset_fingerprint
        places = [self.store.sample(data, sample) for sample in samples]
        names = {split: self.store.sample_names(data, split) for split, _ in places}
        images = [self.store.images(data, split, [index])[0] for split, index in places]
        return tuple(names[split][index] for split, index in places), np.array(images)


def _samples(stored: Sequence[_Stored]) -> list[tuple[str, ...]]:
    """Return the samples to show of each run: the named ones, or some of each class, the same
    ones of all runs on the same data."""
    if stored[0].wanted.samples:
        asked = [each.asked() for each in stored]
        for each, samples in zip(stored, asked, strict=True):
            if (lacks := each.missing(samples)) or not each.methods:
                methods, of = zip(*lacks, strict=True) if lacks else ((), samples)
                raise each.lacking(methods, of)
        return asked
    groups: dict[str, tuple[str, ...]] = {}
    for each in stored:
        complete = each.complete()
        if not complete or not each.methods:
            raise each.lacking((), ())
        data = each.run.dataset_fingerprint
        shared = groups.setdefault(data, complete)
        groups[data] = tuple(sample for sample in shared if sample in complete)
        if not groups[data]:
            raise each.lacking((), shared)
    first = {each.run.dataset_fingerprint: each for each in reversed(stored)}
    chosen = {data: _of_each_class(each, groups[data]) for data, each in first.items()}
    return [chosen[each.run.dataset_fingerprint] for each in stored]


def _of_each_class(stored: _Stored, samples: Sequence[str]) -> tuple[str, ...]:
    """Choose `per_class` of each class: a right one, a wrong one, the next right one ... of the
    first run; an image without a label counts for the class that is predicted."""
    chosen: list[str] = []
    for name in CLASS_NAMES:
        right: list[str] = []
        wrong: list[str] = []
        for sample in samples:
            keys = (stored.key(method, sample) for method in stored.methods)
            key = next(key for key in keys if key)
            predicted = key.provenance["predicted"]
            true = key.provenance["true"] or predicted
            if true == name:
                (right if predicted == true else wrong).append(sample)
        turns = [
            sample
            for pair in zip(_padded(right, wrong), _padded(wrong, right), strict=True)
            for sample in pair
            if sample
        ]
        chosen += turns[: stored.wanted.per_class]
    return tuple(chosen)


def _padded(samples: list[str], other: list[str]) -> list[str]:
    return samples + [""] * (len(other) - len(samples))
