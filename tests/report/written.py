"""A small report made by hand, with names that try to be markup in every format."""

import numpy as np
import pandas as pd

from fer_core.figures import Built
from fer_core.figures.canvas import Canvas
from fer_core.figures.text import clean, escape
from fer_core.records import Run
from fer_core.report.content import (
    Content,
    FigureBlock,
    Missing,
    Paragraph,
    SectionContent,
    TableBlock,
)

HOSTILE = (
    "<script>window.alerted = 1</script> 100% a_b $x$ \\input{secret} #1 & a|b ]]> <!-- c --> "
    "&amp; [x](http://evil.example) ![p](http://evil.example/p.png) www.evil.example "
    "me@evil.example {{ 7 * 7 }} `code` *bold* ~s~ ^2 \"q\" 'q' --x ?` "
    "\x00\x07\x1b[31m\u202e表情 µ ρ Ω ₂ 😀 𝔘"
)
# What of it is text: no controls, no mark that turns the line around.
SHOWN = HOSTILE.replace("\x00\x07\x1b", "").replace("\u202e", "")


def run(name: str, number: int = 0, *, synthetic: bool = True) -> Run:
    """Return a finished run."""
    return Run(
        id=f"261124-000000-{number:04d}",
        name=name,
        preset="fast",
        status="finished",
        dataset="made-up",
        dataset_fingerprint="f" * 64,
        synthetic=synthetic,
        seed=number,
        parameters=1_129_895,
        epochs=40,
        epochs_planned=40,
        best_epoch=12,
        validation_accuracy=0.654,
        seconds=1.0,
        created_at=0.0,
        updated_at=0.0,
        revision=1,
    )


def built(name: str, *, width_mm: float = 85.0, language: str = "en") -> Built:
    """Return a figure of two bars, the second half as high; `name` stands below one of them."""
    canvas = Canvas(width_mm, 9)
    canvas.set_height(200)
    canvas.panel(1, (40, 10, canvas.width - 60, 150), xaxis={"type": "category"}, yaxis={})
    values = np.array([0.654321, 0.3271605])
    canvas.add("bar", x=[escape(clean(name)), "other"], y=values)
    table = pd.DataFrame({"run": [name, "other"], "accuracy": values})
    return Built(
        "bars",
        canvas.figure(),
        table,
        f"Two bars.\n{clean(name)}: 0.654",
        None,
        language,
        width_mm,
        (name,),
    )


def content(name: str = "cnn", language: str = "en") -> Content:
    """Return a report of two sections: two figures, two tables, one thing that is missing."""
    data = pd.DataFrame({"run": [name, "dnn"], "accuracy": [0.654321, 0.3271605]})
    rows = ((name, "65.4 %"), ("dnn", "32.7 %"))
    long = pd.DataFrame({"epoch": range(1, 41), "loss": np.linspace(2, 1, 40)})
    first = SectionContent(
        "1-model",
        f"1. Build a model: {name}",
        (
            Paragraph(f"{name} has 1,129,895 parameters.", draft=True),
            Paragraph("By hand."),
            FigureBlock("1-bars", 1, built(name, language=language), f"Accuracy of {name}."),
            TableBlock(
                "1-accuracy", 1, f"Of {name}.", ("Run", "Accuracy"), rows, (False, True), data
            ),
        ),
    )
    lines = tuple((f"{row.epoch}", f"{row.loss:.3f}") for row in long.itertuples())
    second = SectionContent(
        "2-why",
        "2. Why?",
        (
            Missing(f"Not stored yet: {name}.", ("explain", name, "--method", "saliency")),
            Missing("A DNN has no maps."),
            FigureBlock(
                "2-wide", 2, built("cnn", width_mm=170, language=language), "A wide figure."
            ),
            TableBlock("2-epochs", 2, "All epochs.", ("Epoch", "Loss"), lines, (True, True), long),
        ),
    )
    return Content(
        title=f"Report on {name}",
        template="comparison",
        language=language,
        runs=(run(name, 0), run("dnn", 1)),
        notes=(f"Of synthetic data: {name}.",),
        sections=(first, second),
    )
