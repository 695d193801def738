"""A data set as a shared file holds it: its arrays, checked against each other."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from fer_core.fingerprints import dataset_fingerprint, split_fingerprint
from fer_core.records import (
    AUDIT_FLAGS,
    CLASS_NAMES,
    IMAGE_SIZE,
    REGION_NAMES,
    UNLABELLED,
    Dataset,
)
from fer_core.store import codec
from fer_core.store import dataset_files as files
from fer_core.store.bundles.archive import Archive, array_name
from fer_core.store.bundles.checking import BadFile
from fer_core.store.bundles.known_arrays import check_preview
from fer_core.store.datasets import dataset_of, split_rows
from fer_core.store.errors import StoreError


def read_array(archive: Archive, sha256: str) -> np.ndarray:
    """Return an array whose type and shape are as the manifest says; BadFile for any other."""
    name = array_name(sha256)
    content = archive.read(name)
    member = archive.members[name]
    try:
        array = codec.decode(content)
    except StoreError as error:
        reason = str(error).removeprefix("a stored array is damaged ")
        raise BadFile(f"{name} is no plain array {reason}") from None
    if array.dtype.str != member["dtype"] or list(array.shape) != member["shape"]:
        raise BadFile(
            f"{name} is {array.dtype.str} {array.shape}, not {member['dtype']} "
            f"({', '.join(map(str, member['shape'] or ()))})"
        )
    return array


def check_array(
    array: np.ndarray, dtype: type, shape: tuple[int, ...], low: int, high: int, where: str
) -> np.ndarray:
    """Return the array if it is of this type and shape and its values are in the range."""
    if array.dtype != dtype or array.shape != shape:
        raise BadFile(f"{where} are {array.dtype} {array.shape}, not {np.dtype(dtype)} {shape}")
    if array.size and not (array.min() >= low and array.max() <= high):
        raise BadFile(f"{where} go from {array.min()} to {array.max()}, not {low} to {high}")
    return array


class SharedDataset:
    """A data set of a file. `parts` by split and part; `row`: what the store's row says of it.

    Answers what the store's data sets answer, so that runs can be checked before anything is
    written.
    """

    def __init__(self, archive: Archive, record: Mapping[str, Any]) -> None:
        self.name, self.fingerprint = record["name"], record["fingerprint"]
        self.tensors = record["tensors"]
        self.names = {split["name"]: split["names"] for split in record["splits"]}
        total = sum(map(len, self.names.values()))
        self.parts = {
            split["name"]: _parts(archive, split, total, f"{self.name!a} {split['name']}")
            for split in record["splits"]
        }
        fingerprints = {split["name"]: split["fingerprint"] for split in record["splits"]}
        if dataset_fingerprint(fingerprints) != self.fingerprint:
            raise BadFile(f"data set {self.name!a} has another fingerprint than its splits give")
        pictured = [files.IMAGES in parts for parts in self.parts.values()]
        if any(pictured) and not all(pictured):
            raise BadFile(f"data set {self.name!a} has images of some splits only")
        self.pictured = any(pictured)
        for split, parts in self.parts.items():
            if self.pictured and fingerprints[split] != split_fingerprint(
                parts[files.IMAGES], parts[files.LABELS]
            ):
                raise BadFile(f"{self.name!a} {split}: the images are not those of its fingerprint")
        labels = {split: parts[files.LABELS] for split, parts in self.parts.items()}
        groups = {split: parts[files.GROUPS] for split, parts in self.parts.items()}
        columns = ("name", "fingerprint", "form", "synthetic", "created_at")
        self.row: dict[str, Any] = {
            **{name: record[name] for name in columns},
            "splits": split_rows(labels, groups, fingerprints),
        }
        images = {split: len(names) for split, names in self.names.items()}
        for tensor in self.tensors:
            array = read_array(archive, tensor["array"])
            check_preview(tensor, array, images, f"data set {self.name!a}")

    def get(self, _name: str) -> Dataset:
        """Return the record."""
        return dataset_of(self.row)

    def images(
        self, _fingerprint: str, split: str, indices: np.ndarray | None = None
    ) -> np.ndarray:
        """Return images, which are there."""
        images = self.parts[split][files.IMAGES]
        return images if indices is None else images[indices]

    def labels(self, _fingerprint: str, split: str) -> np.ndarray:
        """Return the labels."""
        return self.parts[split][files.LABELS]

    def identical_groups(self, _fingerprint: str, split: str) -> np.ndarray:
        """Return the numbers of identical images."""
        return self.parts[split][files.GROUPS]


def _parts(
    archive: Archive, split: Mapping[str, Any], total: int, where: str
) -> dict[str, np.ndarray]:
    count = (len(split["names"]),)
    square = (*count, IMAGE_SIZE, IMAGE_SIZE)
    parts = {}
    for part, dtype, shape, low, high in (
        (files.LABELS, np.int8, count, UNLABELLED, len(CLASS_NAMES) - 1),
        (files.GROUPS, np.int32, count, 0, total - 1),
        (files.NEAR, np.int32, count, 0, total - 1),
        (files.FLAGS, np.uint16, count, 0, (1 << len(AUDIT_FLAGS)) - 1),
        (files.IMAGES, np.uint8, square, 0, 255),
        (files.REGIONS, np.uint8, square, 0, len(REGION_NAMES) - 1),
    ):
        if split[part] is not None:
            array = read_array(archive, split[part])
            parts[part] = check_array(array, dtype, shape, low, high, f"{where}: {part}")
    return parts
