"""How long a training takes to reach an accuracy on validation, from the start of its process.

Trains each preset with each seed, each training in a process of its own, and notes when each epoch
was there: ours as `fer-core train` does it, from data that was imported (what importing takes
stands apart), checkpoints and store included. With --peer also in the usual way (usual_ways.py):
PIL and a DataLoader with --workers workers, float32, the same network and recipe (but no smaller
images first), data in memory.
An epoch counts from the first one whose accuracy reaches the target; the network is that epoch's,
no weights are averaged. Test is not read.

    python benchmarks/time_to_accuracy.py fer2013.zip fast [--target 0.60] [--seeds 0,1,2] [--peer]
        [--epochs 25] [--workers 2] [--device auto] [-o time_to_accuracy.json] [--json]
    python benchmarks/time_to_accuracy.py --smoke      # tiny, on synthetic faces

With -o the file grows training by training, and what it holds is not trained again: a measurement
that was cut off goes on. It holds all epochs, so that other targets need no other training.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from measuring import errors_in_one_line, machine, report
from rich.table import Table
from timed_training import DATA, Curve, curve_of, prepare, train_ours, train_peer

from fer_core.config import RunConfig
from fer_core.data.importer import import_data
from fer_core.data.synthetic import synthesise
from fer_core.device import DEVICES, choose_device
from fer_core.errors import InputError
from fer_core.files import write_atomically
from fer_core.models import preset_config
from fer_core.records import VALIDATION, DatasetArrays

TARGETS = (0.50, 0.60, 0.65)
OURS, PEER = "ours", "peer"


def reached(curve: Curve, target: float) -> float | None:
    """Return the seconds until the first epoch that reaches the target; None where none does."""
    return next((epoch["seconds"] for epoch in curve if epoch["accuracy"] >= target), None)


def summary(curves: Mapping[str, Curve], targets: list[float]) -> dict[str, dict[str, Any]]:
    """Return for each target how many seeds reach it, and in how many seconds."""
    found: dict[str, dict[str, Any]] = {}
    for target in targets:
        every = [reached(curve, target) for curve in curves.values()]
        seconds = [each for each in every if each is not None]
        found[f"{target:g}"] = {
            "reached": len(seconds),
            "seeds": len(every),
            "mean": statistics.mean(seconds) if seconds else None,
            "min": min(seconds, default=None),
            "max": max(seconds, default=None),
        }
    return found


def ratios(ours: Mapping[str, Curve], peer: Mapping[str, Curve], target: float) -> list[float]:
    """Return the peer's seconds over ours, for each seed with which both reach the target."""
    pairs = [(reached(ours[seed], target), reached(peer[seed], target)) for seed in ours]
    return [theirs / mine for mine, theirs in pairs if mine is not None and theirs is not None]


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fer2013", nargs="?", help="FER2013, as fer-core data import takes it")
    parser.add_argument("presets", nargs="*", metavar="preset")
    parser.add_argument("--target", type=float, action="append", help="in 0..1; repeatable")
    parser.add_argument("--seeds", type=numbers, default=[0, 1, 2], help="as 0,1,2")
    parser.add_argument("--epochs", type=int, help="default: the preset's")
    parser.add_argument("--peer", action="store_true", help="the usual way, too")
    parser.add_argument("--workers", type=int, default=2, help="of the peer's DataLoader")
    parser.add_argument("--device", default="auto", choices=DEVICES)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    arguments.target = sorted(arguments.target or TARGETS)
    if arguments.smoke:
        arguments.presets, arguments.epochs, arguments.device = ["e-dnn"], 2, "cpu"
    elif not arguments.presets:
        parser.error("name the data set and one or more presets, or use --smoke")
    if wrong := [target for target in arguments.target if not 0 < target <= 1]:
        parser.error(f"--target is {wrong[0]:g}; use a share such as 0.6")
    return arguments


