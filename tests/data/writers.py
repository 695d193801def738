"""Write arrays as the forms that the readers know, and small seeded data to write."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from fer_core.records import TEST, TRAIN, VALIDATION, SplitArrays

USAGES = {TRAIN: "Training", VALIDATION: "PublicTest", TEST: "PrivateTest"}
FOLDERS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def random_splits(counts: Mapping[str, int] | None = None, seed: int = 0) -> dict[str, SplitArrays]:
    """Noise with random labels, in the order in which an archive's paths sort."""
    random = np.random.default_rng(seed)
    splits = {}
    for split, count in (counts or {TRAIN: 7, VALIDATION: 3, TEST: 3}).items():
        images = random.integers(0, 256, (count, 48, 48), dtype=np.uint8)
        labels = random.integers(0, 7, count).astype(np.int8)
        names = [member(split, int(label), i) for i, label in enumerate(labels)]
        order = np.argsort(names)
        splits[split] = SplitArrays(images[order], labels[order], tuple(sorted(names)))
    return splits


def member(split: str, label: int, number: int, suffix: str = "png") -> str:
    folder = "train" if split == TRAIN else "test"
    return f"{folder}/{FOLDERS[label]}/{USAGES[split]}_{number:04d}.{suffix}"


def png(pixels: np.ndarray, **options: object) -> bytes:
    return encoded(Image.fromarray(pixels), "PNG", **options)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def members_of(splits: Mapping[str, SplitArrays], top: str = "") -> dict[str, bytes]:
    """The archive's files: names to bytes."""
    return {
        top + name: png(image)
        for split in splits.values()
        for name, image in zip(split.names, split.images, strict=True)
    }


def write_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def write_folder(path: Path, members: Mapping[str, bytes]) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, content in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def row(image: np.ndarray, label: object, usage: str) -> str:
    return f"{label},{' '.join(map(str, image.ravel().tolist()))},{usage}"


def csv_text(splits: Mapping[str, SplitArrays], header: str = "emotion,pixels,Usage") -> str:
    rows = [
        row(image, label, USAGES[name])
        for name, split in splits.items()
        for image, label in zip(split.images, split.labels, strict=True)
    ]
    return "\n".join([header, *rows, ""])
