"""Stores with runs that hold one of everything, what lies in them, and files that are tampered
with."""

import dataclasses
import hashlib
import io
import json
import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from fer_core.records import (
    ADVERSARIAL,
    AUGMENTATION,
    EXPLANATION,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    KERNELS,
    SEGMENT_WEIGHTS,
    SEGMENTS,
    SOURCE,
    DatasetArrays,
    Layer,
    TensorRecord,
)
from fer_core.store import RunStore
from tests.store.samples import make_arrays, make_epoch, make_predictions

LAYER = Layer(
    "conv1", "features.0", "Conv2d", (4, 48, 48), 40, 40, 0, 82_944, (1, 48, 48),
    {
        "kernel": (3, 3), "stride": (1, 1), "padding": (0.5, 0.5), "dilation": (1, 1), "groups": 1,
    },
)  # fmt: skip
# What is said of stored arrays.
ASCENT = {"seed": 0, "options": {}, "filters": [0, 3], "steps": [200], "dead": []}
EXPLAINED = {
    "seed": 1, "probability": float("nan"), "predicted": "Happy", "true": None, "output": "logit",
    "options": {}, "extras": {},
}  # fmt: skip
ATTACKED = {
    "true": "Sad", "before": [0.0] * 6 + [1.0], "after": [1.0] + [0.0] * 6, "epsilon": 8,
    "smallest_epsilon": None,
}  # fmt: skip
PREVIEW = {
    "name": "train/000.png", "seed": 0, "kinds": {"full": ["rotate"]}, "strengths": [0.5, 1.0],
    "settings": {"rotate": 12.0, "shift": 0.1, "zoom": 0.1, "erase": 0.5},
}  # fmt: skip
# Of one's own store, or of the process that wrote there: not shared.
NOT_SHARED = {
    "revision", "host", "pid", "process_started", "heartbeat_at", "writer", "state_sha256",
}  # fmt: skip


def real_faces() -> DatasetArrays:
    """A data set that passes for one of real faces."""
    return dataclasses.replace(make_arrays(seed=5, regions=False), synthetic=False)


def add_run(store: RunStore, name: str, data: str, *, seed: int = 0) -> str:
    """Add a run that holds one of everything that a run can hold; return its id."""
    rng = np.random.default_rng(seed)
    with store.start_run(
        name,
        config={"optimizer": "adam", "learning_rate": 0.001, "of": [1, None, {"a": True}]},
        preset="e-cnn",
        data=data,
        held_out=np.array([3, 1, 8, 20]),
        dropped=np.array([0, 5]),
        dropped_counts={"black": 2},
        layers=(LAYER,),
        seed=seed,
        epochs_planned=9,
        versions={"torch": "2.14"},
        device="cpu",
    ) as run:
        folder = store.checkpoint_folder(run.id)
        folder.mkdir(parents=True)
        for number, accuracy in ((1, 0.3), (2, 0.6), (3, float("nan"))):
            content = save({"w": rng.normal(size=(2, 3)).astype(np.float32)})
            sha256 = hashlib.sha256(content).hexdigest()
            run.add_epoch(
                make_epoch(number, accuracy, weights_sha256=sha256, state_sha256="5" * 64)
            )
            for checkpoint in {1: ["epoch-1"], 2: ["best"], 3: ["last"]}[number]:
                (folder / f"{checkpoint}.safetensors").write_bytes(content)
        (folder / "last.state.safetensors").write_bytes(save({"moments": np.zeros(3)}))
        for split in ("validation", "train", "public", "test"):
            run.add_predictions(make_predictions(store, run.id, split))
        for tensor in (
            TensorRecord(SOURCE, np.frombuffer(b"class Net: ...", np.uint8), sample="net.py"),
            TensorRecord(KERNELS, rng.normal(size=(4, 1, 3, 3)), layer="conv1"),
            TensorRecord(
                FILTERS, rng.normal(size=(2, 1, 48, 48)).astype(np.float16), "plain", "conv1",
                provenance=ASCENT,
            ),
            TensorRecord(
                FILTERS, rng.normal(size=(2, 1, 48, 48)), "plain", sample="test:1",
                provenance=ASCENT,
            ),
            TensorRecord(
                FILTER_ACTIVATIONS, rng.normal(size=(2, 1)), "plain", "conv1", provenance=ASCENT
            ),
            TensorRecord(FILTER_SIMILARITY, np.eye(4), layer="conv1", sample="train"),
            TensorRecord(
                EXPLANATION, rng.normal(size=(48, 48)), "saliency", sample="test:1",
                target="Happy", provenance=EXPLAINED,
            ),
            TensorRecord(
                EXPLANATION, rng.normal(size=(48, 48)), "lime", sample="test:1", target="Happy",
                provenance=EXPLAINED,
            ),
            TensorRecord(
                SEGMENTS, np.arange(2304, dtype=np.int16).reshape(48, 48) // 36, "lime",
                sample="test:1", target="Happy",
            ),
            TensorRecord(
                SEGMENT_WEIGHTS, rng.normal(size=64), "lime", sample="test:1", target="Happy"
            ),
            TensorRecord(
                ADVERSARIAL, np.zeros((2, 48, 48), np.float32, order="F"), "fgsm", sample="test:1",
                provenance=ATTACKED,
            ),
            TensorRecord("photo", np.zeros((48, 48), np.uint8), "none", sample="me.jpg#1"),
            TensorRecord("own", np.array([["a", "bc"]])),
        ):  # fmt: skip
            run.add_tensor(tensor)
    store.set_tags(run.id, ["lr", "張"])
    store.set_note(run.id, "two\nlines")
    store.set_leaderboard(run.id, public=0.6, private=None)
    return run.id


