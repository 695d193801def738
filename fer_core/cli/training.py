"""``fer-core train`` and ``resume``."""

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
from fer_core.records import TEST, Run

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
