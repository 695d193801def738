"""What runs make of images that belong to no stored data set."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch

from fer_core.data.photo import Face, Photo
from fer_core.errors import InputError
from fer_core.loading import load_model
from fer_core.records import CLASS_NAMES, Run, TensorRecord
from fer_core.store import RunStore
from fer_core.train import predict_probabilities
from fer_core.views import check_averaging

PHOTO = "photo"  # the kind under which photos are kept


class RunPredictions(NamedTuple):
    """One run's answer. probabilities: (N, 7) float32, rows sum to 1; checkpoint_sha256: of the
    weights, which are those after `epoch`."""

    run: Run
    weights: str
    averaging: str
    epoch: int
    checkpoint_sha256: str
    probabilities: np.ndarray


def find_runs(store: RunStore, references: Sequence[str]) -> list[Run]:
    """Return the runs in this order; raises InputError for an unknown one and for one named twice,
    whose voice would count double in the ensemble."""
    runs = [store.run(reference) for reference in references]
    for place, run in enumerate(runs):
        if run in runs[:place]:
            raise InputError(f"run {run.name!r} is named twice; name each run once")
    return runs


def predict(
    store: RunStore,
    runs: Sequence[Run],
    images: np.ndarray,
    *,
    weights: str = "best",
    averaging: str = "none",
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> list[RunPredictions]:
    """Return what each run makes of images (N, 48, 48) uint8. Nothing is written.

    weights: ``best`` (by validation accuracy) or ``last``; averaging: one of AVERAGINGS;
    `progress` is told (runs done, all runs).
    """
    check_averaging(averaging)
    answers = []
    for done, run in enumerate(runs):
        if progress:
            progress(done, len(runs))
        loaded = load_model(store, run, weights, device)
        pixels = torch.tensor(images, device=loaded.device.torch_device).unsqueeze(1)
        probabilities = predict_probabilities(
            loaded.model, pixels, loaded.device, averaging=averaging
        )
        answers.append(
            RunPredictions(
                run, weights, averaging, loaded.epoch, loaded.sha256, probabilities.cpu().numpy()
            )
        )
    return answers


def ensemble(answers: Sequence[RunPredictions]) -> np.ndarray:
    """Return the mean of the runs' probabilities: (N, 7) float32, rows sum to 1."""
    voices = np.stack([each.probabilities for each in answers])
    return voices.mean(axis=0, dtype=np.float64).astype(np.float32)


def sample_name(photo: Photo, number: int) -> str:
    """Return the name of a photo's face; faces count from 1, from left to right."""
    return f"{photo.name}#{number}"


def keep(
    store: RunStore, photos: Sequence[Photo], answers: Sequence[RunPredictions]
) -> tuple[str, ...]:
    """Store each face with what each run makes of it, among that run's tensors; return the faces'
    names.

    A tensor's array is the (48, 48) uint8 crop, its method the averaging, its target the beginning
    of the file's SHA-256: another photo under the same name does not replace it.
    """
    faces = [
        (sample_name(photo, number), photo, face)
        for photo in photos
        for number, face in enumerate(photo.faces, 1)
    ]
    for answer in answers:
        for (sample, photo, face), row in zip(faces, answer.probabilities, strict=True):
            store.add_tensor(answer.run.id, _record(answer, sample, photo, face, row))
    return tuple(sample for sample, _, _ in faces)


def _record(
    answer: RunPredictions, sample: str, photo: Photo, face: Face, row: np.ndarray
) -> TensorRecord:
    return TensorRecord(
        kind=PHOTO,
        array=face.pixels,
        method=answer.averaging,
        sample=sample,
        target=photo.sha256[:12],
        weights=answer.weights,
        provenance={
            "probabilities": dict(zip(CLASS_NAMES, map(float, row), strict=True)),
            "box": list(face.box),
            "weights": answer.weights,
            "averaging": answer.averaging,
            "epoch": answer.epoch,
            "checkpoint_sha256": answer.checkpoint_sha256,
            "file_sha256": photo.sha256,
        },
    )
