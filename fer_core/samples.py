"""Images of a run's data set by their names."""

from dataclasses import dataclass

import numpy as np

from fer_core.errors import InputError
from fer_core.records import Run
from fer_core.store import RunStore


@dataclass(frozen=True)
class Sample:
    """An image of a run's data set. split, index: as in its source; label: 0..6, -1 without."""

    split: str
    index: int
    label: int

    @property
    def name(self) -> str:
        return f"{self.split}:{self.index}"


def named(store: RunStore, run: Run, text: str) -> tuple[Sample, ...]:
    """Return the images of ``test:12,train:5566``, in this order, each once; source names will do
    as well."""
    data = run.dataset_fingerprint
    places = [store.sample(data, part) for part in text.split(",") if part.strip()]
    if not places:
        raise InputError(f"samples is {text!r}; name images, as test:12,train:5566")
    return tuple(
        Sample(split, index, int(store.labels(data, split)[index]))
        for split, index in dict.fromkeys(places)
    )


def image_of(store: RunStore, run: Run, sample: Sample) -> np.ndarray:
    """Return the image (1, 48, 48) float32 in [0, 1]."""
    pixels = store.images(run.dataset_fingerprint, sample.split, [sample.index])
    return pixels.astype(np.float32) / 255
