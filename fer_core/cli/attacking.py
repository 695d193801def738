"""``fer-core adversarial``: images that a run takes for something else, stored."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer_core.cli.microscope import (
    Force,
    RunArgument,
    SampleOption,
    carry_out,
    key_document,
    samples_of,
    whole,
)
from fer_core.cli.training import DeviceOption, Json, WeightsOption
from fer_core.errors import InputError
from fer_core.records import ADVERSARIAL, CLASS_NAMES, ROBUSTNESS, TensorKey

if TYPE_CHECKING:
    from fer_core.microscope import Study


def adversarial(
    run: RunArgument,
    sample: SampleOption = None,
    attack: Annotated[str, typer.Option(help="fgsm, or pgd: stronger, slower.")] = "fgsm",
    epsilon: Annotated[
        float | None, typer.Option(help="The most that a pixel changes, in grey levels (8).")
    ] = None,
    target: Annotated[
        str, typer.Option(help="The class to be led to; default: away from the true one.")
    ] = "",
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Also the accuracy on a split, by epsilon.")
    ] = False,
    split: Annotated[
        str | None, typer.Option(help="Of --robustness: validation (default), test or public.")
    ] = None,
    images: Annotated[
        str | None, typer.Option(help="Of --robustness: how many, or all; default 500.")
    ] = None,
    weights: WeightsOption = "best",
    seed: Annotated[int, typer.Option(help="Decides the images drawn and random numbers.")] = 0,
    force: Force = False,
    device: DeviceOption = "auto",
    json: Json = False,
) -> None:
    """Store images changed by a few grey levels that the run takes for something else.

    \b
    With each image: the probabilities before and after, and the smallest
    epsilon that changes the answer. --robustness stores the accuracy against
    epsilon, on images that the seed draws from a split.

    Example: fer-core adversarial fast-1 --sample test:12 --robustness
    """
    from fer_core import microscope

    samples = samples_of(sample) if sample else None
    _check(samples is not None, epsilon, target, robustness, split, images)
    most = None if images == "all" else whole("images", images or "500")
    carry_out(
        "attacking",
        run,
        lambda study: microscope.plan_adversarial(
            study,
            samples=samples,
            attack=attack,
            epsilon=8.0 if epsilon is None else epsilon,
            target=target,
            curve=robustness,
            split=split or "validation",
            most=most,
            seed=seed,
        ),
        weights=weights,
        force=force,
        device=device,
        json=json,
        found=_found,
        lines=_lines,
    )


def _found(study: "Study", keys: "Sequence[TensorKey]") -> dict[str, Any]:
    """Return what attacks did, of what was asked for."""
    names = ("epsilon", "smallest_epsilon", "away_from", "true", "before", "after")
    attacks = [
        key_document(key) | {name: key.provenance[name] for name in names}
        for key in keys
        if key.kind == ADVERSARIAL
    ]
    curves = [
        key_document(key) | {"n": key.provenance["n"], "accuracy": study.values_of(key).tolist()}
        for key in keys
        if key.kind == ROBUSTNESS
    ]
    return {"attacks": attacks, "robustness": curves}


def _lines(found: dict[str, Any]) -> list[str]:
    lines = []
    for each in found["attacks"]:
        before, after = (_answer(each[name]) for name in ("before", "after"))
        least = each["smallest_epsilon"]
        if least == 0:
            smallest = "it is there already" if each["target"] else "it is wrong already"
        else:
            smallest = "no epsilon to 64 does" if least is None else f"epsilon {least:.1f} does"
        wanted = f"to {each['target']}" if each["target"] else f"from {each['away_from']}"
        lines.append(
            f"{each['sample']}: {before}; with epsilon {each['epsilon']:g} {after}; {wanted}: "
            f"{smallest}"
        )
    for each in found["robustness"]:
        curve = ", ".join(f"{epsilon:g}: {value:.1%}" for epsilon, value in each["accuracy"])
        lines.append(f"accuracy on {each['n']:,} images of {each['sample']} by epsilon: {curve}")
    return lines


def _answer(probabilities: Sequence[float]) -> str:
    place = max(range(len(probabilities)), key=probabilities.__getitem__)
    return f"{CLASS_NAMES[place]} {probabilities[place]:.0%}"


def _check(
    samples: bool,
    epsilon: float | None,
    target: str,
    robustness: bool,
    split: str | None,
    images: str | None,
) -> None:
    if not (samples or robustness):
        raise InputError("no image is named; name one with --sample, or ask for --robustness")
    for option, given in (("epsilon", epsilon is not None), ("target", bool(target))):
        if given and not samples:
            raise InputError(f"--{option} is about images; name one with --sample, as test:12")
    for option, value in (("split", split), ("images", images)):
        if value is not None and not robustness:
            raise InputError(f"--{option} is about --robustness; add that, or leave it out")
