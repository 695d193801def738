"""What the images of a split say about a layer's filters."""

from collections.abc import Iterator

import numpy as np

from fer_core.explain.outputs import filter_similarity, top_images
from fer_core.explain.reaching import Reach
from fer_core.microscope.splits import SplitImages, batches, images_of
from fer_core.microscope.work import Array, Job, Progress, Study
from fer_core.records import FILTER_SIMILARITY, TOP_IMAGES, TensorRecord

TOP = 9
# Enough to tell how alike two filters answer: each image counts with all its places.
SIMILARITY_IMAGES = 1000


def top_images_of(study: Study, reach: Reach, split: str, images: SplitImages) -> Job:
    """Return the job of the images of a split that excite each filter most."""
    count = len(images.indices)
    array = Array(TOP_IMAGES, layer=reach.layer, sample=split, options={"k": TOP})

    def make(progress: Progress) -> Iterator[list[TensorRecord]]:
        top = top_images(study.loaded.model, batches(study, images, progress), reach.layer, k=TOP)
        # The index as in the source, so that source:index names the image.
        columns = [top.values[..., None], images.indices[top.indices][..., None], top.places]
        values = np.concatenate(columns, axis=2).astype(np.float32)
        yield [study.record(array, values, source=images.source, n=count)]

    return Job((array,), make, work=count, size=reach.filters * min(TOP, count) * 16)


def similarity_of(study: Study, reach: Reach, split: str) -> Job:
    """Return the job of how alike the filters of a layer answer to a drawn part of a split."""
    images = images_of(study, split, most=SIMILARITY_IMAGES)
    count = len(images.indices)
    array = Array(
        FILTER_SIMILARITY,
        layer=reach.layer,
        sample=split,
        options={"images": SIMILARITY_IMAGES, "seed": 0},
    )

    def make(progress: Progress) -> Iterator[list[TensorRecord]]:
        values = filter_similarity(
            study.loaded.model, batches(study, images, progress), reach.layer
        )
        yield [study.record(array, values, source=images.source, n=count)]

    return Job((array,), make, work=count, size=reach.filters**2 * 4)
