"""The leaderboard: entries from stored runs, and the section of docs/results.md from the entries.

    python benchmarks/leaderboard.py add runs/runs.db fast-0 fast-1 fast-2 --name fast
        --split validation --weights last --averaging flip
    python benchmarks/leaderboard.py render

`add` takes runs of one configuration that differ in their seed, or ensembles that combine alike,
reads the score of each from the store, never from the command line, and writes the entry to
docs/leaderboard.json in place of one of the same name and split. The command that makes such runs
is worked out from their configuration, and checked to give it; where that cannot be (a recipe in a
file of one's own) `--command` names it. `render` writes the section, with the learning curves that

    fer-core figure learning_curves fast-0 fast-1 fast-2 -o docs/learning-curves/fast.svg

has drawn for the entry of that name.
"""

import argparse
import json
import shlex
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from leaderboard_text import CURVES, IMAGES, KEYS, with_section
from measuring import errors_in_one_line

from fer_core.config import RunConfig
from fer_core.errors import InputError
from fer_core.files import write_atomically
from fer_core.models import preset_config
from fer_core.records import ENSEMBLE, FINISHED, PUBLIC, TEST, VALIDATION, Run, Score
from fer_core.store import RunStore

DOCS = Path(__file__).parent.parent / "docs"
ENTRIES, RESULTS = DOCS / "leaderboard.json", DOCS / "results.md"
# What may differ between the runs of an entry: the seed, and what decides nothing.
FREE = ("seed", "sources", "keep_epochs", "data")


def entry_of(
    store: RunStore,
    references: Sequence[str],
    *,
    name: str,
    split: str,
    weights: str,
    averaging: str,
    command: str | None = None,
) -> dict[str, Any]:
    """Return an entry of the leaderboard: what stored runs reach with these weights.

    test_readings: how often a test split was read, by all of the runs, and by the members of an
    ensemble, together. Raises InputError for runs that are not comparable.
    """
    runs = sorted((store.run(reference) for reference in references), key=lambda run: run.seed)
    scores = [score_of(store, run, split, weights, averaging) for run in runs]
    check_alike(store, runs)
    parts = [member for run in runs for member in members_of(store, run)]
    everyone = {run.id: run for run in (*runs, *parts)}.values()
    if command is None:
        command = command_of(store, runs, parts, split=split, weights=weights, averaging=averaging)
    accuracies = [score.accuracy for score in scores]
    values = (
        name,
        len(parts) // len(runs),
        split,
        sorted({run.seed for run in parts}),
        accuracies,
        statistics.fmean(accuracies),
        weights,
        averaging,
        sum(len(store.details(run.id).test_readings) for run in everyone),
        "; ".join(sorted({machine_of(store, run) for run in parts})),
        command,
    )
    return dict(zip(KEYS, values, strict=True))


def score_of(store: RunStore, run: Run, split: str, weights: str, averaging: str) -> Score:
    """Return the stored score; InputError where the run or its split is none of a leaderboard."""
    if run.status != FINISHED:
        raise InputError(f"run {run.name!r} is {run.status}; a leaderboard takes finished runs")
    if run.synthetic:
        raise InputError(f"run {run.name!r} is of synthetic faces; a leaderboard takes FER2013")
    score = run.score(split, weights, averaging)
    if score is None:
        store.predictions(run.id, split, weights, averaging)  # says which command makes them
        raise InputError(f"run {run.name!r} has no score on {split}; its images have no labels")
    if score.count != IMAGES:
        raise InputError(
            f"run {run.name!r} was judged on {score.count} {split} images; PublicTest and "
            f"PrivateTest have {IMAGES} each: train with --validation official"
        )
    return score


def check_alike(store: RunStore, runs: Sequence[Run]) -> None:
    """Raise InputError unless the runs differ in nothing but their seed (or their members)."""
    first, *others = (comparable(store, run) for run in runs)
    for run, other in zip(runs[1:], others, strict=True):
        for key in first | other:
            if first.get(key) != other.get(key):
                raise InputError(
                    f"{runs[0].name!r} and {run.name!r} differ in {key}; "
                    "name runs of one configuration"
                )
    told_apart = [run.id if run.preset == ENSEMBLE else run.seed for run in runs]
    if len(set(told_apart)) < len(runs):
        names = ", ".join(run.name for run in runs)
        raise InputError(f"two of {names} have one seed; name runs with a seed each")


