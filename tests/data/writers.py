"""Write arrays as the forms that the readers know, and small seeded data to write."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from fer_core.data.formats import read
from fer_core.data.readers import ReadOptions
from fer_core.errors import InputError
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


def column_csv(
    split: SplitArrays, columns: str, pixels: str = "", label: str = "", id: str = ""
) -> str:
    """A csv with columns by what they hold: pixels, label, id."""
    rows = [columns]
    for number, (image, value) in enumerate(zip(split.images, split.labels, strict=True)):
        text = " ".join(map(str, image.ravel().tolist()))
        held = {pixels: text, label: str(value), id: str(number)}
        rows.append(",".join(held[column.strip()] for column in columns.split(",")))
    return "\n".join([*rows, ""])


def folder_members(
    splits: Mapping[str, SplitArrays],
    top: str = "",
    kind: str = "PNG",
    folders: Sequence[str] = FOLDERS,
) -> dict[str, bytes]:
    """One folder a class, in one folder a split; in the order of the arrays."""
    return {
        f"{top}{name}/{folders[label]}/{number:05d}.{kind.lower()}": encoded(
            Image.fromarray(image), kind, lossless=True
        )
        for name, split in splits.items()
        for number, (image, label) in enumerate(zip(split.images, split.labels, strict=True))
    }


def course_members(splits: Mapping[str, SplitArrays], top: str = "") -> dict[str, bytes]:
    """The course's form of 2019 fall."""
    members = {
        f"{top}{name}_img/{number:05d}.png": png(image)
        for name, split in splits.items()
        for number, image in enumerate(split.images)
    }
    rows = [f"{number},{label}" for number, label in enumerate(splits[TRAIN].labels)]
    return members | {f"{top}train.csv": "\n".join(["id,label", *rows, ""]).encode()}


def parquet_bytes(
    images: Sequence[bytes | None],
    labels: Sequence[object] | pa.Array | None,
    names: Sequence[str] = (),
    struct: bool = True,
    **options: object,
) -> bytes:
    """A parquet file as Hugging Face's `datasets` writes it; names: of the numbers of labels."""
    image = pa.array(images, pa.binary())
    if struct:
        paths = pa.array([None] * len(images), pa.string())
        image = pa.StructArray.from_arrays([image, paths], ["bytes", "path"])
    table = pa.table({"image": image} | ({} if labels is None else {"label": labels}))
    if names:
        feature = {"names": list(names), "_type": "ClassLabel"}
        info = {"info": {"features": {"image": {"_type": "Image"}, "label": feature}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(info)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


def parquet_members(splits: Mapping[str, SplitArrays]) -> dict[str, bytes]:
    """A folder of parquet: names of classes in the metadata, in alphabetical order."""
    names = sorted(FOLDERS)
    return {
        f"data/{name}-00000-of-00001.parquet": parquet_bytes(
            [png(image) for image in split.images],
            [names.index(FOLDERS[label]) for label in split.labels],
            names,
        )
        for name, split in splits.items()
    }


def written(folder: Path, content: str | bytes, name: str = "faces.bin") -> Path:
    """A file whose name says nothing: forms are found by content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path, **options: str) -> str:
    """Why a file is refused, in one line that names it first."""
    with pytest.raises(InputError) as caught:
        read(path, options=ReadOptions(**options))
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(str(path))
    return message.removeprefix(f"{path}: ")
