"""``fer-core demo``: the main job once, on built-in or real data."""

from pathlib import Path
from typing import Annotated

import typer

from fer_core.cli import attacking, data, evaluating, explaining, microscope, training
from fer_core.cli.output import open_store, stderr
from fer_core.records import FINISHED, TEST


def demo(
    fer2013: Annotated[
        Path | None, typer.Option(help="FER2013 (zip, folder or csv) instead of synthetic faces.")
    ] = None,
    n: Annotated[int, typer.Option("--n", help="How many synthetic faces.")] = 6000,
    epochs: Annotated[int | None, typer.Option(help="Epochs for each run.")] = None,
) -> None:
    """Make data; train a CNN with and without augmentation and a DNN; evaluate and explain them;
    show what the CNN's filters want.

    Runs that are there already are kept. Example: fer-core demo
    """
    source = "synthetic" if fer2013 is None else "fer2013"
    if fer2013 is None:
        data.synth(n=n, name=source)
    else:
        data.import_(fer2013, name=source)
    for kind, preset, its_epochs, settings in DEMO_RUNS:
        name = f"{source}-{kind}"
        with open_store() as store:
            status = {run.name: run.status for run in store.runs()}.get(name)
        if status is None:
            length = epochs or its_epochs
            training.train(preset, data=source, name=name, epochs=length, set_=settings)
        elif status != FINISHED:
            training.resume(name)
        with open_store() as store:
            evaluated = store.run(name).score(TEST) is not None
        if evaluated:
            stderr.print(f"{name} is there already")
        else:
            evaluating.evaluate(name, split=TEST)
        explaining.explain(name)
        if kind == "cnn":
            _look_closer(name)


def _look_closer(run: str) -> None:
    """Store a small set of what the microscope shows."""
    microscope.filters(run, layers="conv1,last", ascent_steps=40)
    sample = [f"{TEST}:0"]
    microscope.outputs(run, sample)
    attacking.adversarial(run, sample, robustness=True, images="100")
    microscope.dream(run, sample)


# Name, preset, epochs, settings: about two minutes of training in all on two cores, on synthetic
# faces.
DEMO_RUNS: tuple[tuple[str, str, int, list[str]], ...] = (
    ("cnn", "fast", 8, []),
    ("cnn-unaugmented", "fast", 8, ["augment=none"]),
    ("dnn", "e-dnn", 40, []),
)
