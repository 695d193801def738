"""What each part of a recipe does to accuracy on FER2013: one thing changed at a time.

Trains a preset as it comes and then with one change after the other, each with the same seeds, and
prints the difference in validation accuracy, in points, seed by seed: mean, least, most. The
accuracy is that of the last epoch (of the average of the weights, where it is the change), so that
no epoch is chosen on the images that it is judged on. Test is not read.

    python benchmarks/recipes.py fer2013.zip [--preset fast] [--epochs 25] [--side 40] [--seeds 3]
        [--only mixup --only dropout] [--set key=value] [-o recipes.json] [--json]
    python benchmarks/recipes.py --smoke      # tiny, on synthetic faces

With -o the file grows training by training, and what it holds is not trained again: a measurement
that was cut off goes on.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

import torch
from measuring import errors_in_one_line, machine, report
from rich.table import Table

from fer_core.config import RunConfig
from fer_core.data.importer import import_data
from fer_core.data.synthetic import synthesise
from fer_core.device import Device, choose_device
from fer_core.files import write_atomically
from fer_core.models import preset_config
from fer_core.records import DatasetArrays
from fer_core.train import TrainingData, TrainingState, fit, predict_probabilities

AS_IT_COMES = "as it comes"
# Name, and what is changed; docs/recipes.md has a row for each.
CHANGES: dict[str, dict[str, Any]] = {
    "augment none": {"augment": "none"},
    "augment shift-flip": {"augment": "shift-flip"},
    "augment rotate-shift-flip": {"augment": "rotate-shift-flip"},
    "augment rotate-shift-flip, 1 degree": {"augment": "rotate-shift-flip", "rotate": 1.0},
    "augment full": {"augment": "full"},
    "rotate 30": {"augment": "full", "rotate": 30.0},
    "shift 0.2": {"augment": "full", "shift": 0.2},
    "zoom 0": {"augment": "full", "zoom": 0.0},
    "zoom 0.2": {"augment": "full", "zoom": 0.2},
    "erase 0": {"augment": "full", "erase": 0.0},
    "erase 0.5": {"augment": "full", "erase": 0.5},
    "normalise none": {"normalise": "none"},
    "normalise unit": {"normalise": "unit"},
    "normalise dataset": {"normalise": "dataset"},
    "normalise per-image": {"normalise": "per-image"},
    "optimizer adamw": {"optimizer": "adamw"},
    "optimizer adam": {"optimizer": "adam", "weight_decay": 0.0},
    "optimizer sgd": {
        "optimizer": "sgd", "learning_rate": 0.05, "nesterov": True, "weight_decay": 0.0005,
    },
    "optimizer rmsprop": {"optimizer": "rmsprop", "learning_rate": 0.001, "weight_decay": 0.0},
    "learning rate 0.0015": {"learning_rate": 0.0015},
    "learning rate 0.006": {"learning_rate": 0.006},
    "weight decay 0.1": {"weight_decay": 0.1},
    "schedule constant": {"schedule": "constant"},
    "schedule one-cycle": {"schedule": "one-cycle"},
    "schedule cosine": {"schedule": "cosine", "warmup": 0.05},
    "schedule step": {"schedule": "step"},
    "class weights balanced": {"class_weights": "balanced"},
    "label smoothing 0": {"label_smoothing": 0.0},
    "label smoothing 0.1": {"label_smoothing": 0.1},
    "mixup 0.2": {"mixup": 0.2},
    "dropout 0": {"dropout": 0.0},
    "dropout 0.5": {"dropout": 0.5},
    "weight average 0.999": {"weight_average": 0.999},
    "sides none": {"sides": ""},
    "precise batch norm false": {"precise_batch_norm": False},
    "patience 5": {"patience": 5},
    "batch size 64": {"batch_size": 64},
}  # fmt: skip


def train_once(config: RunConfig, faces: DatasetArrays, device: Device) -> dict[str, float]:
    """Train and return the validation accuracy at the end, and how long it took."""
    train, validation = (faces.splits[name] for name in ("train", "validation"))
    pairs = ((train.images, train.labels), (validation.images, validation.labels))
    data = TrainingData.on(device, *pairs)
    mean, deviation = train.images.mean() / 255, train.images.std() / 255
    state = TrainingState.start(config, device, mean=mean, deviation=deviation)
    epochs = list(fit(state, data, config))
    model = state.model if state.average is None else state.average.module
    guesses = predict_probabilities(model, data.validation_images, device).argmax(1)
    return {
        "accuracy": (guesses == data.validation_labels).float().mean().item(),
        "epochs": len(epochs),
        "seconds": sum(epoch.seconds for epoch in epochs),
    }


def summary(trained: dict[str, dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Return each change's difference from the recipe as it comes, in points, over the seeds."""
    found = {}
    for name, by_seed in trained.items():
        plain = trained[AS_IT_COMES]
        points = [100 * (by_seed[s]["accuracy"] - plain[s]["accuracy"]) for s in by_seed]
        found[name] = {
            "accuracy": statistics.mean(result["accuracy"] for result in by_seed.values()),
            "points": statistics.mean(points),
            "points_least": min(points),
            "points_most": max(points),
            "epochs": statistics.mean(result["epochs"] for result in by_seed.values()),
        }
    return found


