"""Runs and their data sets as a manifest, and where the bytes of its members are."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from fer_core.records import INTERRUPTED, RUNNING
from fer_core.store import codec
from fer_core.store import dataset_files as files
from fer_core.store.bundles import archive, manifest
from fer_core.store.bundles.faces import shows_a_person
from fer_core.store.datasets import Datasets
from fer_core.store.errors import StoreError
from fer_core.store.runs import layer_of
from fer_core.store.schema import (
    blobs,
    dataset_tensors,
    datasets,
    epochs,
    predictions,
    run_details,
    runs,
    tensors,
    test_readings,
)

_STATE = ".state"
# Columns that go into the file as they are.
RUN_COLUMNS = (
    "id", "name", "preset", "status", "seed", "parameters", "epochs_planned", "created_at",
    "updated_at", "tags", "note", "leaderboard_public", "leaderboard_private",
)  # fmt: skip
EPOCH_COLUMNS = tuple(
    column.name for column in epochs.c if column.name not in ("run_id", "state_sha256")
)
PREDICTION_COLUMNS = (
    "split", "weights", "averaging", "epoch", "checkpoint_sha256", "fingerprint", "created_at",
)  # fmt: skip
TENSOR_COLUMNS = (
    "kind", "method", "layer", "sample", "target", "weights", "provenance", "created_at",
)  # fmt: skip
READING_COLUMNS = ("split", "weights", "averaging", "checkpoint_sha256", "read_at")
DATASET_TENSOR_COLUMNS = ("kind", "sample", "provenance", "created_at")


class Collection:
    """What goes into a file. left_out: how many arrays of which kind stay, since they show faces;
    lacking: lines about what is not there to be shared."""

    def __init__(
        self,
        connection: Connection,
        datasets: Datasets,
        *,
        weights: bool,
        faces: bool,
    ) -> None:
        self._connection = connection
        self._datasets = datasets
        self._weights, self._faces = weights, faces
        self._members: dict[str, dict[str, Any]] = {}
        self.sources: dict[str, Callable[[], bytes]] = {}
        self.left_out: Counter[str] = Counter()
        self.lacking: list[str] = []

    def manifest(self, run_ids: Sequence[str]) -> dict[str, Any]:
        """Return the manifest of runs and their data sets, in the order of ids and fingerprints."""
        of_runs = [self.run(run_id) for run_id in sorted(run_ids)]
        names = {
            row.dataset_fingerprint: row.dataset
            for row in self._connection.execute(
                select(runs.c.dataset, runs.c.dataset_fingerprint)
                .where(runs.c.id.in_(run_ids), runs.c.dataset != "")
                .order_by(runs.c.id.desc())
            )
        }
        of_datasets = [self._dataset(names[fingerprint]) for fingerprint in sorted(names)]
        return {
            "form": manifest.FORM,
            "members": [self._members[name] for name in sorted(self._members)],
            "datasets": of_datasets,
            "runs": of_runs,
        }

    def run(self, run_id: str) -> dict[str, Any]:
        """Return what the file says of a run."""
        row = self._one(runs, runs.c.id == run_id)
        details = self._one(run_details, run_details.c.run_id == run_id)
        found = {name: row[name] for name in RUN_COLUMNS}
        if found["status"] == RUNNING:  # not where it arrives
            found["status"] = INTERRUPTED
        history = self._rows(epochs, run_id, EPOCH_COLUMNS, epochs.c.epoch)
        return {
            **found,
            "dataset": row["dataset_fingerprint"] or None,
            "config": details["config"],
            "layers": [asdict(layer_of(each)) for each in details["layers"]],
            "versions": details["versions"],
            "device": details["device"],
            "held_out": self._blob(details["held_out_blob_id"]),
            "held_out_fingerprint": details["held_out_fingerprint"],
            "dropped": self._blob(details["dropped_blob_id"]),
            "dropped_counts": details["dropped"],
            "epochs": history,
            "predictions": self._with_arrays(predictions, run_id, PREDICTION_COLUMNS),
            "tensors": self._tensors(run_id, synthetic=row["synthetic"]),
            "test_readings": self._rows(test_readings, run_id, READING_COLUMNS, test_readings.c.id),
            "checkpoints": self._checkpoints(run_id, row["name"], row["best_epoch"], history),
        }

    def _one(self, table: Any, condition: Any) -> dict[str, Any]:
        return dict(self._connection.execute(select(table).where(condition)).one()._mapping)

    def _rows(
        self, table: Any, run_id: str, columns: Sequence[str], *order: Any
    ) -> list[dict[str, Any]]:
        query = select(*(table.c[name] for name in columns)).where(table.c.run_id == run_id)
        return [dict(row._mapping) for row in self._connection.execute(query.order_by(*order))]

    def _with_arrays(self, table: Any, run_id: str, columns: Sequence[str]) -> list[dict[str, Any]]:
        found = self._rows(table, run_id, (*columns, "blob_id"), table.c.id)
        return [{"array": self._blob(each.pop("blob_id")), **each} for each in found]

    def _tensors(self, run_id: str, *, synthetic: bool) -> list[dict[str, Any]]:
        taken = []
        for each in self._rows(tensors, run_id, (*TENSOR_COLUMNS, "blob_id"), tensors.c.id):
            blob_id = each.pop("blob_id")
            person = shows_a_person(each["kind"], each["sample"], synthetic=synthetic)
            if person and not self._faces:
                self.left_out[each["kind"]] += 1
            else:
                taken.append({**each, "array": self._blob(blob_id)})
        return taken

    def _checkpoints(
        self, run_id: str, name: str, best: int | None, history: Sequence[dict[str, Any]]
    ) -> dict[str, str]:
        """Return the hash of each checkpoint that is on the disk as an epoch's row says."""
        if not self._weights or not history:
            return {}
        folder = self._datasets.folder.parent / run_id / "checkpoints"
        paths = [path for path in sorted(folder.glob("*.safetensors")) if _STATE not in path.name]
        found = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in paths}
        by_number = {epoch["epoch"]: epoch["weights_sha256"] for epoch in history}
        hashes = {"last": history[-1]["weights_sha256"], "best": by_number.get(best)}
        kept = {path.stem for path in paths}
        hashes |= {f"epoch-{n}": each for n, each in by_number.items() if f"epoch-{n}" in kept}
        there = {which: sha256 for which, sha256 in hashes.items() if sha256 in found}
        if any(hashes.values()) and not there:
            self.lacking.append(f"the weights of {name} are not on this disk")
        for sha256 in there.values():
            size = found[sha256].stat().st_size
            self._member(archive.weights_name(sha256), sha256, size, found[sha256].read_bytes)
        return there

    def _dataset(self, name: str) -> dict[str, Any]:
        row = self._one(datasets, datasets.c.name == name)
        final = self._datasets.folder / files.folder_name(row["fingerprint"])
        pictured = row["synthetic"] or self._faces
        if pictured and not files.has_images(final):
            pictured = False
            self.lacking.append(f"the images of data set {name} are not in this store")
        splits = []
        for split in row["splits"]:
            part: dict[str, str | None] = {
                what: self._file(final, split["name"], what)
                for what in (files.LABELS, files.GROUPS, files.NEAR, files.FLAGS)
            }
            for what in (files.IMAGES, files.REGIONS):
                there = pictured and files.has_part(final, split["name"], what)
                part[what] = self._file(final, split["name"], what) if there else None
            names = list(files.load_names(final, split["name"]))
            own = {"name": split["name"], "fingerprint": split["fingerprint"], "names": names}
            splits.append({**own, **part})
        columns = ("name", "fingerprint", "form", "synthetic", "created_at")
        of = dataset_tensors.c.fingerprint == row["fingerprint"]
        kept = []
        for each in self._connection.execute(
            select(dataset_tensors).where(of).order_by(dataset_tensors.c.id)
        ).mappings():
            if pictured:
                own = {name: each[name] for name in DATASET_TENSOR_COLUMNS}
                kept.append({**own, "array": self._bytes(partial(bytes, each["data"]))})
            else:
                self.left_out[each["kind"]] += 1
        return {**{each: row[each] for each in columns}, "splits": splits, "tensors": kept}

    def _blob(self, blob_id: int | None) -> str | None:
        if blob_id is None:
            return None
        query = select(blobs.c.data).where(blobs.c.id == blob_id)
        return self._bytes(lambda: self._connection.execute(query).scalar_one())

    def _file(self, final: Path, split: str, part: str) -> str:
        files.load(final, split, part)  # whose error says what to do
        return self._bytes(files.array_path(final, split, part).read_bytes)

    def _bytes(self, read: Callable[[], bytes]) -> str:
        content = read()
        sha256 = hashlib.sha256(content).hexdigest()
        array = codec.decode(content)
        known = {"dtype": array.dtype.str, "shape": list(array.shape)}
        self._member(archive.array_name(sha256), sha256, len(content), read, **known)
        return sha256

    def _member(
        self, name: str, sha256: str, size: int, read: Callable[[], bytes], **known: Any
    ) -> None:
        def unchanged() -> bytes:
            content = read()
            if hashlib.sha256(content).hexdigest() != sha256:
                raise StoreError(f"{name} changed while it was exported; export it again")
            return content

        absent = {"dtype": None, "shape": None}
        self._members[name] = {"name": name, "size": size, "sha256": sha256, **absent, **known}
        self.sources[name] = unchanged
