"""``fer-core data preview``: store what augmentation makes of a face, for a figure to draw."""

import shlex
from typing import Annotated

import typer

from fer_core.cli.output import open_store, print_json, stderr


def preview(
    name: Annotated[str, typer.Argument(help="Name of a data set.")],
    sample: Annotated[str, typer.Option(help="The face: split:index or its source name.")] = "",
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Other seeds differ.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Store one face as each kind of augmentation shows it to a training, at several strengths.

    The figure augmentation_preview draws it. The face is the first one unless --sample names
    another. Example: fer-core data preview fer2013 --sample train:12
    """
    from fer_core.data.preview import preview as computed

    with open_store(read_only=True) as store:
        dataset = store.dataset(name)
        split, index = store.sample(
            dataset.fingerprint, sample or f"{next(iter(dataset.splits))}:0"
        )
        image = store.images(dataset.fingerprint, split, [index])[0]
        source = store.sample_names(dataset.fingerprint, split)[index]
    record = computed(image, sample=f"{split}:{index}", name=source, seed=seed)
    with open_store() as store:
        store.add_dataset_tensor(dataset.fingerprint, record)
    if json:
        print_json({"dataset": dataset.name, "sample": record.sample, "seed": seed})
        return
    words = ["fer-core", "figure", "augmentation_preview", dataset.name, "-o", "preview.pdf"]
    stderr.print(f"stored {split}:{index} of {dataset.name}; draw it: {shlex.join(words)}")
