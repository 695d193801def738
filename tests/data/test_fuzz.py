"""Thousands of damaged files through all readers: each is read, or refused in one line."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_core.data.formats import read
from fer_core.data.readers import Read, ReadOptions
from fer_core.data.readers.pixel_csv import LAYOUTS
from fer_core.errors import InputError
from fer_core.records import IMAGE_SIZE, TEST, TRAIN, VALIDATION

from .writers import (
    FOLDERS,
    column_csv,
    course_members,
    csv_text,
    encoded,
    folder_members,
    members_of,
    parquet_bytes,
    png,
    random_splits,
    write_folder,
)

FILES_A_KIND = 350  # 2,450 in all
Random = np.random.Generator
Members = dict[str, bytes]

CLASSES = (
    "",
    "official",
    "alphabetical",
    "sad,happy,none",
    "wut=angry,sad=none",
    "official,7=none",
)
SPLITS = ("", "names", "folders")
# What a member may be renamed to, and what may stand at the beginning of a file.
NAMES = (
    "../a.png", "train/wut/Training_1.png", "train/3/x.png", "sad", "sad/", "a/b/c/d/sad/1.png",
    "train/sad/PublicTest_1.jpg", "Train/Sad/1.png", "__MACOSX/x", "test.parquet", "t/train.csv",
    "train_img/1.png", "x" * 300 + ".png", "sad/\x1b.png", "笑/高興/1.png", "sad/1.png/2.png",
)  # fmt: skip
HEADERS = (
    b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x24\0\0\0WEBPVP8X", b"BM", b"PK\x03\x04",
    b"PAR1", b"emotion,pixels,Usage\n", b"emotion, Usage, pixels\n", b"pixels\n", b"id,label\n",
    b"id,feature\n", b"label,feature\n", b"\xef\xbb\xbf", b"\0\0\0\0", b"",
)  # fmt: skip


def csv(random: Random) -> Members:
    layout = LAYOUTS[random.integers(len(LAYOUTS))]
    split = random_splits({TRAIN: 2}, int(random.integers(100)))[TRAIN]
    if layout.usage:
        return {"a.csv": csv_text({TRAIN: split}).encode()}
    held = {"pixels": layout.pixels, "label": layout.label, "id": layout.id}
    return {
        "a.csv": column_csv(split, ",".join(random.permutation(layout.columns)), **held).encode()
    }


def csv_pair(random: Random) -> Members:
    split = random_splits({TRAIN: 1}, int(random.integers(100)))[TRAIN]
    return {
        "train.csv": column_csv(split, "label,feature", pixels="feature", label="label").encode(),
        "test.csv": column_csv(split, "id,feature", pixels="feature", id="id").encode(),
    }


def kaggle(random: Random) -> Members:
    return members_of(random_splits({TRAIN: 2, VALIDATION: 1, TEST: 1}, int(random.integers(100))))


def classes(random: Random) -> Members:
    kind = ("PNG", "BMP", "WEBP")[random.integers(3)]
    folders = (FOLDERS, tuple("0123456"), ("wut", *FOLDERS[1:]))[random.integers(3)]
    splits = random_splits({TRAIN: 3, TEST: 1}, int(random.integers(100)))
    return folder_members(splits, kind=kind, folders=folders)


def course(random: Random) -> Members:
    return course_members(random_splits({TRAIN: 3, TEST: 1}, int(random.integers(100))))


def parquet(random: Random) -> Members:
    split = random_splits({TRAIN: 3}, int(random.integers(100)))[TRAIN]
    labels = [FOLDERS[label] for label in split.labels] if random.integers(2) else split.labels
    content = parquet_bytes(
        [png(image) for image in split.images],
        labels,
        () if isinstance(labels, list) else sorted(FOLDERS),
        bool(random.integers(2)),
        compression=("none", "snappy", "zstd", "gzip")[random.integers(4)],
        data_page_version=("1.0", "2.0")[random.integers(2)],
    )
    return {("train-0.parquet", "faces")[random.integers(2)]: content}


def picture(random: Random) -> Members:
    """One picture of any kind and mode, as folders of classes hold it."""
    size = (int(random.integers(1, 70)), int(random.integers(1, 70)))
    pixels = random.integers(0, 256, (*size, 3), dtype=np.uint8)
    kind = ("JPEG", "PNG", "WEBP", "BMP")[random.integers(4)]
    modes = {"JPEG": ("L", "RGB", "CMYK"), "PNG": ("L", "RGB", "P", "1", "LA", "RGBA", "I;16")}
    mode = random.choice(modes.get(kind, ("L", "RGB")))
    exif = Image.Exif()
    exif[0x0112] = int(random.integers(0, 10))
    image = Image.fromarray(pixels).convert("L" if mode == "I;16" else mode)
    options = {} if kind == "BMP" else {"exif": exif, "progressive": bool(random.integers(2))}
    return {"train/sad/1.png": encoded(image.convert(mode), kind, **options)}


MAKERS = (csv, csv_pair, kaggle, classes, course, parquet, picture)


def mutated(content: bytes, random: Random) -> bytes:
    """Change bytes, cut, repeat, insert, or put another form's beginning in its place."""
    data = bytearray(content)
    for _ in range(random.integers(1, 3)):
        # The beginning and the end, where most of a form's meaning is, as often as the middle.
        span = min(len(data), (80, len(data), len(data))[random.integers(3)])
        at = int(random.integers(span)) if span else 0
        at = len(data) - 1 - at if data and random.integers(4) == 0 else at
        end = at + int(random.integers(1, 40))
        match random.integers(8):
            case 0:
                data[at : at + 1] = random.bytes(1)
            case 1:
                if data:
                    data[at] ^= 1 << int(random.integers(8))
            case 2:
                del data[at:end]
            case 3:
                del data[at:]
            case 4:
                data[at:at] = data[at:end]
            case 5:
                data[at:end] = random.bytes(end - at)
            case 6:
                header = HEADERS[random.integers(len(HEADERS))]
                data[: len(header)] = header
            case 7:
                data[at:at] = (b",", b"\n", b"\0", b'"', b" ", b"9" * 50)[random.integers(6)]
    return bytes(data)


