"""Data sets: the rows, and the arrays behind them."""

import shlex
import shutil
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, select

from fer_core.errors import InputError
from fer_core.records import (
    CLASS_NAMES,
    TRAIN,
    UNLABELLED,
    Dataset,
    DatasetArrays,
    SplitInfo,
)
from fer_core.store import dataset_files as files
from fer_core.store.database import Database
from fer_core.store.errors import StoreError, full_disk
from fer_core.store.names import clean_name, normal
from fer_core.store.schema import datasets


class Datasets:
    """Data sets of one store. Arrays come out memory-mapped and read-only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.folder = database.path.parent / "datasets"
        # Many calls ask for the same few arrays; what a fingerprint names never changes.
        self._load = lru_cache(maxsize=64)(files.load)
        self._load_names = lru_cache(maxsize=16)(files.load_names)

    def add(self, name: str, arrays: DatasetArrays) -> Dataset:
        """Write the arrays, then the row; the same data set again changes nothing."""
        name = clean_name(name, "data set's name")
        for split in arrays.splits:
            files.check_split(split, arrays)
        final = self.folder / files.folder_name(arrays.fingerprint)
        temporary = None if files.is_whole(final, arrays) else files.write(self.folder, arrays)
        try:
            with self._database.write() as connection:
                row = connection.execute(select(datasets).where(datasets.c.name == name)).first()
                if row is not None and row.fingerprint != arrays.fingerprint:
                    raise InputError(
                        f"there is a data set {name!r} with other images "
                        f"({row.fingerprint[:12]}, not {arrays.fingerprint[:12]}); choose another "
                        "name with --name"
                    )
                # Inside the transaction, so that `repair` never sees a folder without its row.
                if temporary is not None and not files.is_whole(final, arrays):
                    _publish(temporary, final)
                    self.forget()
                if row is not None:
                    return dataset_of(row._mapping)
                values = _row(name, arrays)
                connection.execute(insert(datasets).values(values))
                return dataset_of(values)
        finally:
            if temporary is not None:
                shutil.rmtree(temporary, ignore_errors=True)

    def all(self) -> tuple[Dataset, ...]:
        """Return all data sets by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(datasets).order_by(datasets.c.name)).all()
        return tuple(dataset_of(row._mapping) for row in rows)

    def get(self, name: str) -> Dataset:
        """Return one data set; InputError where there is none of that name."""
        with self._database.read() as connection:
            named = datasets.c.name == normal(name)
            row = connection.execute(select(datasets).where(named)).first()
        if row is None:
            raise InputError(
                f"no data set {name!r} in {self._database.path}; see: fer-core data list"
            )
        return dataset_of(row._mapping)

    def images(
        self, fingerprint: str, split: str, indices: Sequence[int] | np.ndarray | None = None
    ) -> np.ndarray:
        """Return all images of a split, or those at `indices`, as (N, 48, 48) uint8."""
        try:
            images = self._array(fingerprint, split, files.IMAGES)
        except StoreError:
            self.need_images(fingerprint)
            raise
        if indices is None:
            return images
        chosen = np.asarray(indices)
        if chosen.size == 0:
            return images[:0]
        if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
            raise InputError(f"indices are {chosen.dtype} {chosen.shape}; give whole numbers (N,)")
        if chosen.min() < 0 or chosen.max() >= len(images):
            wrong = chosen[(chosen < 0) | (chosen >= len(images))][0]
            raise InputError(f"no image {split}:{wrong}; {split} has 0 to {len(images) - 1}")
        taken = images[chosen]
        taken.flags.writeable = False
        return taken

    def forget(self) -> None:
        """Read arrays anew: others may have been put in their place."""
        self._load.cache_clear()
        self._load_names.cache_clear()

    def has_images(self, fingerprint: str) -> bool:
        """Tell whether the images are here; those of real faces may not have come with a run."""
        return files.has_images(self.folder / files.folder_name(fingerprint))

    def need_images(self, fingerprint: str) -> None:
        """Raise InputError when a data set that is here came without its images."""
        if self.has_images(fingerprint) or not self._splits(fingerprint):
            return
        with self._database.read() as connection:
            named = select(datasets.c.name).where(datasets.c.fingerprint == fingerprint)
            name = connection.execute(named.order_by(datasets.c.name)).scalar() or fingerprint
        raise InputError(
            f"the images of data set {name!r} are not in this store: it came with runs that were "
            f"shared without faces; add them with: fer-core data import PATH --name "
            f"{shlex.quote(name)}"
        )

    def labels(self, fingerprint: str, split: str) -> np.ndarray:
        """Return the labels as (N,) int8, -1 where there is none."""
        return self._array(fingerprint, split, files.LABELS)

    def identical_groups(self, fingerprint: str, split: str) -> np.ndarray:
        """Return (N,) int32: equal numbers, in any splits, mean byte-identical images."""
        return self._array(fingerprint, split, files.GROUPS)

    def near_groups(self, fingerprint: str, split: str) -> np.ndarray:
        """Return (N,) int32: equal numbers, in any splits, mean the same picture."""
        return self._array(fingerprint, split, files.NEAR)

    def flags(self, fingerprint: str, split: str) -> np.ndarray:
        """Return (N,) uint16: a bit for each of records.AUDIT_FLAGS."""
        return self._array(fingerprint, split, files.FLAGS)

    def regions(self, fingerprint: str, split: str) -> np.ndarray | None:
        """Return (N, 48, 48) uint8 indices into REGION_NAMES; None for real faces."""
        final = self._final(fingerprint, split)
        if not files.has_part(final, split, files.REGIONS):
            return None
        return self._load(final, split, files.REGIONS)

    def sample_names(self, fingerprint: str, split: str) -> tuple[str, ...]:
        """Return the source names of a split's images."""
        return self._load_names(self._final(fingerprint, split), split)

    def sample(self, fingerprint: str, text: str) -> tuple[str, int]:
        """Return (split, index) of ``split:index`` or of a source name."""
        splits = self._splits(fingerprint)
        split, colon, number = text.strip().partition(":")
        if colon and split in splits and number.isascii() and number.isdigit():
            count = len(self.labels(fingerprint, split))
            if int(number) >= count:
                raise InputError(f"no image {text.strip()}; {split} has 0 to {count - 1}")
            return split, int(number)
        found = [
            (each, index)
            for each in splits
            for index, name in enumerate(self.sample_names(fingerprint, each))
            if name == text.strip()
        ]
        if len(found) == 1:
            return found[0]
        if found:
            places = ", ".join(f"{each}:{index}" for each, index in found[:5])
            raise InputError(f"{text!r} names {len(found)} images; use one of {places}")
        raise InputError(
            f"no image {text!r}; give split:index, as test:12 (splits: {', '.join(splits)}), or "
            "a source name"
        )

    def _array(self, fingerprint: str, split: str, part: str) -> np.ndarray:
        return self._load(self._final(fingerprint, split), split, part)

    def _final(self, fingerprint: str, split: str) -> Path:
        """Return the folder; InputError when the data set, which is there, has no such split."""
        final = self.folder / files.folder_name(fingerprint)
        if final.is_dir() and not files.has_part(final, split, files.LABELS):
            raise InputError(
                f"the data set has no split {split!r}; it has "
                f"{', '.join(self._splits(fingerprint))}"
            )
        return final

    def _splits(self, fingerprint: str) -> tuple[str, ...]:
        final = self.folder / files.folder_name(fingerprint)
        ending = f".{files.LABELS}.npy"
        found = [path.name.removesuffix(ending) for path in final.glob(f"*{ending}")]
        order = {"train": 0, "validation": 1, "test": 2}
        return tuple(sorted(found, key=lambda name: (order.get(name, 3), name)))


