"""What the GPU scripts share: FER2013 as arrays, kept beside the results, and their JSON.

Without the store: torch, numpy, scipy, pillow, rich and safetensors are enough for all of them.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2]))  # fer_core need not be installed
sys.path.insert(0, str(Path(__file__).parents[1]))
from measuring import machine

from fer_core.config import RunConfig
from fer_core.data.division import divide
from fer_core.data.importer import import_data
from fer_core.data.synthetic import synthesise
from fer_core.device import Device, choose_device
from fer_core.errors import InputError
from fer_core.files import write_atomically, writing_atomically
from fer_core.records import TEST, TRAIN, VALIDATION, DatasetArrays
from fer_core.train import TrainingData, TrainingState

SPLITS = (TRAIN, VALIDATION, TEST)  # of FER2013: Training, PublicTest, PrivateTest


class Faces(NamedTuple):
    """images: by split (N, 48, 48) uint8; labels: by split (N,) int8; flags: of train, (N,)
    uint16; fingerprint: of them all."""

    images: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    flags: np.ndarray
    fingerprint: str


def read_faces(source: Path, folder: Path) -> Faces:
    """Read FER2013 in any form that is known; `faces.npz` in `folder` keeps the arrays, so that
    they are decoded and audited once."""
    kept = folder / "faces.npz"
    if not kept.exists():
        with writing_atomically(kept) as file:
            np.savez(file, **_entries(import_data(source)))
    with np.load(kept) as entries:
        return _faces(entries)


def synthetic_faces(count: int) -> Faces:
    """Return synthetic faces: 80 % to train on, 10 % each for validation and test."""
    return _faces(_entries(synthesise(count)))


def device_for(*, smoke: bool, precision: str = "auto") -> Device:
    """Return the GPU, or with smoke the CPU; raises InputError where there is no GPU."""
    if not smoke and not torch.cuda.is_available():
        raise InputError("torch sees no GPU here; --smoke tries the script on the CPU")
    return choose_device("cpu" if smoke else "cuda", precision=precision)


def start(config: RunConfig, faces: Faces, device: Device) -> tuple[TrainingState, TrainingData]:
    """Return what `fit` takes, as `fer-core train` would: on the images that the recipe keeps."""
    labels = faces.labels[TRAIN]
    division = divide(config, labels, flags=lambda: faces.flags)
    left_out = np.concatenate([division.held_out, division.dropped])
    trained = np.setdiff1d(np.arange(len(labels)), left_out)
    images = faces.images[TRAIN][trained]
    validation = faces.images[VALIDATION], faces.labels[VALIDATION]
    data = TrainingData.on(device, (images, labels[trained]), validation)
    mean, deviation = images.mean() / 255, images.std() / 255
    return TrainingState.start(config, device, mean=mean, deviation=deviation), data


def this_machine(device: Device) -> dict[str, Any]:
    """Return what a reader needs to judge the numbers."""
    return machine() | {
        "device": device.name,
        "precision": device.precision,
        "torch": torch.__version__,
    }


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a document; whoever is cut off leaves the old one or the new one."""
    write_atomically(path, json.dumps(document, indent=2).encode())


def read_json(path: Path) -> dict[str, Any]:
    """Return a document, or an empty one where there is none yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def run(main: Callable[[], None]) -> None:
    """Run a script; wrong input is one line and exit code 2."""
    try:
        main()
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def _entries(found: DatasetArrays) -> dict[str, np.ndarray]:
    entries = {f"images {name}": found.splits[name].images for name in SPLITS}
    entries |= {f"labels {name}": found.splits[name].labels for name in SPLITS}
    return entries | {
        "flags": found.flags[TRAIN],
        "fingerprint": np.array(found.fingerprint),
    }


def _faces(entries: Any) -> Faces:
    images = {name: entries[f"images {name}"] for name in SPLITS}
    labels = {name: entries[f"labels {name}"] for name in SPLITS}
    return Faces(images, labels, entries["flags"], str(entries["fingerprint"]))