def changed(members: Members, random: Random) -> Members:
    """Change contents, swap them, rename, double or lose members."""
    members = dict(members)
    for _ in range(random.integers(1, 3)):
        if not members:
            break
        name, other = random.choice(sorted(members), 2)
        match random.integers(6):
            case 0 | 1:
                members[name] = mutated(members[name], random)
            case 2:
                members[name], members[other] = members[other], members[name]
            case 3:
                members[NAMES[random.integers(len(NAMES))]] = members.pop(name)
            case 4:
                members[NAMES[random.integers(len(NAMES))]] = members[name]
            case 5:
                del members[name]
    return members


def zipped(members: Members, random: Random) -> bytes:
    buffer = io.BytesIO()
    packing = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)[random.integers(2)]
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def damaged(folder: Path, members: Members, random: Random) -> Path:
    """Write a zip whose bytes, or whose members, are damaged; or a folder; or one file of it."""
    place = folder / "x"
    match random.integers(4):
        case 0:
            place.write_bytes(mutated(zipped(members, random), random))
        case 1:
            place.write_bytes(zipped(changed(members, random), random))
        case 2:
            name = random.choice(sorted(members))
            write_folder(place, members | {name: mutated(members[name], random)})
        case 3:
            content = next(iter(members.values()))
            place.write_bytes(mutated(content, random))
    return place


def outcome(path: Path, options: ReadOptions) -> str:
    """Return what became of it; an error that is no refusal fails the test."""
    try:
        found = read(path, options=options)
    except InputError as error:
        message = str(error)
    else:
        assert_sound(found)
        return found.form
    assert message.isprintable()
    assert message.startswith(str(path))
    assert "; " in message  # the next step
    assert len(message) < 1000
    return "refused"


def assert_sound(found: Read) -> None:
    assert found.splits
    assert set(found.splits) <= {TRAIN, VALIDATION, TEST}
    for name, split in found.splits.items():
        count = len(split.labels)
        assert count > 0
        assert split.images.shape == (count, IMAGE_SIZE, IMAGE_SIZE)
        assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.int8)
        assert len(set(split.names)) == len(split.names) == count
        assert all(name.isprintable() for name in split.names)
        assert set(split.labels.tolist()) <= set(range(7)) | ({-1} if name == TEST else set())


@pytest.mark.parametrize("make", MAKERS)
def test_what_is_damaged_is_read_or_refused_in_one_line(
    tmp_path: Path, make: Callable[[Random], Members]
) -> None:
    outcomes: dict[str, int] = {}
    for seed in range(FILES_A_KIND):
        random = np.random.default_rng((MAKERS.index(make), seed))
        folder = tmp_path / str(seed)
        folder.mkdir()
        options = ReadOptions(
            CLASSES[random.integers(len(CLASSES))] if seed % 3 == 0 else "",
            SPLITS[random.integers(len(SPLITS))],
        )
        path = damaged(folder, make(random), random)
        result = outcome(path, options)
        outcomes[result] = outcomes.get(result, 0) + 1
    # Else the damage is so light, or so heavy, that it tests nothing.
    assert FILES_A_KIND // 10 < outcomes["refused"] < FILES_A_KIND - 8, outcomes


@pytest.mark.parametrize("make", MAKERS)
def test_what_is_not_damaged_is_read(tmp_path: Path, make: Callable[[Random], Members]) -> None:
    options = ReadOptions("official,wut=angry")
    for seed in range(8):
        path = write_folder(tmp_path / str(seed), make(np.random.default_rng(seed)))
        if make is not picture:
            assert_sound(read(path, options=options))
        else:
            assert outcome(path, options) in ("class-folders", "refused")  # 16-bit grey is refused
