"""``fer-core filters``, ``outputs`` and ``dream``: what filters want and find, stored."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer_core.cli.output import open_store, print_json, stderr, stdout
from fer_core.cli.storing import counted, head, heading, parts, storing
from fer_core.cli.training import DeviceOption, Json, WeightsOption
from fer_core.errors import InputError
from fer_core.records import TensorKey

if TYPE_CHECKING:
    from fer_core.microscope import Plan, Study

RunArgument = Annotated[str, typer.Argument(help="Id, unique prefix or name of a run.")]
SampleOption = Annotated[
    list[str] | None,
    typer.Option("--sample", help="An image, as test:12, or its source name; repeatable."),
]
LayersOption = Annotated[
    str | None,
    typer.Option(help="As conv2,last; default: conv1, conv2, conv6 and last, or dense1."),
]
SeedOption = Annotated[int, typer.Option(help="Decides random numbers.")]
Force = Annotated[bool, typer.Option("--force", help="Compute again what is there, too.")]


def filters(
    run: RunArgument,
    layers: LayersOption = None,
    style: Annotated[str, typer.Option(help="plain, or natural: clearer, smoother.")] = "plain",
    ascent_steps: Annotated[int, typer.Option(help="Steps up, for filters and classes.")] = 200,
    record_every: Annotated[int, typer.Option(help="Keep the image after so many steps.")] = 10,
    filters: Annotated[str, typer.Option(help="all, or some by number, as 0,3,17.")] = "all",
    start: Annotated[str, typer.Option(help="noise, or an image, as test:12.")] = "noise",
    top_split: Annotated[
        str, typer.Option(help="Where the images come from that excite filters most.")
    ] = "train",
    class_images: Annotated[
        str, typer.Option(help="What they start from: noise, mean-face, both or none.")
    ] = "both",
    weights: WeightsOption = "best",
    seed: SeedOption = 0,
    force: Force = False,
    device: DeviceOption = "auto",
    json: Json = False,
) -> None:
    """Store what the filters of layers want to see.

    \b
    For each filter, the images that an ascent makes, from noise to one that
    excites it strongly, with its activation at each; the nine images of a
    split that excite it most; how alike the filters of a layer are; the first
    layer's kernels; and for each class the image that speaks most for it.
    What is there, by the same weights, options and seed, is not computed
    again. Ctrl-C keeps what is done.

    Example: fer-core filters fast-1 --layers conv1,last --style natural
    """
    from fer_core import microscope

    carry_out(
        "filters",
        run,
        lambda study: microscope.plan_filters(
            study,
            layers=parts("layers", layers),
            style=style,
            steps=ascent_steps,
            record_every=record_every,
            filters=_numbers(filters),
            start=start,
            split=top_split,
            classes=class_images,
            seed=seed,
        ),
        weights=weights,
        force=force,
        device=device,
        json=json,
    )


def outputs(
    run: RunArgument,
    sample: SampleOption = None,
    layers: LayersOption = None,
    weights: WeightsOption = "best",
    force: Force = False,
    device: DeviceOption = "auto",
    json: Json = False,
) -> None:
    """Store what layers give for images: every filter's map, before batch norm and ReLU.

    Example: fer-core outputs fast-1 --sample train:5566 --layers conv2
    """
    from fer_core import microscope

    samples = samples_of(sample)
    carry_out(
        "outputs",
        run,
        lambda study: microscope.plan_outputs(
            study, samples=samples, layers=parts("layers", layers)
        ),
        weights=weights,
        force=force,
        device=device,
        json=json,
    )


def dream(
    run: RunArgument,
    sample: SampleOption = None,
    layer: Annotated[str, typer.Option(help="As conv4; default: the last convolution.")] = "last",
    octaves: Annotated[int, typer.Option(help="Sizes, each 1.4 times the one before.")] = 3,
    steps: Annotated[int, typer.Option(help="Steps at each size.")] = 10,
    weights: WeightsOption = "best",
    seed: SeedOption = 0,
    force: Force = False,
    device: DeviceOption = "auto",
    json: Json = False,
) -> None:
    """Store images in which what a layer finds is strengthened (deep dream).

    Example: fer-core dream fast-1 --sample test:12 --layer conv4
    """
    from fer_core import microscope

    samples = samples_of(sample)
    carry_out(
        "dreaming",
        run,
        lambda study: microscope.plan_dream(
            study, samples=samples, layer=layer, octaves=octaves, steps=steps, seed=seed
        ),
        weights=weights,
        force=force,
        device=device,
        json=json,
    )


def carry_out(
    label: str,
    reference: str,
    plan: "Callable[[Study], Plan]",
    *,
    weights: str,
    force: bool,
    device: str,
    json: bool,
    found: "Callable[[Study, Sequence[TensorKey]], dict[str, Any]]" = lambda *_: {},
    lines: Callable[[dict[str, Any]], list[str]] = lambda _: [],
) -> None:
    """Plan, announce, compute and store, and tell what was done.

    found: what the document says beside keys, by what is there now; lines: the same as text.
    """
    from fer_core import microscope

    began = time.perf_counter()
    with open_store() as store:
        study = microscope.Study(store, reference, weights=weights, force=force, device=device)
        loaded, planned = study.loaded, plan(study)
        name = heading(study.run, weights, loaded.epoch)
        with storing(label, f"{name}: {_announced(planned)}", force=force) as progress:
            done = microscope.carry_out(planned, progress)
        more = found(study, (*planned.present, *done.stored))
    seconds = time.perf_counter() - began
    if json:
        print_json(
            head(study.run, weights, loaded.epoch, loaded.sha256)
            | {
                "stored": [key_document(key) for key in done.stored],
                "present": [key_document(key) for key in planned.present],
                "skipped": [each._asdict() for each in done.skipped],
                **more,
                "seconds": seconds,
            }
        )
        return
    for skipped in done.skipped:
        stderr.print(f"skipped: {skipped.what}: {skipped.why}")
    for line in lines(more):
        stdout.print(line)
    stdout.print(
        f"{name}: {counted(len(done.stored), 'array')} stored, {len(planned.present):,} there "
        f"already, {seconds:.0f} s"
    )


def _announced(planned: "Plan") -> str:
    there = f"{len(planned.present):,} there already"
    if not planned.jobs:
        return f"nothing lacks; {there}"
    kinds = dict.fromkeys(array.kind for job in planned.jobs for array in job.arrays)
    return (
        f"{counted(planned.lacking, 'array')} to compute and store, about "
        f"{planned.megabytes:.2f} MB ({', '.join(kinds)}); {there}"
    )


def key_document(key: TensorKey) -> dict[str, str]:
    """Return what an array is stored under, but for the weights."""
    names = ("kind", "method", "layer", "sample", "target")
    return {name: getattr(key, name) for name in names}


def samples_of(given: list[str] | None) -> str:
    """Read --sample; InputError where none is named."""
    if not given:
        raise InputError("no image is named; name one with --sample, as --sample test:12")
    return ",".join(given)


def _numbers(text: str) -> tuple[int, ...] | None:
    if text == "all":
        return None
    return tuple(whole("filters", part) for part in parts("filters", text))


def whole(option: str, text: str) -> int:
    """Read a number from 0 on; InputError for anything else."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()):
        more = "all, or numbers, as 0,3,17" if option == "filters" else "a number, or all"
        raise InputError(f"--{option} is {text!r}; give {more}")
    return int(digits)
