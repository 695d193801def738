"""What explanations of a run were asked for, which of them are there, and which lack."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from fer_core.data.classes import class_index
from fer_core.errors import InputError
from fer_core.explain import EXPLAINERS, options_of, output_of
from fer_core.explain.layers import resolve
from fer_core.explain.untouched import untouched
from fer_core.explaining import choosing
from fer_core.explaining.request import PREDICTED, TRUE, Request, has_layer, methods_of
from fer_core.loading import LoadedModel, load_model
from fer_core.provenance import Skipped, is_made_with, wanted_of
from fer_core.records import (
    CLASS_NAMES,
    EXPLANATION,
    UNLABELLED,
    VALIDATION,
    Run,
    TensorKey,
)
from fer_core.samples import Sample, image_of, named
from fer_core.store import RunStore

# What an explanation takes in the store's file: a map and its provenance; of LIME also the segments
# and their weights, each with the same provenance.
_BYTES, _BYTES_OF_LIME = 10_300, 17_500


class Job(NamedTuple):
    """One method at one layer (its full name; empty: pixels) and the images that lack it.

    optional: nobody asked for this very method, so that it may be skipped with its reason.
    """

    method: str
    layer: str
    options: Mapping[str, Any]
    places: tuple[int, ...]
    optional: bool


class Plan(NamedTuple):
    """What is there and what lacks.

    images: (N, 1, 48, 48) float32 in [0, 1]; probabilities: (N, 7) float32; targets: (N,) int64.
    """

    run: Run
    request: Request
    loaded: LoadedModel
    samples: tuple[Sample, ...]
    images: np.ndarray
    probabilities: np.ndarray
    targets: np.ndarray
    jobs: tuple[Job, ...]
    present: tuple[TensorKey, ...]
    skipped: tuple[Skipped, ...]

    @property
    def lacking(self) -> int:
        """How many explanations lack."""
        return sum(len(job.places) for job in self.jobs)

    @property
    def megabytes(self) -> float:
        """How much they take in the store, about."""
        of_lime = sum(len(job.places) for job in self.jobs if job.method == "lime")
        return ((self.lacking - of_lime) * _BYTES + of_lime * _BYTES_OF_LIME) / 1e6


def plan(store: RunStore, reference: str, request: Request, *, device: str = "auto") -> Plan:
    """Choose images and targets, and work out what lacks. Nothing is written.

    An explanation is there when its key is, made by the same weights with the same seed, output
    and options. Raises InputError for whatever is wrong with the request, and for a run without
    weights.
    """
    run = store.run(reference)
    methods = methods_of(request)
    loaded = load_model(store, run, request.weights, device)
    choice = _choice(store, run, request, loaded.sha256)
    samples = choice.samples
    images = np.stack([image_of(store, run, sample) for sample in samples])
    probabilities = _probabilities(loaded, images)
    targets = _targets(request, samples, probabilities)
    stored = {_place(key): key for key in store.tensor_keys(run.id, EXPLANATION)}
    jobs, present = [], []
    skipped = [Skipped("images", reason) for reason in choice.lacking]
    for method in methods:
        optional = not (request.methods or request.layers or method in request.options)
        options = dict(options_of(method)) | dict(request.options.get(method, {}))
        try:
            layers = _layers(loaded, method, request.layers)
        except InputError as error:
            if not optional:
                raise
            skipped.append(Skipped(method, str(error)))
            continue
        output = request.output or output_of(method)
        wanted = wanted_of(loaded, seed=request.seed, output=output, options=options)
        for layer in layers:
            lacking = []
            for place, sample in enumerate(samples):
                target = CLASS_NAMES[targets[place]]
                there = stored.get((method, layer, sample.name, target, request.weights))
                if there is None or request.force or not is_made_with(there, wanted):
                    lacking.append(place)
                else:
                    present.append(there)
            jobs.append(Job(method, layer, options, tuple(lacking), optional))
    return Plan(
        run, request, loaded, samples, images, probabilities, targets, tuple(jobs),
        tuple(present), tuple(skipped),
    )  # fmt: skip


def _layers(loaded: LoadedModel, method: str, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return the full names of the layers that a method is asked about; empty means pixels."""
    if not has_layer(method):
        return ("",)
    default = inspect.signature(EXPLAINERS[method].explain).parameters["layer"].default
    with untouched(loaded.model):
        names = [resolve(loaded.model, name) if name else "" for name in asked or (default,)]
    return tuple(dict.fromkeys(names))


def _choice(store: RunStore, run: Run, request: Request, sha256: str) -> choosing.Choice:
    drawing = request.per_class is not None or request.correct or request.wrong or request.split
    if request.samples is not None and drawing:
        raise InputError(
            f"samples {request.samples} are named, so none are drawn; leave out --per-class, "
            "--correct, --wrong and --split"
        )
    if request.samples is not None:
        return choosing.Choice(named(store, run, request.samples))
    kinds = (choosing.RIGHT,) * request.correct + (choosing.WRONG,) * request.wrong
    if request.per_class is None and not kinds:
        kinds = (choosing.RIGHT, choosing.WRONG)
    return choosing.drawn(
        store,
        run,
        request.split or VALIDATION,
        per_class=1 if request.per_class is None else request.per_class,
        kinds=kinds,
        weights=request.weights,
        checkpoint_sha256=sha256,
        seed=request.seed,
    )


def _probabilities(loaded: LoadedModel, images: np.ndarray) -> np.ndarray:
    device = loaded.device.torch_device
    with untouched(loaded.model), torch.no_grad():
        parts = [loaded.model(part.to(device)) for part in torch.from_numpy(images).split(256)]
        return torch.cat(parts).softmax(1).cpu().numpy()


def _targets(request: Request, samples: Sequence[Sample], probabilities: np.ndarray) -> np.ndarray:
    if request.targets == PREDICTED:
        return probabilities.argmax(1)
    labels = np.array([sample.label for sample in samples])
    if request.targets != TRUE:
        return np.full_like(labels, class_index(request.targets))
    if (labels == UNLABELLED).any():
        name = samples[int((labels == UNLABELLED).argmax())].name
        raise InputError(f"targets is 'true', but {name} has no label; use predicted or a class")
    return labels


def _place(key: TensorKey) -> tuple[str, ...]:
    return key.method, key.layer, key.sample, key.target, key.weights
