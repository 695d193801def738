"""Whether runs are as often right as they are sure: a reliability diagram for each."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.answers import Answers, read_answers
from fer_core.analysis.calibration import BINS, Calibration
from fer_core.analysis.scores import Estimate, scores_of
from fer_core.figures import judged, palette, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_facets import draw_facets
from fer_core.records import VALIDATION
from fer_core.translation import translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

CAPTION_LINES = 2
FACETS = ("answers", "bins", "errors")


class Calibrations(NamedTuple):
    """What the figure shows: answers of R runs, their bins, and the calibration errors."""

    answers: tuple[Answers, ...]
    bins: tuple[Calibration, ...]
    errors: tuple[Estimate, ...]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
) -> Calibrations:
    """Read predictions of runs and sort them by their confidence. InputError from the store where
    predictions are not there, with the command that makes them."""
    answers = read_answers(store, run_ids, split=split, weights=weights, averaging=averaging)
    scores = [each.whole for each in scores_of(answers)]
    return Calibrations(
        tuple(answers),
        tuple(each.calibration for each in scores),
        tuple(each.calibration_error for each in scores),
    )


def draw(
    info: Calibrations,
    *,
    styles: palette.Styles,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw a panel for each run: accuracy against confidence by bin, with the diagonal of a run
    that is as sure as right, and grey bars for the share of the images in each bin."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    entries = [_("accuracy"), _("share of images"), _("as sure as right")]

    def add(position: int, suffix: str) -> None:
        found, style = info.bins[position], styles[info.answers[position].run.id]
        axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "showlegend": position == 0}
        shares = 100 * found.counts / max(1, int(found.counts.sum()))
        values = 100 * found.accuracy
        run = text.escape(text.clean(info.answers[position].subject.name))
        canvas.add(
            "bar",
            x=100 * (found.edges[:-1] + found.edges[1:]) / 2,
            y=shares,
            width=100 / len(shares),
            marker={"color": "#c8c8c8", "line": {"color": "#ffffff", "width": 0.5}},
            name=text.escape(entries[1]),
            hoverinfo="skip",
            legendrank=1001,
            **axes,
        )
        canvas.add(
            "scatter",
            x=[0, 100],
            y=[0, 100],
            mode="lines",
            line={"color": palette.FAINT_INK, "dash": "4px,2px", "width": 1},
            name=text.escape(entries[2]),
            hoverinfo="skip",
            legendrank=1002,
            **axes,
        )
        canvas.add(
            "scatter",
            x=100 * found.confidence,
            y=values,
            error_y={
                "type": "data",
                "symmetric": False,
                "array": 100 * found.intervals[:, 1] - values,
                "arrayminus": values - 100 * found.intervals[:, 0],
                "color": style.colour,
                "thickness": 1.2,
                "width": 2,
            },
            mode="lines+markers",
            line={"color": style.colour, "width": 1},
            marker={"color": style.colour, "symbol": style.symbol, "size": 6},
            name=text.escape(entries[0]),
            hovertext=[
                _("{run}: sure {confidence}, right {accuracy}, n = {count:,}").format(
                    run=run,
                    confidence=text.percent(confidence),
                    accuracy=text.percent(accuracy),
                    count=count,
                )
                for confidence, accuracy, count in zip(
                    found.confidence, found.accuracy, found.counts.tolist(), strict=True
                )
            ],
            hovertemplate="%{hovertext}<extra></extra>",
            legendrank=1000,
            **axes,
        )

    axis = {"range": [0, 100], "tickvals": [0, 20, 40, 60, 80, 100]}
    draw_facets(
        canvas,
        info.answers,
        [f"ECE {text.estimated(each)}" for each in info.errors],
        add,
        _,
        titles=(_("Confidence (%)"), _("Accuracy (%)")),
        axes=(axis, axis),
        entries=entries,
    )
    return canvas.figure()


def table(info: Calibrations) -> pd.DataFrame:
    """Return a row for each run and bin, shares in 0..1, empty where a bin has no images."""
    return pd.DataFrame(
        [
            {
                "run_id": answers.run.id,
                "run": answers.run.name,
                "synthetic": answers.run.synthetic,
                "split": answers.split,
                "weights": answers.weights,
                "averaging": answers.averaging,
                "from": float(found.edges[place]),
                "to": float(found.edges[place + 1]),
                "count": int(found.counts[place]),
                "confidence": float(found.confidence[place]),
                "accuracy": float(found.accuracy[place]),
                "low": float(found.intervals[place, 0]),
                "high": float(found.intervals[place, 1]),
                "calibration_error": error.value,
            }
            for answers, found, error in zip(info.answers, info.bins, info.errors, strict=True)
            for place in range(len(found.counts))
        ]
    )


def describe(info: Calibrations, *, language: str = "en") -> str:
    """Return how runs were judged and what the error is, then the error of each run."""
    _ = translator(language)
    lines = [
        _(
            "Accuracy against the probability of the predicted class, with 95 % intervals "
            "(Wilson), in {bins} bins of equal width."
        ).format(bins=BINS),
        judged.how(info.answers, _),
        _(
            "ECE: expected calibration error, the mean distance of accuracy and confidence of the "
            "bins, weighted by their images (Guo et al. 2017)."
        ),
    ]
    for answers, found, error in zip(info.answers, info.bins, info.errors, strict=True):
        count = max(1, int(found.counts.sum()))
        sure = float(np.nansum(found.confidence * found.counts)) / count
        said = _("{name}: ECE {error}; sure {sure} on average, right {right}.").format(
            name=judged.named(answers, _),
            error=text.estimated(error),
            sure=text.percent(sure),
            right=text.percent(float(answers.right.mean())) if len(answers.right) else "–",
        )
        lines.append(sentences([said, judged.readings(answers, _)], _))
    return "\n".join(lines)