def chosen(only: list[str]) -> dict[str, dict[str, Any]]:
    """Return no change, and those in whose name one of the words occurs; all without a word."""
    found = {n: c for n, c in CHANGES.items() if not only or any(word in n for word in only)}
    if not found:
        raise SystemExit(f"--only {' '.join(only)}: no such change; there are {list(CHANGES)}")
    return {AS_IT_COMES: {}, **found}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fer2013", nargs="?", help="FER2013, as fer-core data import takes it")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--epochs", type=int, help="default: the preset's")
    parser.add_argument("--side", type=int, help="of the images, in pixels; default: the preset's")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--only", action="append", default=[], help="a word of a change's name")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if wrong := [each for each in arguments.set if "=" not in each]:
        parser.error(f"--set is {wrong[0]!r}; write it as erase=0.2")
    settings: dict[str, Any] = dict(each.split("=", 1) for each in arguments.set)
    settings |= {"epochs": arguments.epochs} if arguments.epochs else {}
    if arguments.smoke:
        faces, settings, arguments.seeds = synthesise(140), settings, 1
        settings |= {"epochs": 1, "batch_size": 16}
    elif arguments.fer2013:
        faces = import_data(Path(arguments.fer2013))
    else:
        parser.error("name the data set, or use --smoke")
    device = choose_device("cpu" if arguments.smoke else "auto")
    base = preset_config(arguments.preset, data="fer2013", **settings)
    if arguments.side:
        # The smaller sides of earlier epochs belong to the preset's own.
        base = base.replace(architecture={**base.architecture, "side": arguments.side}, sides="")
    document: dict[str, Any] = {
        "machine": machine() | {"device": device.name, "torch": torch.__version__},
        "form": faces.form,
        "fingerprint": faces.fingerprint,
        "preset": arguments.preset,
        "config": {k: v for k, v in base.to_dict().items() if k not in ("data", "sources")},
        "trained": {},
    }
    if arguments.output and arguments.output.exists():
        earlier = json.loads(arguments.output.read_text(encoding="utf-8"))
        if any(earlier[key] != document[key] for key in ("fingerprint", "config")):
            parser.error(f"{arguments.output} holds another measurement; name another file")
        document["trained"] = earlier["trained"]
    changes = {
        name: change
        for name, change in chosen(arguments.only).items()
        if name == AS_IT_COMES or base.replace(**change) != base
    }
    seeds = [str(seed) for seed in range(arguments.seeds)]
    for seed in seeds:
        for name, change in changes.items():
            by_seed = document["trained"].setdefault(name, {})
            if seed not in by_seed:
                config = base.replace(**change, seed=int(seed))
                by_seed[seed] = train_once(config, faces, device)
                print(f"seed {seed}, {name}: {by_seed[seed]}", file=sys.stderr)
                if arguments.output:
                    write_atomically(arguments.output, json.dumps(document, indent=2).encode())
    document["summary"] = summary(
        {name: {seed: document["trained"][name][seed] for seed in seeds} for name in changes}
    )
    table = Table("change", "accuracy", "points (least to most)", "epochs")
    for name, row in document["summary"].items():
        spread = f"{row['points']:+.2f} ({row['points_least']:+.2f} to {row['points_most']:+.2f})"
        table.add_row(name, f"{row['accuracy']:.2%}", spread, f"{row['epochs']:g}")
    note = f"{arguments.preset}, {arguments.seeds} seeds, {document['machine']}"
    report(document, table, as_json=arguments.json, note=note)


if __name__ == "__main__":
    with errors_in_one_line():
        main()
