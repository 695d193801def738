"""``fer-core data``: import data sets, make synthetic ones, list and audit them."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from fer_core.cli import audit, preview
from fer_core.cli.output import counting, open_store, print_json, stderr, stdout
from fer_core.records import CLASS_NAMES, UNLABELLED, Dataset, DatasetArrays

app = typer.Typer(help="Import data sets, make synthetic faces, list what is there, audit it.")
app.command()(audit.audit)
app.command()(preview.preview)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="A zip, a folder, a csv or a parquet file.")],
    name: Annotated[str, typer.Option(help="Name of the data set; default: the file's.")] = "",
    classes: Annotated[
        str,
        typer.Option(
            help="What numbers and other names of classes mean: official or alphabetical, or a "
            "list in the order of the numbers from 0 on (angry,happy,sad), and pairs for others "
            "(wut=angry,contempt=none); none leaves a class out."
        ),
    ] = "",
    splits: Annotated[
        str,
        typer.Option(
            help="Where folders and the pictures' names (Training_1.jpg, PublicTest_2.jpg) say "
            "different splits: believe the names, or the folders."
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Import a data set; its form is found by its content.

    \b
    Forms, each as a file, a folder or a zip where that makes sense:
      the Kaggle archive   train/angry/Training_1.jpg, test/angry/PublicTest_2.jpg
      folders of classes   angry/*, or train/angry/*, validation/..., test/...
      course, 2019 fall    train_img/00000.jpg, train.csv (id,label), test_img/
      csv                  emotion,pixels,Usage in any order
                           emotion,pixels and pixels; label,feature and id,feature
      parquet              columns image and label, as of Hugging Face

    Classes go by name, in English or Chinese. Pictures are JPEG, PNG, WebP or BMP of any size and
    become 48x48 grey: EXIF orientation, centred square, ITU-R 601-2 weights, bicubic resampling
    without aliasing. docs/data.md has an example of each form, and the limits.

    Example: fer-core data import fer2013.zip --name fer2013
    """
    from fer_core.data.importer import import_data
    from fer_core.data.readers import ReadOptions

    options = ReadOptions(classes, splits)
    notes: list[str] = []
    with counting(f"reading and auditing {path.name}") as progress:
        arrays = import_data(path, options=options, progress=progress, note=notes.append)
    if missing := _missing_classes(arrays):
        notes.append(f"no images of {', '.join(missing)}: fewer classes than seven")
    with open_store() as store:
        _report(store.add_dataset(name or path.stem, arrays), json=json)
    for note in notes:
        stderr.print(f"note: {note}")


def _missing_classes(arrays: DatasetArrays) -> list[str]:
    """Return the classes without an image; none where no image has a label."""
    present = {int(label) for split in arrays.splits.values() for label in split.labels}
    labelled = present - {UNLABELLED}
    return [name for index, name in enumerate(CLASS_NAMES) if labelled and index not in labelled]


@app.command()
def synth(
    n: Annotated[int, typer.Option("--n", help="How many images.")] = 6000,
    seed: Annotated[int, typer.Option(help="Other seeds give other faces.")] = 0,
    name: Annotated[str, typer.Option(help="Name of the data set.")] = "synthetic",
    json: Json = False,
) -> None:
    """Make synthetic faces: 80 % train, 10 % validation, 10 % test.

    Example: fer-core data synth --n 6000
    """
    from fer_core.data.synthetic import synthesise

    with counting(f"drawing and auditing {n:,} faces") as progress:
        arrays = synthesise(n, seed=seed, progress=progress)
    with open_store() as store:
        _report(store.add_dataset(name, arrays), json=json)


@app.command("list")
def list_(json: Json = False) -> None:
    """List the data sets in the store.

    Example: fer-core data list --json
    """
    with open_store(read_only=True) as store:
        datasets = store.datasets()
    if json:
        print_json([_entry(dataset) for dataset in datasets])
        return
    for dataset in datasets:
        _print(dataset)


def _report(dataset: Dataset, *, json: bool) -> None:
    if json:
        print_json(_entry(dataset))
    else:
        _print(dataset)


def _entry(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "form": dataset.form,
        "synthetic": dataset.synthetic,
        "splits": {
            split.name: {
                "count": split.count,
                "classes": dict(split.classes),
                "twins": split.twins,
                "fingerprint": split.fingerprint,
            }
            for split in dataset.splits.values()
        },
    }


def _print(dataset: Dataset) -> None:
    synthetic = ", synthetic faces" if dataset.synthetic else ""
    table = Table(title=f"{dataset.name} ({dataset.form}{synthetic}, {dataset.fingerprint[:12]})")
    table.add_column("split")
    for column in (*CLASS_NAMES, "images", "twins in train"):
        table.add_column(column, justify="right")
    for split in dataset.splits.values():
        counts = [f"{split.classes[name]:,}" for name in CLASS_NAMES]
        table.add_row(split.name, *counts, f"{split.count:,}", f"{split.twins:,}")
    stdout.print(table)
