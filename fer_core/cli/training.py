"""``fer-core train``, ``resume``, ``evaluate`` and ``predictions``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer_core.cli import recipe_options as recipe
from fer_core.cli.matching import MatchBy, MatchParameters, matched
from fer_core.cli.output import (
    TrainingProgress,
    left_out,
    open_store,
    print_json,
    run_summary,
    settings,
    stderr,
    stdout,
)
from fer_core.errors import InputError
from fer_core.records import ENSEMBLE, TEST, VALIDATION, Run, Score

if TYPE_CHECKING:
    from fer_core.store import RunStore

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]
SplitOption = Annotated[str, typer.Option(help="validation, test or public.")]
WeightsOption = Annotated[
    str,
    typer.Option(help="best (by validation accuracy), last, average (of the weights), or epoch-N."),
]
AverageOption = Annotated[
    str,
    typer.Option(help="none, flip: with the mirrored image, or crops: of ten crops of the image."),
]

# What has an option or an argument of its own, or comes from the preset's file.
_NOT_BY_SET = {"name", "preset", "data", "architecture", "sources", "teacher_sha256"}


def train(
    preset: Annotated[
        str,
        typer.Argument(
            help="A preset (fer-core presets list), the path of a .toml file, or FILE.py:CLASS."
        ),
    ],
    data: Annotated[str, typer.Option(help="Data set; default: the only one there is.")] = "",
    name: Annotated[str, typer.Option(help="Name of the run; default: from the preset.")] = "",
    epochs: Annotated[int | None, typer.Option(help="Rescales the recipe's schedule.")] = None,
    seed: Annotated[int | None, typer.Option(help="Decides every random choice.")] = None,
    device: DeviceOption = "auto",
    validation: Annotated[
        str | None, typer.Option(help="official, or the fraction of train to hold out.")
    ] = None,
    match_parameters: MatchParameters = "",
    match_by: MatchBy = "width",
    augment: recipe.Augment = None,
    rotate: recipe.Rotate = None,
    shift: recipe.Shift = None,
    zoom: recipe.Zoom = None,
    erase: recipe.Erase = None,
    normalise: recipe.Normalise = None,
    optimizer: recipe.Optimizer = None,
    schedule: recipe.Schedule = None,
    weight_average: recipe.WeightAverage = None,
    sides: recipe.Sides = None,
    patience: recipe.Patience = None,
    class_weights: recipe.ClassWeights = None,
    label_smoothing: recipe.LabelSmoothing = None,
    mixup: recipe.Mixup = None,
    dropout: recipe.Dropout = None,
    teacher: recipe.Teacher = None,
    teacher_weight: recipe.TeacherWeight = None,
    temperature: recipe.Temperature = None,
    keep_epochs: Annotated[
        str | None, typer.Option(help="Epochs whose weights are kept, too, as 1,5,20.")
    ] = None,
    drop: Annotated[
        str | None, typer.Option(help="Findings whose images are left out, as black,conflict.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Any setting as key=value; repeatable.")
    ] = None,
    json: Json = False,
) -> None:
    """Train a preset, or a network of your own, and store its history, checkpoints and validation
    predictions.

    Example: fer-core train fast --data fer2013 --name fast-1

    Example: fer-core train cnn --teacher fast-1,fast-2 --name student

    --drop leaves images out of training, never of validation or test, for what fer-core data
    audit finds in them:

    \b
    black, flat    nothing to be seen
    text-like      text, a sign or a drawing
    copy           all but the first of byte-identical images
    conflict       all byte-identical images that are labelled differently
    near-copy      all but the first that show one picture, changed, turned or mirrored
    near-conflict  all that show one picture and are labelled differently
    twin           those with a byte-identical image in another split
    """
    from fer_core.distributed import joined
    from fer_core.experiment import train_run
    from fer_core.models import parameter_count, preset_config

    given = {
        "epochs": epochs,
        "seed": seed,
        "validation": validation,
        "augment": augment,
        "rotate": rotate,
        "shift": shift,
        "zoom": zoom,
        "erase": erase,
        "normalise": normalise,
        "optimizer": optimizer,
        "schedule": schedule,
        "weight_average": weight_average,
        "sides": sides,
        "patience": patience,
        "class_weights": class_weights,
        "label_smoothing": label_smoothing,
        "mixup": mixup,
        "dropout": dropout,
        "teacher": teacher,
        "teacher_weight": teacher_weight,
        "temperature": temperature,
        "keep_epochs": keep_epochs,
        "drop": drop,
    }
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    changes |= settings(set_ or [])
    if misplaced := _NOT_BY_SET & set(changes):
        raise InputError(
            f"--set does not take {', '.join(sorted(misplaced))}; see: fer-core train --help"
        )
    config = preset_config(preset, data=data, **changes)
    config = matched(config, match_parameters, by=match_by)
    parameter_count(config)  # a wrong setting or layer: before a store is made
    with open_store() as store, TrainingProgress() as progress:
        config = config.replace(data=data or _only_dataset(store))
        run = train_run(
            store, config, name=name or None, device=device, progress=progress,
            group=joined(),
        )  # fmt: skip
        dropped, images = store.details(run.id).dropped, len(store.dropped(run.id))
    if dropped:
        stderr.print(f"left out of training: {left_out(images, dropped)}")
    _report(run, json=json)


def resume(run: str, device: DeviceOption = "auto", json: Json = False) -> None:
    """Go on with an interrupted, failed or killed run from its newest whole checkpoint.

    Example: fer-core resume fast-1
    """
    from fer_core.distributed import joined
    from fer_core.experiment import resume_run

    with open_store() as store, TrainingProgress() as progress:
        finished, differences = resume_run(
            store, run, device=device, progress=progress, group=joined()
        )
    for difference in differences:
        stderr.print(f"warning: {difference}: the result may differ from an uninterrupted run's")
    _report(finished, json=json)


def evaluate(
    run: str,
    split: SplitOption = VALIDATION,
    weights: WeightsOption = "best",
    average: AverageOption = "none",
    device: DeviceOption = "auto",
    json: Json = False,
) -> None:
    """Store a run's predictions on a split and print its accuracy; each reading of test is logged.

    Example: fer-core evaluate fast-1 --split test --average flip
    """
    from fer_core.analysis.metrics import accuracy_of

    with open_store() as store:
        score = _evaluate(store, run, split, weights=weights, averaging=average, device=device)
        found = store.run(run)
        readings = sum(r.split == split for r in store.details(found.id).test_readings)
        epoch = store.predictions(found.id, split, weights, average).epoch
    whole = accuracy_of(score.correct, score.count)
    without = accuracy_of(score.correct_without_twins, score.count_without_twins)
    if json:
        print_json(
            {
                "run": found.name,
                "split": split,
                "weights": weights,
                "epoch": epoch,
                "averaging": average,
                "synthetic": found.synthetic,
                "n": whole.count,
                "accuracy": whole.value,
                "interval": [whole.low, whole.high],
                "without_twins": {
                    "n": without.count,
                    "accuracy": without.value,
                    "interval": [without.low, without.high],
                },
                "test_readings": readings,
            }
        )
        return
    synthetic = " (synthetic faces)" if found.synthetic else ""
    chosen = "chosen on validation" if weights == "best" else "no epoch chosen"
    made = f"{weights} weights: epoch {epoch} ({chosen})"
    if found.preset == ENSEMBLE:
        made = "from predictions that its members stored"
    stdout.print(
        f"{found.name} on {split}{synthetic}: {whole.value:.2%}"
        f" (95 % interval {whole.low:.2%} to {whole.high:.2%}, n = {whole.count:,})"
    )
    if 0 < without.count < whole.count:  # none of the images that it trained on
        stdout.print(
            f"without the {whole.count - without.count:,} images that have a twin in training: "
            f"{without.value:.2%} ({without.low:.2%} to {without.high:.2%}, n = {without.count:,})"
        )
    stdout.print(f"{made}; averaging: {average}")
    if readings:
        stdout.print(f"readings of {split} for this run so far: {readings}")


def _evaluate(
    store: "RunStore", run: str, split: str, *, weights: str, averaging: str, device: str
) -> Score:
    """Run the model on the split; for an ensemble, combine what its members have predicted."""
    if store.run(run).preset == ENSEMBLE:
        from fer_core.ensembling import evaluate_ensemble

        return evaluate_ensemble(store, run, split, weights=weights, averaging=averaging)
    from fer_core.experiment import evaluate_run

    return evaluate_run(store, run, split, weights=weights, averaging=averaging, device=device)


def predictions(
    run: str,
    output: Annotated[Path, typer.Option("--output", "-o", help="The csv file to write.")],
    split: SplitOption = VALIDATION,
    weights: WeightsOption = "best",
    average: AverageOption = "none",
) -> None:
    """Write stored predictions as csv: a row an image, seven probabilities.

    Example: fer-core predictions fast-1 --split validation -o predictions.csv
    """
    import pandas

    from fer_core.files import write_atomically
    from fer_core.records import CLASS_NAMES

    with open_store(read_only=True) as store:
        found = store.run(run)
        images = store.evaluation_split(found.id, split)
        stored = store.predictions(found.id, split, weights, average)
        names = store.sample_names(found.dataset_fingerprint, images.source)
    columns: dict[str, Any] = {
        "sample": [f"{images.source}:{index}" for index in images.indices],
        "name": [names[index] for index in images.indices],
        "true_class": [CLASS_NAMES[label] if label >= 0 else "" for label in images.labels],
    }
    for label, class_name in enumerate(CLASS_NAMES):
        columns[class_name] = stored.probabilities[:, label]
    table = pandas.DataFrame(columns)
    write_atomically(output, table.to_csv(index=False, lineterminator="\n").encode())
    stderr.print(f"{output}: {len(table):,} images, epoch {stored.epoch}")


def _only_dataset(store: "RunStore") -> str:
    names = [dataset.name for dataset in store.datasets()]
    if len(names) == 1:
        return names[0]
    if not names:
        raise InputError("no data set in the store; make one: fer-core data synth")
    raise InputError(f"several data sets; choose with --data: {', '.join(names)}")


def _report(run: Run, *, json: bool) -> None:
    if json:
        print_json(run_summary(run))
        return
    if run.epochs < run.epochs_planned:
        stderr.print(
            f"stopped early after epoch {run.epochs} of {run.epochs_planned}: validation accuracy "
            f"was no better since epoch {run.best_epoch}"
        )
    accuracy = f"{run.validation_accuracy:.2%}" if run.validation_accuracy is not None else "none"
    synthetic = " (synthetic faces)" if run.synthetic else ""
    stdout.print(
        f"{run.name} ({run.id}): validation accuracy {accuracy}{synthetic} in epoch "
        f"{run.best_epoch} of {run.epochs}, {run.seconds:.0f} s; "
        f"next: fer-core evaluate {run.name} --split {TEST}"
    )
