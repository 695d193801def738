"""A data set's arrays on disk: ``datasets/<fingerprint>/`` beside the store's file.

Written to a temporary folder, synced, then renamed: a folder with its final name is complete.
"""

import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from fer_core.errors import InputError
from fer_core.files import sync
from fer_core.fingerprints import split_fingerprint
from fer_core.records import CLASS_NAMES, IMAGE_SIZE, UNLABELLED, DatasetArrays
from fer_core.store.errors import StoreError, full_disk

IMAGES, LABELS, REGIONS, NAMES = "images", "labels", "regions", "names"
GROUPS, NEAR, FLAGS = "groups", "near", "flags"  # what the audit found

_TEMPORARY = re.compile(r"\.new-(\d+)-[0-9a-f]+")
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


def write(folder: Path, arrays: DatasetArrays) -> Path:
    """Write the arrays to a synced temporary folder inside `folder` and return it.

    Raises StoreError, leaving nothing behind, when the disk is full.
    """
    parts: dict[str, dict[str, np.ndarray]] = {}
    for name, split in arrays.splits.items():
        parts[name] = {
            IMAGES: split.images,
            LABELS: split.labels,
            GROUPS: np.asarray(arrays.identical_groups[name], dtype=np.int32),
            NEAR: np.asarray(arrays.near_groups[name], dtype=np.int32),
            FLAGS: np.asarray(arrays.flags[name], dtype=np.uint16),
        }
        if split.regions is not None:
            parts[name][REGIONS] = split.regions
    return write_parts(folder, parts, {name: each.names for name, each in arrays.splits.items()})


def write_parts(
    folder: Path,
    parts: Mapping[str, Mapping[str, np.ndarray]],
    names: Mapping[str, Sequence[str]],
) -> Path:
    """Like `write`, with the parts of each split by their names; images may be absent."""
    temporary = folder / f".new-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        temporary.mkdir(parents=True)
        for split, arrays in parts.items():
            for part, array in arrays.items():
                _write_array(temporary / f"{split}.{part}.npy", array)
            _write_text(temporary / f"{split}.{NAMES}.json", json.dumps(list(names[split])))
        sync(temporary)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise full_disk(folder, error.strerror or error) from None
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return temporary


def publish(temporary: Path, final: Path) -> None:
    """Give a written folder its final name, in place of a damaged one if there is one."""
    if final.exists():
        damaged = temporary.with_name(f"{temporary.name}0")
        final.rename(damaged)
        temporary.rename(final)
        shutil.rmtree(damaged, ignore_errors=True)
    else:
        temporary.rename(final)
    sync(final.parent)


def is_whole(final: Path, arrays: DatasetArrays) -> bool:
    """Tell whether the folder holds images and labels with the fingerprints of `arrays`."""
    return has_images(final) and not damaged_splits(final, arrays.fingerprints)


def has_images(final: Path) -> bool:
    """Tell whether there are images of any split; a data set that came with runs may have none."""
    return any(final.glob(f"*.{IMAGES}.npy"))


def damaged_splits(final: Path, fingerprints: Any) -> list[str]:
    """Return the splits whose files are missing, cut off, or hold other images or labels.

    Of a data set without any images, labels cannot be told from others.
    """
    damaged = []
    pictured = has_images(final)
    for name, fingerprint in fingerprints.items():
        try:
            found = [load(final, name, part) for part in (LABELS, GROUPS, NEAR, FLAGS)]
            lengths = {len(load_names(final, name)), *map(len, found)}
            images = load(final, name, IMAGES) if pictured else None
            if images is not None:
                lengths.add(len(images))
            if len(lengths) > 1 or (
                images is not None and split_fingerprint(images, found[0]) != fingerprint
            ):
                damaged.append(name)
        except (StoreError, InputError, TypeError):
            damaged.append(name)
    return damaged


def load(final: Path, split: str, part: str) -> np.ndarray:
    """Return one array, memory-mapped and read-only."""
    path = array_path(final, split, part)
    try:
        return np.lib.format.open_memmap(path, mode="r").view(np.ndarray)
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise _unreadable(path, error) from None


def load_names(final: Path, split: str) -> tuple[str, ...]:
    """Return the source names of a split's images."""
    path = final / f"{_safe(split)}.{NAMES}.json"
    try:
        return tuple(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(path, error) from None


def has_part(final: Path, split: str, part: str) -> bool:
    """Tell whether there is such an array (`REGIONS` exist for synthetic faces only)."""
    return array_path(final, split, part).exists()


def array_path(final: Path, split: str, part: str) -> Path:
    """Return the file of an array."""
    return final / f"{_safe(split)}.{part}.npy"


def folder_name(fingerprint: str) -> str:
    """Return the folder's name; InputError for what cannot be one."""
    return _safe(fingerprint)


def temporary_owner(name: str) -> int | None:
    """Return the process id in a temporary folder's name, None for any other name."""
    match = _TEMPORARY.fullmatch(name)
    return int(match.group(1)) if match else None


def check_split(name: str, arrays: DatasetArrays) -> None:
    """Raise InputError unless shapes, types and values are as SplitArrays says."""
    _safe(name)
    split = arrays.splits[name]
    count = len(split.labels)
    side = (IMAGE_SIZE, IMAGE_SIZE)
    for what, array, dtype, shape in (
        ("images", split.images, np.uint8, (count, *side)),
        ("labels", split.labels, np.int8, (count,)),
        ("regions", split.regions, np.uint8, (count, *side)),
    ):
        if what == "regions" and array is None:
            continue
        if array is None or array.dtype != dtype or array.shape != shape:
            given = "nothing" if array is None else f"{array.dtype} {array.shape}"
            raise InputError(f"{name}: {what} are {given}; give {np.dtype(dtype)} {shape}")
    for what in ("identical_groups", "near_groups", "flags"):
        found = getattr(arrays, what).get(name)
        if found is None or found.shape != (count,):
            raise InputError(f"{name}: {what} do not have the shape ({count},)")
    if len(split.names) != count:
        raise InputError(f"{name}: {len(split.names)} names for {count} images")
    if count and not (split.labels.min() >= UNLABELLED and split.labels.max() < len(CLASS_NAMES)):
        raise InputError(f"{name}: labels go from {split.labels.min()} to {split.labels.max()}")


def _write_array(path: Path, array: np.ndarray) -> None:
    contiguous = np.ascontiguousarray(array)

    def store(file: BinaryIO) -> None:
        # write_array uses tofile(), whose short writes say nothing of the reason.
        np.lib.format.write_array_header_1_0(
            file, np.lib.format.header_data_from_array_1_0(contiguous)
        )
        file.write(contiguous.data)

    _write(path, store)


def _write_text(path: Path, text: str) -> None:
    _write(path, lambda file: file.write(text.encode()))


def _write(path: Path, store: Callable[[BinaryIO], object]) -> None:
    with path.open("xb") as file:
        store(file)
        file.flush()
        os.fsync(file.fileno())


def _safe(name: str) -> str:
    if not isinstance(name, str) or not _SAFE.fullmatch(name):
        raise InputError(f"{name!r} cannot name a data set's split or folder")
    return name


def _unreadable(path: Path, error: BaseException) -> StoreError:
    reason = getattr(error, "strerror", None) or (str(error).splitlines() or ["damaged"])[0]
    return StoreError(
        f"cannot read {path} ({reason}); import the data set again with: fer-core data import"
    )