def start(arguments: argparse.Namespace, faces: DatasetArrays, seconds: float) -> dict[str, Any]:
    """Return the document: with what its file holds, if that is of the same measurement."""
    device = choose_device(arguments.device)
    settings = {"epochs": arguments.epochs} if arguments.epochs else {}
    configs = {name: preset_config(name, data=DATA, **settings) for name in arguments.presets}
    document: dict[str, Any] = {
        "machine": machine() | {"device": device.name, "torch": torch.__version__},
        "fingerprint": faces.fingerprint,
        "import_seconds": seconds,
        "configs": {name: config.to_dict() for name, config in configs.items()},
        "workers": arguments.workers,
        "trained": {},
    }
    if arguments.output and arguments.output.exists():
        earlier = json.loads(arguments.output.read_text(encoding="utf-8"))
        other = [key for key in ("fingerprint", "workers") if earlier[key] != document[key]]
        other += [
            name
            for name in arguments.presets
            if earlier["configs"].get(name, document["configs"][name]) != document["configs"][name]
        ]
        if earlier["machine"]["device"] != device.name:
            other.append("device")
        if other:
            raise InputError(
                f"{arguments.output} was measured with another {other[0]}; name another file"
            )
        document["trained"] = earlier["trained"]
        document["configs"] = earlier["configs"] | document["configs"]
    return document


def measure(arguments: argparse.Namespace, document: dict[str, Any], folder: Path) -> None:
    """Train what the document lacks; seed by seed, so that a cut-off one compares what it has."""
    ways = {OURS: train_ours, PEER: train_peer} if arguments.peer else {OURS: train_ours}
    for seed in arguments.seeds:
        for preset in arguments.presets:
            config = RunConfig.from_dict(document["configs"][preset]).replace(seed=seed)
            for way, train in ways.items():
                curves = document["trained"].setdefault(preset, {}).setdefault(way, {})
                if str(seed) in curves:
                    continue
                curves[str(seed)] = curve_of(
                    train, folder, config, arguments.device, arguments.workers
                )
                last = curves[str(seed)][-1]
                print(
                    f"{preset}, {way}, seed {seed}: {last['accuracy']:.2%} after "
                    f"{last['seconds']:.0f} s",
                    file=sys.stderr,
                )
                if arguments.output:
                    write_atomically(arguments.output, json.dumps(document, indent=2).encode())


def main() -> None:
    arguments = parsed()
    started = time.perf_counter()
    faces = synthesise(140) if arguments.smoke else import_data(Path(arguments.fer2013))
    document = start(arguments, faces, time.perf_counter() - started)
    if VALIDATION not in faces.splits:
        raise InputError(f"{arguments.fer2013} has no validation split; use FER2013")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prepare(folder, faces)
        measure(arguments, document, folder)
    seeds = [str(seed) for seed in arguments.seeds]
    asked = {
        preset: {way: {s: found[s] for s in seeds if s in found} for way, found in by_way.items()}
        for preset, by_way in document["trained"].items()
        if preset in arguments.presets
    }
    document["summary"] = {
        preset: {way: summary(curves, arguments.target) for way, curves in by_way.items()}
        for preset, by_way in asked.items()
    }
    document["ratio"] = {
        preset: {f"{t:g}": ratios(by_way[OURS], by_way[PEER], t) for t in arguments.target}
        for preset, by_way in asked.items()
        if arguments.peer
    }
    table = Table("preset", "way", "target", "seeds", "seconds, mean (least to most)")
    for preset, by_way in document["summary"].items():
        for way, by_target in by_way.items():
            for target, row in by_target.items():
                shown = (
                    "{mean:.1f} ({min:.1f} to {max:.1f})".format(**row) if row["reached"] else ""
                )
                table.add_row(preset, way, target, f"{row['reached']} of {row['seeds']}", shown)
    note = f"{document['machine']}; import: {document['import_seconds']:.1f} s"
    report(document, table, as_json=arguments.json, note=note)


if __name__ == "__main__":
    with errors_in_one_line():
        main()