def comparable(store: RunStore, run: Run) -> dict[str, Any]:
    config = dict(store.details(run.id).config)
    if run.preset == ENSEMBLE:
        kept = {key: config[key] for key in ("combine", "weighting")}
        kept["members"] = len(config["member_ids"])
    else:
        kept = {key: value for key, value in config.items() if key not in FREE}
    return kept | {"dataset": run.dataset_fingerprint, "preset": run.preset}


def members_of(store: RunStore, run: Run) -> list[Run]:
    """Return the runs that an ensemble combines, or the run itself."""
    if run.preset != ENSEMBLE:
        return [run]
    return [store.run(each) for each in store.details(run.id).config["member_ids"].values()]


def machine_of(store: RunStore, run: Run) -> str:
    versions = store.details(run.id).versions
    threads = f", {versions['threads']} threads" if versions["machine"].startswith("cpu") else ""
    return f"{versions['machine']}{threads}, {versions['precision']}, torch {versions['torch']}"


def command_of(
    store: RunStore,
    runs: Sequence[Run],
    parts: Sequence[Run],
    *,
    split: str,
    weights: str,
    averaging: str,
) -> str:
    """Return the line of a shell that makes the entry's runs, its seeds in a loop."""
    average = f" --average {averaging}" if averaging != "none" else ""
    if runs[0].preset == ENSEMBLE:
        config = store.details(runs[0].id).config
        how = "--vote" if config["combine"] == "vote" else f"--weights {config['weighting']}"
        size = len(parts) // len(runs)
        return "; ".join(
            f"for run in {names}; do fer-core evaluate $run --split {split}{average}; done; "
            f"fer-core ensemble {names} {how} --split {split}"
            for names in (
                shlex.join(run.name for run in parts[at : at + size])
                for at in range(0, len(parts), size)
            )
        )
    config = RunConfig.from_dict(store.details(runs[0].id).config)
    given = {
        key: getattr(config, key)
        for key, source in config.sources.items()
        if source == "given" and key not in FREE
    }
    try:
        again = preset_config(config.preset, data=config.data, **given)
    except InputError:
        again = None
    decided = {key: getattr(config, key) for key in FREE}
    if again is None or again.replace(**decided) != config:
        raise InputError(
            f"no command is known to give the configuration of {runs[0].name!r}, whose preset is "
            f"{config.preset!r}; name it with --command"
        )
    options = "".join(f" --set {shlex.quote(f'{key}={value}')}" for key, value in given.items())
    seeds = " ".join(str(run.seed) for run in runs)
    name = f"{config.preset}-$seed"
    return (
        f"for seed in {seeds}; do fer-core train {config.preset} --data {shlex.quote(config.data)}"
        f"{options} --seed $seed --name {name} && fer-core evaluate {name} --split {split}"
        f" --weights {weights}{average}; done"
    )


def placed(entries: Sequence[dict[str, Any]], entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries with this one in place of one of its name and split, the best first."""
    key = (entry["name"], entry["split"])
    others = [each for each in entries if (each["name"], each["split"]) != key]
    return sorted([*others, entry], key=lambda each: (each["split"] != TEST, -each["mean"]))


def text_of(path: Path) -> str:
    """Return a file's text; InputError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{path}: {reason}; name one with --entries or --results") from None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=Path, default=ENTRIES, help="the file of entries")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the text with the section")
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add")
    add.add_argument("store", type=Path)
    add.add_argument("runs", nargs="+", metavar="run")
    add.add_argument("--name", required=True, help="of the model or ensemble")
    add.add_argument("--split", default=TEST, choices=(TEST, PUBLIC, VALIDATION))
    add.add_argument("--weights", default="last")
    add.add_argument("--averaging", default="flip")
    add.add_argument("--command")
    actions.add_parser("render")
    arguments = parser.parse_args()
    entries = json.loads(text_of(arguments.entries))
    if arguments.action == "render":
        text = text_of(arguments.results)
        curves = {path.stem for path in (arguments.results.parent / CURVES).glob("*.svg")}
        write_atomically(arguments.results, with_section(text, entries, curves).encode())
        return
    with RunStore.open(arguments.store, read_only=True) as store:
        entry = entry_of(
            store,
            arguments.runs,
            name=arguments.name,
            split=arguments.split,
            weights=arguments.weights,
            averaging=arguments.averaging,
            command=arguments.command,
        )
    text = json.dumps(placed(entries, entry), indent=2, ensure_ascii=False)
    write_atomically(arguments.entries, f"{text}\n".encode())


if __name__ == "__main__":
    with errors_in_one_line():
        main()