def filled(path: Path, arrays: DatasetArrays, data: str = "faces") -> Path:
    """Make a store with runs `first` and `second` of this data; return its file."""
    with RunStore.open(path) as store:
        fingerprint = store.add_dataset(data, arrays).fingerprint
        preview = TensorRecord(
            AUGMENTATION,
            np.zeros((1, 2, 3, 48, 48), np.uint8),
            sample="train:0",
            provenance=PREVIEW,
        )
        store.add_dataset_tensor(fingerprint, preview)
        for seed, name in enumerate(("first", "second")):
            add_run(store, name, data, seed=seed)
    return path


def content(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of a store that are shared, with their arrays' bytes in place of numbers,
    run by run: ids of one second are in no order of time."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        tables = {
            name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
            for (name,) in names
        }
    blobs = {row["id"]: row["data"] for row in tables.pop("blobs")}
    tables.pop("alembic_version")
    for rows in tables.values():
        rows.sort(key=lambda row: str(row.get("run_id", row.get("id"))))
        for row in rows:
            for column in list(row):
                if column.endswith("blob_id"):
                    row[column] = blobs.get(row[column])
                elif column in NOT_SHARED or (column == "id" and isinstance(row[column], int)):
                    del row[column]
    return tables


def files(folder: Path) -> dict[str, bytes]:
    """Return all files below a store's folder but for the database."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("runs.db")
    }


class Tampered:
    """A shared file to be changed: its manifest, and its members by name."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            self.members = {name: archive.read(name) for name in archive.namelist()}
        self.manifest: dict[str, Any] = json.loads(self.members.pop("manifest.json"))

    @property
    def run(self) -> dict[str, Any]:
        return self.manifest["runs"][0]

    @property
    def data(self) -> dict[str, Any]:
        return self.manifest["datasets"][0]

    def array(self, sha256: str) -> np.ndarray:
        return np.load(io.BytesIO(self.members[f"arrays/{sha256}.npy"]), allow_pickle=False)

    def put_array(self, array: np.ndarray) -> str:
        """Add an array as a file has it; return its hash."""
        buffer = io.BytesIO()
        np.save(buffer, array)
        return self.put(buffer.getvalue(), dtype=array.dtype.str, shape=list(array.shape))

    def put(self, member: bytes, *, folder: str = "arrays/{}.npy", **known: Any) -> str:
        """Add a member with its right size and hash; return that."""
        sha256 = hashlib.sha256(member).hexdigest()
        name = folder.format(sha256)
        self.members[name] = member
        entry = {"name": name, "size": len(member), "sha256": sha256, "dtype": None, "shape": None}
        self.manifest["members"].append({**entry, **known})
        return sha256

    def write(
        self,
        path: Path,
        *,
        compression: int = zipfile.ZIP_STORED,
        change: Callable[[zipfile.ZipFile], None] | None = None,
    ) -> Path:
        """Write it; `change` may add to the archive."""
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, member in self.members.items():
                archive.writestr(name, member)
            archive.writestr("manifest.json", json.dumps(self.manifest))
            if change:
                change(archive)
        return path


def link(name: str, target: str) -> Callable[[zipfile.ZipFile], None]:
    """Return what adds a symbolic link."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return lambda archive: archive.writestr(info, target)


def copy(store: Path, folder: Path) -> Path:
    """Copy a closed store with its folder; return its file there."""
    shutil.copytree(store.parent, folder)
    return folder / store.name
