"""Which of a run's images: drawn class by class."""

import shlex
from typing import NamedTuple

import numpy as np

from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES, VALIDATION, EvaluationSplit, Run
from fer_core.samples import Sample
from fer_core.store import RunStore

RIGHT, WRONG = "right", "wrong"


class Choice(NamedTuple):
    """samples: each once; lacking: a line for each class of which there were too few."""

    samples: tuple[Sample, ...]
    lacking: tuple[str, ...] = ()


def drawn(
    store: RunStore,
    run: Run,
    split: str = VALIDATION,
    *,
    per_class: int = 1,
    kinds: tuple[str, ...] = (RIGHT, WRONG),
    weights: str = "best",
    checkpoint_sha256: str = "",
    seed: int = 0,
) -> Choice:
    """Draw images of each class, those of a class together.

    split: as it is called for this run; per_class: how many of each class and each of `kinds`:
    ``right``, ``wrong``, both, or () for any; weights, checkpoint_sha256: whose stored predictions
    say what is right.

    The seed and the number of images decide an order, and the first ones of it that fit are taken:
    what a run gets right changes no order, so that two runs share most images, and more a class
    are those and further ones. Raises InputError where nothing fits, for a split without labels,
    and for one whose predictions are not there or were made by other weights.
    """
    if per_class < 1:
        raise InputError(f"per-class is {per_class}; give 1 or more")
    images = store.evaluation_split(run.id, split)
    order = np.random.default_rng(seed).permutation(len(images.labels))
    fits = {"": np.ones(len(order), bool)}
    if kinds:
        right = _right(store, run, images, weights, checkpoint_sha256)
        fits = {kind: right if kind == RIGHT else ~right for kind in kinds}
    samples, lacking = [], []
    for label, class_name in enumerate(CLASS_NAMES):
        for kind, mask in fits.items():
            chosen = order[(mask & (images.labels == label))[order]][:per_class]
            samples += [Sample(images.source, int(images.indices[i]), label) for i in chosen]
            if len(chosen) < per_class:
                what = f"{kind} images" if kind else "images"
                lacking.append(f"{class_name} has {len(chosen)} {what} on {split}, not {per_class}")
    if not samples:
        what = " or ".join(kinds) + " image" if kinds else "image"
        raise InputError(
            f"run {run.name!r} has no {what} on {split} ({weights} weights); choose others"
        )
    return Choice(tuple(samples), tuple(lacking))


def _right(
    store: RunStore, run: Run, images: EvaluationSplit, weights: str, sha256: str
) -> np.ndarray:
    """Return (N,) bool: which images of the split the stored predictions get right."""
    predictions = store.predictions(run.id, images.name, weights)
    if predictions.checkpoint_sha256 != sha256:
        raise InputError(
            f"the predictions of run {run.name!r} on {images.name} are by other {weights} weights "
            f"(epoch {predictions.epoch}); make them anew with: fer-core evaluate "
            f"{shlex.quote(run.name)} --split {images.name} --weights {weights}"
        )
    return predictions.probabilities.argmax(axis=1) == images.labels
