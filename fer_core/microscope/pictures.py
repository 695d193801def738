"""What layers make of single images: their outputs, and dreams."""

from collections.abc import Iterator

import numpy as np

from fer_core.errors import InputError
from fer_core.explain.dream import check_dream, dream
from fer_core.explain.layers import LAST, layers_of
from fer_core.explain.outputs import filter_activations, layer_outputs
from fer_core.microscope.ascents import default_layers
from fer_core.microscope.work import Array, Job, Plan, Progress, Study, halved
from fer_core.records import DREAM, IMAGE_SIZE, LAYER_OUTPUTS, TensorRecord
from fer_core.samples import Sample, image_of, named


def plan_outputs(study: Study, *, samples: str, layers: tuple[str, ...] = ()) -> Plan:
    """Plan layers' own outputs (F, h, w) for images; with them, how strongly each filter answers.

    samples: as ``test:12,train:5566``; layers: () for `default_layers`. Raises InputError for
    whatever is wrong with it.
    """
    chosen = named(study.store, study.run, samples)
    names = dict.fromkeys(study.reach(each).layer for each in layers or default_layers(study))
    return study.plan([_outputs(study, sample, layer) for sample in chosen for layer in names])


def _outputs(study: Study, sample: Sample, layer: str) -> Job:
    array = Array(LAYER_OUTPUTS, layer=layer, sample=sample.name)
    model = study.loaded.model

    def make(_progress: Progress) -> Iterator[list[TensorRecord]]:
        image = image_of(study.store, study.run, sample)[None]
        values = halved(layer_outputs(model, image, layer)[0])
        activations = filter_activations(model, image, layer)[0]
        yield [study.record(array, values, activations=activations.tolist())]

    shape = next(each.output_shape for each in layers_of(model) if each.name == layer)
    return Job((array,), make, work=2, size=2 * int(np.prod(shape)))


def plan_dream(
    study: Study,
    *,
    samples: str,
    layer: str = LAST,
    octaves: int = 3,
    steps: int = 10,
    seed: int = 0,
) -> Plan:
    """Plan dreams (48, 48) of images. See `explain.dream.dream`."""
    check_dream((IMAGE_SIZE, IMAGE_SIZE), octaves=octaves, steps=steps, seed=seed)
    chosen = named(study.store, study.run, samples)
    reach = study.reach(layer)
    if not reach.has_places:
        raise InputError(f"layer {reach.layer!r} has no maps; name a convolution, e.g. last")
    options = {"octaves": octaves, "steps": steps}
    jobs = []
    for sample in chosen:
        array = Array(DREAM, layer=reach.layer, sample=sample.name, seed=seed, options=options)
        jobs.append(_dream(study, array, sample))
    return study.plan(jobs)


def _dream(study: Study, array: Array, sample: Sample) -> Job:
    def make(progress: Progress) -> Iterator[list[TensorRecord]]:
        image = image_of(study.store, study.run, sample)[0]
        values = dream(
            study.loaded.model,
            image,
            array.layer,
            seed=array.seed or 0,
            progress=progress,
            **array.options,
        )
        yield [study.record(array, values)]

    work = 3 * array.options["octaves"] * array.options["steps"]
    return Job((array,), make, work=work, size=4 * IMAGE_SIZE * IMAGE_SIZE)
