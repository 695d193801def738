"""``fer-core explain``: what a run looks at, stored."""

import json as json_
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer_core.cli.output import open_store, print_json, stderr, stdout
from fer_core.cli.storing import counted, head, heading, parts, storing
from fer_core.cli.training import DeviceOption, Json, WeightsOption
from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES, UNLABELLED, TensorKey

if TYPE_CHECKING:
    from fer_core.explaining import Outcome, Plan


def explain(
    run: Annotated[str, typer.Argument(help="Id, unique prefix or name of a run.")],
    methods: Annotated[
        str | None, typer.Option(help="As saliency,lime; default: all that the network allows.")
    ] = None,
    samples: Annotated[
        str | None, typer.Option(help="Images by split:index or source name: test:12,train:5566.")
    ] = None,
    per_class: Annotated[
        int | None, typer.Option(help="Draw so many images of each class instead.")
    ] = None,
    correct: Annotated[
        bool, typer.Option("--correct", help="Only images that the run gets right.")
    ] = False,
    wrong: Annotated[bool, typer.Option("--wrong", help="Only images that it gets wrong.")] = False,
    split: Annotated[
        str, typer.Option(help="Where to draw from: validation (default), test, public or train.")
    ] = "",
    layers: Annotated[
        str | None,
        typer.Option(help="As conv2,last, for the methods about one; default: each method's own."),
    ] = None,
    targets: Annotated[
        str, typer.Option(help="The class to explain: predicted, true, or a name, as happy.")
    ] = "predicted",
    weights: WeightsOption = "best",
    output: Annotated[
        str | None,
        typer.Option(help="The score to explain: logit or probability; default: each method's."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides the images drawn and random numbers.")] = 0,
    method_option: Annotated[
        list[str] | None,
        typer.Option(help="METHOD.OPTION=VALUE, as lime.samples=2000; repeatable."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Compute again what is there, too.")
    ] = False,
    device: DeviceOption = "auto",
    json: Json = False,
) -> None:
    """Store what a run looks at in images, by one or several methods.

    \b
    Without --samples, one right and one wrong image of each class is drawn, by
    the stored predictions; or --per-class of any, or of those that --correct or
    --wrong name. The first that fit are taken, in an order that the seed and the
    number of images decide. What is there, by the same weights, options and
    seed, is not computed again. Ctrl-C keeps what is done.

    \b
    Methods: saliency, smoothgrad, integrated_gradients, gradcam,
    guided_backprop, guided_gradcam, lime, occlusion

    Example: fer-core explain fast-1 --methods saliency,lime --samples test:12
    """
    from fer_core import explaining

    chosen = parts("methods", methods)
    request = explaining.Request(
        methods=chosen,
        samples=samples,
        per_class=per_class,
        correct=correct,
        wrong=wrong,
        split=split,
        layers=parts("layers", layers),
        targets=targets,
        weights=weights,
        output=output,
        seed=seed,
        options=method_options(method_option or []),
        force=force,
    )
    began = time.perf_counter()
    with open_store() as store:
        planned = explaining.plan(store, run, request, device=device)
        with storing("explaining", _announced(planned), force=force) as progress:
            done = explaining.carry_out(store, planned, progress)
    if json:
        print_json(_document(planned, done, time.perf_counter() - began))
        return
    for skipped in done.skipped:
        stderr.print(f"skipped: {skipped.what}: {skipped.why}")
    stdout.print(
        f"{_name(planned)}: {counted(len(done.stored), 'explanation')} stored, "
        f"{len(planned.present):,} there already, {time.perf_counter() - began:.0f} s"
    )


def method_options(texts: list[str]) -> dict[str, dict[str, Any]]:
    """Read ``METHOD.OPTION=VALUE`` texts, each value as the option's default is.

    Raises InputError for an unknown method or option and for a value of another kind.
    """
    from fer_core.explain import options_of

    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        method, dot, option = key.strip().partition(".")
        if not (equals and dot and method and option):
            raise InputError(
                f"--method-option takes METHOD.OPTION=VALUE, got {text!r}; e.g. lime.samples=2000"
            )
        known = options_of(method)
        if option not in known:
            listed = f"use one of {', '.join(known)}" if known else "it has none"
            raise InputError(f"{method} has no option {option!r}; {listed}")
        found.setdefault(method, {})[option] = _value(key, value.strip(), known[option])
    return found


def _value(key: str, text: str, default: Any) -> Any:
    if isinstance(default, str):
        return text
    try:
        value = json_.loads(text)
    except ValueError:
        value = text
    if default is None:
        return value
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if type(value) is not type(default):
        kinds = {bool: "true or false", int: "a whole number", float: "a number"}
        kind = kinds.get(type(default), "a value")
        raise InputError(f"{key} is {text!r}; give {kind}, as the default, {default!r}")
    return value


def _name(planned: "Plan") -> str:
    return heading(planned.run, planned.request.weights, planned.loaded.epoch)


def _announced(planned: "Plan") -> str:
    there = f"{len(planned.present):,} there already"
    if not planned.lacking:
        return f"{_name(planned)}: nothing lacks; {there}"
    methods = ", ".join(dict.fromkeys(job.method for job in planned.jobs if job.places))
    return (
        f"{_name(planned)}: {counted(planned.lacking, 'explanation')} to compute and store, about "
        f"{planned.megabytes:.2f} MB ({counted(len(planned.samples), 'image')}; {methods}); "
        f"{there}"
    )


def _document(planned: "Plan", done: "Outcome", seconds: float) -> dict[str, Any]:
    loaded = planned.loaded
    return {
        **head(planned.run, planned.request.weights, loaded.epoch, loaded.sha256),
        "output": planned.request.output,
        "seed": planned.request.seed,
        "images": [
            {
                "sample": sample.name,
                "true": None if sample.label == UNLABELLED else CLASS_NAMES[sample.label],
                "predicted": CLASS_NAMES[row.argmax()],
                "target": CLASS_NAMES[target],
                "probability": float(row[target]),
            }
            for sample, row, target in zip(
                planned.samples, planned.probabilities, planned.targets, strict=True
            )
        ],
        "stored": [_key(key) for key in done.stored],
        "present": [_key(key) for key in planned.present],
        "skipped": [skipped._asdict() for skipped in done.skipped],
        "seconds": seconds,
    }


def _key(key: TensorKey) -> dict[str, str]:
    return {"method": key.method, "layer": key.layer, "sample": key.sample, "target": key.target}