def _publish(temporary: Path, final: Path) -> None:
    try:
        files.publish(temporary, final)
    except OSError as error:
        raise full_disk(final, error.strerror or error) from None


def _row(name: str, arrays: DatasetArrays) -> dict[str, Any]:
    labels = {split: content.labels for split, content in arrays.splits.items()}
    return {
        "name": name,
        "fingerprint": arrays.fingerprint,
        "form": arrays.form,
        "synthetic": arrays.synthetic,
        "splits": split_rows(labels, arrays.identical_groups, arrays.fingerprints),
        "created_at": time.time(),
    }


def split_rows(
    labels: Mapping[str, np.ndarray],
    identical_groups: Mapping[str, np.ndarray],
    fingerprints: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return what a data set's row says of each split."""
    trained = identical_groups.get(TRAIN, np.empty(0, np.int32))
    rows = []
    for split, found in labels.items():
        counts = np.bincount(found[found != UNLABELLED], minlength=len(CLASS_NAMES))
        twins = np.isin(identical_groups[split], trained)
        rows.append(
            {
                "name": split,
                "count": len(found),
                "classes": dict(zip(CLASS_NAMES, counts.tolist(), strict=True)),
                "fingerprint": fingerprints[split],
                "twins": 0 if split == TRAIN else int(twins.sum()),
            }
        )
    return rows


def dataset_of(row: Any) -> Dataset:
    """Return a data set's row as a record."""
    splits = {each["name"]: SplitInfo(**each) for each in row["splits"]}
    return Dataset(**{**row, "splits": splits})
