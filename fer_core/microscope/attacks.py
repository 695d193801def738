"""Images that the model takes for something else, and how its accuracy falls when attacked."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from fer_core.data.classes import class_index, known_names
from fer_core.errors import InputError
from fer_core.explain.adversarial import ATTACKS, robustness, smallest_epsilon
from fer_core.explain.checks import check_epsilon, check_seed
from fer_core.explain.options import one_of, whole
from fer_core.explain.untouched import untouched
from fer_core.microscope.splits import images_of, pixels_of
from fer_core.microscope.work import Array, Job, Plan, Progress, Study
from fer_core.records import (
    ADVERSARIAL,
    CLASS_NAMES,
    IMAGE_SIZE,
    ROBUSTNESS,
    UNLABELLED,
    VALIDATION,
    TensorRecord,
)
from fer_core.samples import Sample, image_of, named

FGSM, PGD = "fgsm", "pgd"
EPSILONS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # grey levels
PGD_STEPS = 10
MOST, PRECISION = 64.0, 0.1  # of the search for the smallest epsilon, grey levels
# Forward passes of that search, about; a step of an attack is three.
_TRIES = 18


def plan_adversarial(
    study: Study,
    *,
    samples: str | None = None,
    attack: str = FGSM,
    epsilon: float = 8.0,
    target: str = "",
    curve: bool = False,
    split: str = VALIDATION,
    most: int | None = None,
    seed: int = 0,
) -> Plan:
    """Plan attacks on images, each with its smallest epsilon, and the accuracy against epsilon.

    samples: as ``test:12,train:5566``, or None; attack: ``fgsm`` or ``pgd``; epsilon: grey levels;
    target: the class to be led to, empty for away from the true class, or from the predicted one
    of an image without a label; curve: whether the accuracy at EPSILONS is wanted, on `most`
    images of `split` that the seed draws, None for all. Raises InputError for whatever is wrong
    with it.
    """
    one_of("attack", attack, tuple(ATTACKS))
    check_seed(seed)
    check_epsilon(epsilon)
    aimed_at = class_index(target) if target else None
    if target and aimed_at is None:
        raise InputError(f"target is {target!r}; use a class: {known_names()}")
    jobs = []
    for sample in named(study.store, study.run, samples) if samples is not None else ():
        array = Array(
            ADVERSARIAL,
            attack,
            sample=sample.name,
            target="" if aimed_at is None else CLASS_NAMES[aimed_at],
            seed=seed if attack == PGD else None,
            options={"epsilon": epsilon, "most": MOST, "precision": PRECISION, **_options(attack)},
        )
        jobs.append(_adversarial(study, array, sample, aimed_at))
    if curve:
        jobs.append(_robustness(study, attack, split, most, seed))
    return study.plan(jobs)


def _adversarial(study: Study, array: Array, sample: Sample, aimed_at: int | None) -> Job:
    def make(_progress: Progress) -> Iterator[list[TensorRecord]]:
        model = study.loaded.model
        image = image_of(study.store, study.run, sample)[None]
        before = _probabilities(study, image)
        true = before.argmax() if sample.label == UNLABELLED else sample.label
        classes = np.array([true if aimed_at is None else aimed_at])
        way: dict[str, Any] = {"targeted": aimed_at is not None, **_drawn(array)}
        changed = ATTACKS[array.method](
            model, image, classes, epsilon=array.options["epsilon"], **way
        )
        smallest = smallest_epsilon(
            model, image, classes, attack=array.method, most=MOST, precision=PRECISION, **way
        )
        least = float(smallest.epsilons[0])
        levels = np.concatenate([image, changed])[:, 0] * np.float32(255)
        yield [
            study.record(
                array,
                levels,
                epsilon=array.options["epsilon"],
                smallest_epsilon=least if math.isfinite(least) else None,
                away_from=None if aimed_at is not None else CLASS_NAMES[classes[0]],
                true=None if sample.label == UNLABELLED else CLASS_NAMES[sample.label],
                before=before.tolist(),
                after=_probabilities(study, changed).tolist(),
            )
        ]

    return Job(
        (array,),
        make,
        work=3 * _TRIES * array.options.get("steps", 1),
        size=2 * 4 * IMAGE_SIZE * IMAGE_SIZE,
    )


def _robustness(study: Study, attack: str, split: str, most: int | None, seed: int) -> Job:
    if most is not None:
        whole("images", most, 1)
    images = images_of(study, split, most=most, seed=seed, needs_labels=True)
    count = len(images.indices)
    array = Array(
        ROBUSTNESS,
        attack,
        sample=split,
        seed=seed,
        options={"epsilons": EPSILONS, "images": most, **_options(attack)},
    )

    def make(progress: Progress) -> Iterator[list[TensorRecord]]:
        accuracy = robustness(
            study.loaded.model,
            pixels_of(study, images),
            images.labels.astype(np.int64),
            EPSILONS,
            attack=attack,
            progress=progress,
            **_drawn(array),
        )
        values = np.stack([np.array(EPSILONS), accuracy], axis=1)
        more = {"source": images.source, "n": count, "fingerprint": images.fingerprint}
        yield [study.record(array, values, **more)]

    steps = array.options.get("steps", 1)
    return Job((array,), make, work=3 * count * len(EPSILONS) * steps, size=16 * len(EPSILONS))


def _options(attack: str) -> dict[str, int]:
    return {"steps": PGD_STEPS} if attack == PGD else {}


def _drawn(array: Array) -> dict[str, int]:
    """Return the options of an attack: one that draws random numbers takes a seed."""
    options = _options(array.method)
    return options | {"seed": array.seed or 0} if array.method == PGD else options


def _probabilities(study: Study, images: np.ndarray) -> np.ndarray:
    """Return (7,) float32 of one image (1, 1, 48, 48)."""
    pixels = torch.from_numpy(images).to(study.loaded.device.torch_device)
    with untouched(study.loaded.model), torch.no_grad():
        return study.loaded.model(pixels).softmax(1)[0].cpu().numpy()
