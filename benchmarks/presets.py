"""Every preset on FER2013 with one equal, small budget, and each report's CNN against its DNN.

All see images of the same side, for the same epochs, in batches of the same size; the rest of the
recipe is the preset's own. Each DNN trains a second time, for as many epochs as say how it goes on
(`--dnn-epochs`). The accuracy is that of the last epoch on validation, so that no epoch is chosen
on the images that it is judged on; test is not read. The runs stay in a store, and what it holds is
not trained again: a measurement that was cut off goes on.

    python benchmarks/presets.py fer2013.zip --store presets/runs.db [--side 32] [--epochs 8]
        [--batch-size 128] [--dnn-epochs 100] [--only e-cnn --only e-dnn] [--json]
    python benchmarks/presets.py --smoke      # tiny, on synthetic faces
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import machine, report
from rich.table import Table

from fer_core.analysis.answers import read_answers
from fer_core.analysis.metrics import accuracy, predicted_classes
from fer_core.analysis.pairs import compare
from fer_core.config import RunConfig
from fer_core.data.importer import import_data
from fer_core.data.synthetic import synthesise
from fer_core.experiment import resume_run, train_run
from fer_core.models import preset_config
from fer_core.records import FINISHED, VALIDATION, Run
from fer_core.store import RunStore

DATA = "fer2013"
DNNS = ("dnn", "a-dnn", "b-dnn", "e-dnn")
# Short ones first: what is cut off is the longest.
PRESETS = (
    *DNNS,
    *("fast", "cnn", "b-cnn", "a-cnn-deep", "d-cnn-small", "b-cnn-listed", "a-cnn-wide", "e-cnn"),
    "d-cnn",
)  # fmt: skip
PAIRS = (
    ("a-cnn-deep", "a-dnn"), ("a-cnn-wide", "a-dnn"), ("a-cnn-deep", "a-cnn-wide"),
    ("b-cnn", "b-dnn"), ("b-cnn-listed", "b-dnn"), ("e-cnn", "e-dnn"),
)  # fmt: skip


def planned(arguments: argparse.Namespace) -> dict[str, RunConfig]:
    """Return the configuration of each run by its name."""
    configs = {}
    for preset in PRESETS:
        if arguments.only and preset not in arguments.only:
            continue
        config = preset_config(preset, data=DATA, batch_size=arguments.batch_size)
        architecture = {**config.architecture, "side": arguments.side}
        config = config.replace(architecture=architecture, sides="")
        configs[preset] = config.replace(epochs=arguments.epochs)
        if preset in DNNS:
            configs[f"{preset}-long"] = config.replace(epochs=arguments.dnn_epochs)
    return configs


def trained(store: RunStore, name: str, config: RunConfig) -> Run:
    """Return the run of that name, trained to its end now if it was not."""
    known = {run.name: run for run in store.runs()}
    if name not in known:
        return train_run(store, config, name=name)
    stored = RunConfig.from_dict(store.details(known[name].id).config)
    if stored != config.replace(validation=stored.validation):
        raise SystemExit(f"{store.path} holds another {name}; name another store")
    return known[name] if known[name].status == FINISHED else resume_run(store, name)[0]


def measured(store: RunStore, run: Run) -> dict[str, Any]:
    history = store.histories((run.id,))[run.id]
    split = store.evaluation_split(run.id, VALIDATION)
    guesses = predicted_classes(store.predictions(run.id, VALIDATION, "last").probabilities)
    found = accuracy(split.labels, guesses)
    return {
        "parameters": run.parameters,
        "epochs": len(history),
        "train_accuracy": history[-1].train_accuracy,
        "validation_accuracy": found.value,
        "interval": [found.low, found.high],
        "n": found.count,
        "best_validation_accuracy": max(epoch.validation_accuracy for epoch in history),
        "seconds": sum(epoch.seconds for epoch in history),
    }


def paired(store: RunStore, a: str, b: str) -> dict[str, Any]:
    """Compare two runs image by image, as fer-core compare does."""
    found = compare(*read_answers(store, (a, b), split=VALIDATION, weights="last"))
    whole = found.whole
    return {
        "a": a,
        "b": b,
        "points": 100 * whole.value,
        "interval": [100 * whole.low, 100 * whole.high],
        "a_only": whole.a_only,
        "b_only": whole.b_only,
        "mcnemar_p": whole.p,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fer2013", nargs="?", help="FER2013, as fer-core data import takes it")
    parser.add_argument("--store", type=Path, default=Path("presets/runs.db"))
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--dnn-epochs", type=int, default=100)
    parser.add_argument("--only", action="append", default=[], help="a preset; repeatable")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if not arguments.smoke and not arguments.fer2013:
        parser.error("name the data set, or use --smoke")
    if unknown := set(arguments.only) - set(PRESETS):
        parser.error(f"--only {' '.join(sorted(unknown))}: there are {', '.join(PRESETS)}")
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.smoke:
            arguments.store = Path(temporary) / "runs.db"
            arguments.side, arguments.epochs, arguments.dnn_epochs = 16, 1, 2
            arguments.only = arguments.only or ["e-dnn", "e-cnn"]
        arguments.store.parent.mkdir(parents=True, exist_ok=True)
        with RunStore.open(arguments.store) as store:
            measure(store, arguments)


def measure(store: RunStore, arguments: argparse.Namespace) -> None:
    if DATA not in {dataset.name for dataset in store.datasets()}:
        faces = synthesise(1400) if arguments.smoke else import_data(Path(arguments.fer2013))
        store.add_dataset(DATA, faces)
    results = {}
    for name, config in planned(arguments).items():
        results[name] = measured(store, trained(store, name, config))
        print(f"{name}: {results[name]['validation_accuracy']:.2%}", file=sys.stderr)
    pairs = [
        paired(store, a, b + long)
        for a, b in PAIRS
        for long in ("", "-long")
        if a in results and b + long in results
    ]
    table = Table("run", "parameters", "epochs", "training", "validation (95 %)", "best", "seconds")
    for name, row in results.items():
        low, high = row["interval"]
        table.add_row(
            name,
            f"{row['parameters']:,}",
            str(row["epochs"]),
            f"{row['train_accuracy']:.1%}",
            f"{row['validation_accuracy']:.1%} ({low:.1%} to {high:.1%})",
            f"{row['best_validation_accuracy']:.1%}",
            f"{row['seconds']:.0f}",
        )
    document = {
        "machine": machine(),
        "budget": {
            key: getattr(arguments, key) for key in ("side", "epochs", "batch_size", "dnn_epochs")
        },
        "runs": results,
        "pairs": pairs,
    }
    lines = [
        f"{p['a']} against {p['b']}: {p['points']:+.1f} points ({p['interval'][0]:+.1f} to "
        f"{p['interval'][1]:+.1f}), right alone {p['a_only']} and {p['b_only']}, "
        f"p = {p['mcnemar_p']:.2g}"
        for p in pairs
    ]
    report(document, table, as_json=arguments.json, note="\n".join(lines))


if __name__ == "__main__":
    main()
