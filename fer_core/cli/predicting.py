"""``fer-core predict``: one's own photos, or a test file for a leaderboard."""

import base64
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from fer_core.cli.output import counting, open_store, print_json, stderr, stdout
from fer_core.cli.training import AverageOption, DeviceOption, Json, WeightsOption
from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES, Run

if TYPE_CHECKING:
    import numpy as np

    from fer_core.data.photo import Photo
    from fer_core.predicting import RunPredictions

STDIN = Path("-")


def predict(
    run: Annotated[str, typer.Argument(help="Id, unique prefix or name of a run.")],
    images: Annotated[
        list[Path] | None, typer.Argument(help="JPEG, PNG, WebP or BMP files; - reads one.")
    ] = None,
    with_: Annotated[
        list[str] | None, typer.Option("--with", help="A further run; repeatable.")
    ] = None,
    test: Annotated[
        Path | None, typer.Option("--test", help="Predict a test file for a leaderboard instead.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The submission to write: id,label.")
    ] = None,
    weights: WeightsOption = "best",
    average: AverageOption = "none",
    crop: Annotated[
        str, typer.Option(help="auto finds the faces; none takes each picture as a face.")
    ] = "auto",
    keep: Annotated[
        bool, typer.Option("--keep", help="Store the faces and the result with the runs.")
    ] = False,
    name: Annotated[str, typer.Option(help="What a picture read from - is called.")] = "stdin",
    device: DeviceOption = "auto",
    json: Json = False,
) -> None:
    """Print what runs make of the faces in photos, or write a submission to a leaderboard.

    Example: fer-core predict fast-1 party.jpg --with dnn-1

    Example: fer-core predict fast-1 --with dnn-1 --test test.csv -o submission.csv
    """
    references = (run, *(with_ or ()))
    options = {"weights": weights, "averaging": average, "device": device}
    if test is not None:
        if images or keep or output is None:
            raise InputError("--test takes -o FILE, and neither images nor --keep")
        document = _submit(references, test, output, options)
        if json:
            print_json(document)
        return
    if output is not None or not images:
        raise InputError("name image files to predict, or --test FILE -o submission.csv")
    photos = _read(images, name, crop)
    document = _predict(references, photos, options, keep=keep)
    if json:
        print_json(document)
    else:
        _print(document)


def _read(images: list[Path], name: str, crop: str) -> "list[Photo]":
    from fer_core.data.photo import photo_of, read_photo
    from fer_core.data.pictures import LARGEST_FILE

    if images.count(STDIN) > 1:
        raise InputError("- stands for one picture; name the others' files")
    return [
        photo_of(sys.stdin.buffer.read(LARGEST_FILE + 1), name, crop=crop)
        if path == STDIN
        else read_photo(path, crop=crop)
        for path in images
    ]


def _predict(
    references: Sequence[str], photos: "list[Photo]", options: dict[str, str], *, keep: bool
) -> dict[str, Any]:
    import numpy as np

    from fer_core import predicting

    pixels = np.stack([face.pixels for photo in photos for face in photo.faces])
    with open_store(read_only=not keep) as store, counting("predicting") as progress:
        runs = predicting.find_runs(store, references)
        answers = predicting.predict(store, runs, pixels, progress=progress, **options)
        if keep:
            predicting.keep(store, photos, answers)
    return _document(photos, answers, predicting.ensemble(answers), kept=keep)


def _submit(
    references: Sequence[str], test: Path, output: Path, options: dict[str, str]
) -> dict[str, Any]:
    from fer_core import predicting
    from fer_core.data.submission import read_test, submission
    from fer_core.files import check_writable, write_atomically

    if output.exists() and test.exists() and output.samefile(test):
        raise InputError(f"-o {output} is the test file itself; name another file")
    check_writable(output)
    with open_store(read_only=True) as store:
        runs = predicting.find_runs(store, references)
        with counting(f"reading {test.name}") as progress:
            split = read_test(test, progress=progress)
        with counting("predicting") as progress:
            answers = predicting.predict(store, runs, split.images, progress=progress, **options)
    write_atomically(output, submission(split.names, predicting.ensemble(answers)))
    voices = "the mean of " * (len(runs) > 1) + ", ".join(map(_shown, runs))
    stderr.print(f"{output}: {len(split.names):,} images by {voices}")
    return {"output": str(output), "images": len(split.names), "runs": _runs(answers)}


def _document(
    photos: "list[Photo]", answers: "list[RunPredictions]", mean: "np.ndarray", *, kept: bool
) -> dict[str, Any]:
    faces: list[dict[str, Any]] = []
    for photo in photos:
        for number, face in enumerate(photo.faces, 1):
            row = len(faces)
            shares = {each.run.name: _shares(each.probabilities[row]) for each in answers}
            faces.append(
                {
                    "file": photo.name,
                    "sha256": photo.sha256,
                    "face": number,
                    "faces": len(photo.faces),
                    "box": list(face.box),
                    "pixels": base64.b64encode(face.pixels.tobytes()).decode("ascii"),
                    "probabilities": shares,
                    "ensemble": _shares(mean[row]) if len(answers) > 1 else None,
                }
            )
    return {"runs": _runs(answers), "faces": faces, "kept": kept}


def _runs(answers: "list[RunPredictions]") -> list[dict[str, Any]]:
    return [
        {
            "id": each.run.id,
            "name": each.run.name,
            "synthetic": each.run.synthetic,
            "weights": each.weights,
            "averaging": each.averaging,
            "epoch": each.epoch,
            "checkpoint_sha256": each.checkpoint_sha256,
        }
        for each in answers
    ]


def _shares(row: "np.ndarray") -> dict[str, float]:
    return dict(zip(CLASS_NAMES, map(float, row), strict=True))


def _shown(run: Run) -> str:
    return f"{run.name} (trained on synthetic faces)" if run.synthetic else run.name


def _print(document: dict[str, Any]) -> None:
    names = {
        run["name"]: f"{run['name']} (synthetic)" if run["synthetic"] else run["name"]
        for run in document["runs"]
    }
    for face in document["faces"]:
        left, top, side = face["box"]
        title = f"{face['file']}: face {face['face']} of {face['faces']}"
        table = Table("class", title=f"{title}, {side} pixels from ({left}, {top})")
        columns = [face["probabilities"][name] for name in names]
        for shown in names.values():
            table.add_column(shown, justify="right")
        if face["ensemble"]:
            table.add_column("ensemble", justify="right")
            columns.append(face["ensemble"])
        for class_name in CLASS_NAMES:
            table.add_row(class_name, *(f"{column[class_name]:.1%}" for column in columns))
        stdout.print(table)
    for run in document["runs"]:
        stdout.print(
            f"{names[run['name']]}: {run['weights']} weights, epoch {run['epoch']}; averaging: "
            f"{run['averaging']}"
        )
    if document["kept"]:
        stderr.print("kept: the faces and the result are stored with each run")
