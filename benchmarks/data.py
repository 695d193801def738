"""Reading data: ours against the straightforward way of torchvision and pandas, form by form.

Every reading runs in a process of its own, rounds are interleaved, each ratio is taken within its
round. Speeds are images a second from the call to arrays in memory, imports left out; memory is
the whole process's peak, imports included. `audit` is ours with the audit of the images, as
`fer-core data import` does it.

    python benchmarks/data.py [--images 6000] [--rounds 5] [--json]
"""

import argparse
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measuring import machine, report, spread
from PIL import Image
from rich.table import Table

from fer_core.records import CLASS_NAMES

SIDE = 48


def faces(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (N, 48, 48) uint8 synthetic faces and their labels."""
    from fer_core.data.synthetic import synthesise

    splits = synthesise(count).splits.values()
    return (
        np.concatenate([split.images for split in splits]),
        np.concatenate([split.labels for split in splits]),
    )


def packed(image: np.ndarray, form: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, form)
    return buffer.getvalue()


def write_folder(folder: Path, images: np.ndarray, labels: np.ndarray) -> Path:
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        place = folder / "faces" / CLASS_NAMES[label].lower()
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index:06d}.jpg").write_bytes(packed(image, "JPEG"))
    return folder / "faces"


def write_zip(folder: Path, images: np.ndarray, labels: np.ndarray) -> Path:
    with zipfile.ZipFile(folder / "faces.zip", "w") as archive:
        for index, (image, label) in enumerate(zip(images, labels, strict=True)):
            name = f"train/{CLASS_NAMES[label].lower()}/Training_{index:06d}.jpg"
            archive.writestr(name, packed(image, "JPEG"))
    return folder / "faces.zip"


def write_csv(folder: Path, images: np.ndarray, labels: np.ndarray) -> Path:
    with (folder / "faces.csv").open("w") as file:
        file.write("emotion,pixels,Usage\n")
        for image, label in zip(images, labels, strict=True):
            file.write(f"{label},{' '.join(map(str, image.ravel().tolist()))},Training\n")
    return folder / "faces.csv"


def write_parquet(folder: Path, images: np.ndarray, labels: np.ndarray) -> Path:
    import pyarrow
    import pyarrow.parquet

    pictures = [{"bytes": packed(image, "PNG"), "path": None} for image in images]
    names = [CLASS_NAMES[label].lower() for label in labels]
    table = pyarrow.table({"image": pictures, "label": names})
    pyarrow.parquet.write_table(table, folder / "faces.parquet")
    return folder / "faces.parquet"


def with_torchvision(path: Path) -> int:
    from torchvision.datasets import ImageFolder

    data = ImageFolder(str(path))
    images = np.stack([np.asarray(image.convert("L")) for image, _ in data])
    labels = np.array(data.targets)
    return len(images) if len(images) == len(labels) else -1


def unzipped_with_torchvision(path: Path) -> int:
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
        return with_torchvision(Path(folder) / "train")


def csv_with_pandas(path: Path) -> int:
    import pandas

    table = pandas.read_csv(path)
    rows = [np.array(text.split(), np.uint8) for text in table["pixels"]]
    images = np.stack(rows).reshape(-1, SIDE, SIDE)
    return len(images) if len(images) == len(table["emotion"].to_numpy()) else -1


def parquet_with_pandas(path: Path) -> int:
    import pandas

    table = pandas.read_parquet(path)
    images = np.stack(
        [np.asarray(Image.open(io.BytesIO(cell["bytes"])).convert("L")) for cell in table["image"]]
    )
    return len(images) if len(images) == len(table["label"]) else -1


def ours(path: Path) -> int:
    from fer_core.data.formats import read

    return sum(len(split.labels) for split in read(path).splits.values())


def ours_with_audit(path: Path) -> int:
    from fer_core.data.importer import import_data

    return sum(len(split.labels) for split in import_data(path).splits.values())


Reading = Callable[[Path], int]
WAYS: dict[str, Reading] = {"ours": ours, "audit": ours_with_audit}
# Form: how it is written, what reads it else, and what to import before the clock starts.
FORMS: dict[str, tuple[Callable[[Path, np.ndarray, np.ndarray], Path], Reading, str]] = {
    "folder": (write_folder, with_torchvision, "torchvision.datasets"),
    "zip": (write_zip, unzipped_with_torchvision, "torchvision.datasets"),
    "csv": (write_csv, csv_with_pandas, "pandas"),
    "parquet": (write_parquet, parquet_with_pandas, "pandas"),
}


def read_once(form: str, way: str, path: Path) -> None:
    """Read in this process; print seconds, images and peak memory in MB."""
    module = FORMS[form][2] if way == "usual" else "fer_core.data.importer"
    __import__(module)
    reading = FORMS[form][1] if way == "usual" else WAYS[way]
    started = time.perf_counter()
    count = reading(path)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump({"seconds": seconds, "images": count, "peak_mb": peak}, sys.stdout)


def in_a_process(form: str, way: str, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--read", form, way, str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def measure(form: str, path: Path, rounds: int, count: int) -> dict:
    ways = ("ours", "audit", "usual")
    results: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for number in range(rounds):
        for way in ways:
            result = in_a_process(form, way, path)
            if result["images"] != count:
                raise RuntimeError(f"{form}, {way}: {result['images']} of {count} images")
            results[way].append(result)
        print(f"{form} round {number + 1}/{rounds}", file=sys.stderr)
    ratio = [
        usual["seconds"] / mine["seconds"]
        for mine, usual in zip(results["ours"], results["usual"], strict=True)
    ]
    return {
        "images_per_second": {w: spread([count / r["seconds"] for r in results[w]]) for w in ways},
        "peak_mb": {w: spread([r["peak_mb"] for r in results[w]]) for w in ways},
        "ratio": spread(ratio),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--read", nargs=3, metavar=("FORM", "WAY", "PATH"), help="one reading")
    arguments = parser.parse_args()
    if arguments.read:
        form, way, path = arguments.read
        read_once(form, way, Path(path))
        return
    images, labels = faces(arguments.images)
    table = Table("form", "way", "images/s (median, min to max)", "peak MB", "ours is faster by")
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for form, (write, _, _) in FORMS.items():
            path = write(Path(folder), images, labels)
            results[form] = measure(form, path, arguments.rounds, len(images))
            for way, speed in results[form]["images_per_second"].items():
                shown = f"{speed['median']:,.0f} ({speed['min']:,.0f} to {speed['max']:,.0f})"
                ratio = f"{results[form]['ratio']['median']:.2f}" if way == "usual" else ""
                peak = f"{results[form]['peak_mb'][way]['median']:,.0f}"
                table.add_row(form, way, shown, peak, ratio)
    where = machine() | {"images": len(images)}
    report(results | {"machine": where}, table, as_json=arguments.json, note=str(where))


if __name__ == "__main__":
    main()
