"""Whether a run finds those classes more often that it saw more often: recall against share."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.answers import Answers, read_answers
from fer_core.analysis.class_share import RecallAgainstShare, recall_against_share
from fer_core.analysis.wording import p_text
from fer_core.figures import judged, palette, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_facets import draw_facets
from fer_core.records import CLASS_NAMES, TRAIN, VALIDATION
from fer_core.translation import translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

CAPTION_LINES = 2
FACETS = ("answers", "classes")


class RecallsAgainstShares(NamedTuple):
    """What the figure shows: answers of R runs, and for each its classes."""

    answers: tuple[Answers, ...]
    classes: tuple[RecallAgainstShare, ...]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
) -> RecallsAgainstShares:
    """Read predictions of runs, and the labels that each was trained on. InputError from the store
    where predictions are not there, with the command that makes them."""
    answers = read_answers(store, run_ids, split=split, weights=weights, averaging=averaging)
    classes = [
        recall_against_share(
            each.labels, each.predicted, store.evaluation_split(each.run.id, TRAIN).labels
        )
        for each in answers
    ]
    return RecallsAgainstShares(tuple(answers), tuple(classes))


def draw(
    info: RecallsAgainstShares, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a panel for each run, and in it each class with a symbol and colour of its own."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    classes = text.class_labels(_)
    most = 112 * max(float(each.shares.max()) for each in info.classes)

    def add(position: int, suffix: str) -> None:
        found = info.classes[position]
        run = text.escape(text.clean(info.answers[position].subject.name))
        for label, name in enumerate(classes):
            style = palette.run_style(label)
            value, (low, high) = 100 * found.recall[label], 100 * found.intervals[label]
            canvas.add(
                "scatter",
                x=[100 * found.shares[label]],
                y=np.array([value]),
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": np.array([high - value]),
                    "arrayminus": np.array([value - low]),
                    "color": style.colour,
                    "thickness": 1.2,
                    "width": 2,
                },
                mode="markers",
                marker={"color": style.colour, "symbol": style.symbol, "size": 8},
                name=text.escape(name),
                showlegend=position == 0,
                hovertext=_("{run}, {name}: recall {recall}, {share} of the training data").format(
                    run=run,
                    name=text.escape(name),
                    recall=text.percent(found.recall[label]),
                    share=text.percent(found.shares[label]),
                ),
                hovertemplate="%{hovertext}<extra></extra>",
                xaxis=f"x{suffix}",
                yaxis=f"y{suffix}",
            )

    draw_facets(
        canvas,
        info.answers,
        [_correlation(each) for each in info.classes],
        add,
        _,
        titles=(_("Share of the training data (%)"), _("Recall (%)")),
        axes=({"range": [0, most], "nticks": 6}, {"range": [-3, 103], "nticks": 6}),
        entries=classes,
    )
    return canvas.figure()


def _correlation(found: RecallAgainstShare) -> str:
    value = (
        "–"
        if found.correlation != found.correlation
        else f"{found.correlation:.2f}".replace("-", "−")
    )
    return f"ρ = {value}, {p_text(found.p)}"


def table(info: RecallsAgainstShares) -> pd.DataFrame:
    """Return seven rows a run, shares and recalls in 0..1, empty for a class without images. Class
    names are English whatever the figure's language."""
    return pd.DataFrame(
        [
            {
                "run_id": answers.run.id,
                "run": answers.run.name,
                "synthetic": answers.run.synthetic,
                "split": answers.split,
                "weights": answers.weights,
                "averaging": answers.averaging,
                "class": name,
                "share": float(found.shares[label]),
                "recall": float(found.recall[label]),
                "low": float(found.intervals[label, 0]),
                "high": float(found.intervals[label, 1]),
                "correlation": found.correlation,
                "p": found.p,
            }
            for answers, found in zip(info.answers, info.classes, strict=True)
            for label, name in enumerate(CLASS_NAMES)
        ]
    )


def describe(info: RecallsAgainstShares, *, language: str = "en") -> str:
    """Return how runs were judged, then for each the rank correlation and its classes."""
    _ = translator(language)
    names = text.class_labels(_)
    lines = [
        _(
            "Recall of each class, with its 95 % interval (Wilson), against its share of the "
            "training data; rank correlation ρ (Spearman), exact p of seven classes."
        ),
        judged.how(info.answers, _),
    ]
    for answers, found in zip(info.answers, info.classes, strict=True):
        numbers = zip(names, found.shares, found.recall, strict=True)
        form = _("{label} {share}: {recall}")
        each = (
            form.format(
                label=name,
                share=text.percent(share),
                recall=text.percent(recall) if recall == recall else "–",
            )
            for name, share, recall in numbers
        )
        said = _("{name}: {correlation}. {classes}.").format(
            name=judged.named(answers, _), correlation=_correlation(found), classes=listed(each, _)
        )
        lines.append(sentences([said, judged.readings(answers, _)], _))
    return "\n".join(lines)
