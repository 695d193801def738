"""What the filters of layers want, and the classes: images made by ascent, and those of a split."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from fer_core.errors import InputError
from fer_core.explain.class_images import class_images
from fer_core.explain.filters import (
    ALL,
    NOISE,
    ascend,
    at_once,
    check_ascent,
    indices_of,
    kernels,
)
from fer_core.explain.layers import LAST, layers_of
from fer_core.explain.options import one_of, whole
from fer_core.microscope.answers import similarity_of, top_images_of
from fer_core.microscope.splits import images_of, mean_image
from fer_core.microscope.work import Array, Job, Plan, Progress, Study, filters_in, halved
from fer_core.provenance import Skipped
from fer_core.records import (
    CLASS_IMAGES,
    CLASS_NAMES,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    IMAGE_SIZE,
    KERNELS,
    TRAIN,
    TensorRecord,
)
from fer_core.samples import image_of, named

MEAN_FACE, BOTH, NONE = "mean-face", "both", "none"
_CLASS_STARTS = {NOISE: (NOISE,), MEAN_FACE: (MEAN_FACE,), BOTH: (NOISE, MEAN_FACE), NONE: ()}
_FIRST, _DEFAULT = "conv1", ("conv1", "conv2", "conv6")
_DENSE = "dense1"  # of a network without convolutions
MOST_FILTERS, MOST_STEPS, _MOST_BYTES = 1024, 10_000, 500_000_000
_FRAME = IMAGE_SIZE * IMAGE_SIZE * 2  # bytes of a float16 image
_STEP = 3  # what a step costs, forward and back, in images run forward


def default_layers(study: Study) -> tuple[str, ...]:
    """Return conv1, conv2, conv6 where they are and the last convolution; without convolutions
    the first dense layer."""
    names = [layer.name for layer in layers_of(study.loaded.model)]
    if _FIRST in names:
        return (*(name for name in _DEFAULT if name in names), LAST)
    if _DENSE in names:
        return (_DENSE,)
    raise InputError(
        f"run {study.run.name!r} has no layer {_FIRST} or {_DENSE}; name some with --layers, as "
        f"{', '.join(names[:3])}"
    )


def plan_filters(
    study: Study,
    *,
    layers: tuple[str, ...] = (),
    style: str = "plain",
    steps: int = 200,
    record_every: int = 10,
    filters: tuple[int, ...] | None = None,
    start: str = NOISE,
    split: str = TRAIN,
    classes: str = BOTH,
    seed: int = 0,
) -> Plan:
    """Plan what filters want: ascended images, top images of a split, similarity, class images.

    layers: () for `default_layers`; style, steps, record_every, seed: as in `filters.ascend`;
    filters: which to ascend, None for all; start: ``noise`` or an image's name; split: where top
    images come from; classes: what class images start from, ``noise``, ``mean-face``, ``both`` or
    ``none``. Filters that are there already, made in the same way, are kept beside new ones. The
    first convolution's kernels are stored with its filters. Raises InputError for whatever is
    wrong with it.
    """
    whole("ascent-steps", steps, 1, MOST_STEPS)
    check_ascent(style=style, steps=steps, record_every=record_every, seed=seed)
    one_of("class-images", classes, tuple(_CLASS_STARTS))
    image, sample = None, ""
    if start != NOISE:
        samples = named(study.store, study.run, start)
        if len(samples) > 1:
            raise InputError(f"start is {start!r}; name one image, or {NOISE}")
        image, sample = image_of(study.store, study.run, samples[0])[0], samples[0].name
    shown = images_of(study, split)
    jobs, others, skipped = list[Job](), list[Job](), list[Skipped]()
    reached = {each.layer: each for each in map(study.reach, layers or default_layers(study))}
    options = {"steps": steps, "record_every": record_every}
    for layer, reach in reached.items():
        chosen = tuple(sorted(set(indices_of(ALL if filters is None else filters, reach))))
        _check_size(layer, len(chosen), steps // record_every + 1)
        arrays = tuple(
            Array(kind, style, layer, sample, seed=seed, options=options, filters=chosen)
            for kind in (FILTERS, FILTER_ACTIVATIONS)
        )
        jobs.append(_ascent(study, arrays, image))
        if layer == _FIRST:
            others.append(_kernels(study))
        others.append(top_images_of(study, reach, split, shown))
        if reach.filters <= MOST_FILTERS:
            others.append(similarity_of(study, reach, split))
        else:
            why = f"{layer} has {reach.filters} filters, and {MOST_FILTERS} are the most"
            skipped.append(Skipped(FILTER_SIMILARITY, why))
    others += [
        _class_images(study, style, steps, seed, class_start)
        for class_start in _CLASS_STARTS[classes]
    ]
    return study.plan([*jobs, *others], skipped)


def _check_size(layer: str, filters: int, recorded: int) -> None:
    if filters > MOST_FILTERS:
        raise InputError(
            f"layer {layer} has {filters} filters, and {MOST_FILTERS} are the most at once; name "
            "some with --filters, as 0,3,17"
        )
    size = filters * recorded * _FRAME
    if size > _MOST_BYTES:
        raise InputError(
            f"{filters} filters of {layer} at {recorded} steps take "
            f"{size / 1e6:.0f} MB, and {_MOST_BYTES / 1e6:.0f} MB is the most; use "
            "a larger --record-every, or name some with --filters"
        )


def _ascent(study: Study, arrays: tuple[Array, ...], image: np.ndarray | None) -> Job:
    of_images, of_values = arrays
    steps, record_every = (of_images.options[name] for name in ("steps", "record_every"))
    there = study.made(of_images) if study.made(of_values) else None
    kept = filters_in(there) if there else []
    todo = [each for each in of_images.filters if study.force or each not in kept]

    def make(progress: Progress) -> Iterator[list[TensorRecord]]:
        # By filter: images (S, 48, 48), values (S,), and whether it is dead.
        found: dict[int, tuple[np.ndarray, np.ndarray, bool]] = {}
        if there:
            dead = filters_in(there, "dead")
            rows = zip(kept, study.read(of_images).array, study.read(of_values).array, strict=True)
            found = {filter_: (images, values, filter_ in dead) for filter_, images, values in rows}
        size = at_once(study.loaded.device.torch_device.type)
        for first in range(0, len(todo), size):
            part = todo[first : first + size]
            ascent = ascend(
                study.loaded.model,
                of_images.layer,
                filters=part,
                start=NOISE if image is None else image,
                steps=steps,
                record_every=record_every,
                style=of_images.method,
                seed=of_images.seed or 0,
                progress=partial(_told, progress, first, len(part), len(todo)),
            )
            for filter_, images, values, dead in zip(
                part, ascent.images, ascent.activations, ascent.dead, strict=True
            ):
                found[filter_] = halved(images), values, bool(dead)
            yield _ascended(study, arrays, found, ascent.steps)

    recorded = steps // record_every + 1
    return Job(
        arrays, make, work=len(todo) * steps * _STEP, size=len(todo) * recorded * (_FRAME + 4)
    )


def _told(progress: Progress, before: int, part: int, whole: int, done: int, of: int) -> None:
    """Tell how far a layer is while `part` of its filters, after `before` others, climb."""
    progress(before * of + part * done, whole * of)


def _ascended(
    study: Study,
    arrays: Sequence[Array],
    found: dict[int, tuple[np.ndarray, np.ndarray, bool]],
    steps: np.ndarray,
) -> list[TensorRecord]:
    ordered = sorted(found)
    more = {
        "filters": ordered,
        "dead": [filter_ for filter_ in ordered if found[filter_][2]],
        "steps": steps.tolist(),
    }
    return [
        study.record(array, np.stack([found[filter_][part] for filter_ in ordered]), **more)
        for part, array in enumerate(arrays)
    ]


def _kernels(study: Study) -> Job:
    array = Array(KERNELS, layer=_FIRST)
    values = kernels(study.loaded.model, _FIRST)

    def make(_progress: Progress) -> Iterator[list[TensorRecord]]:
        yield [study.record(array, values)]

    return Job((array,), make, work=0, size=values.nbytes)


def _class_images(study: Study, style: str, steps: int, seed: int, start: str) -> Job:
    array = Array(CLASS_IMAGES, style, sample=start, seed=seed, options={"steps": steps})

    def make(progress: Progress) -> Iterator[list[TensorRecord]]:
        face = mean_image(study, images_of(study, TRAIN)) if start == MEAN_FACE else NOISE
        found = class_images(
            study.loaded.model, start=face, steps=steps, style=style, seed=seed, progress=progress
        )
        yield [study.record(array, found.images, probabilities=found.probabilities.tolist())]

    size = len(CLASS_NAMES) * _FRAME * 2
    return Job((array,), make, work=len(CLASS_NAMES) * steps * _STEP, size=size)
