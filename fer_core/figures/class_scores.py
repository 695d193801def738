"""Recall, precision and F1 of each class, each with its 95 % interval."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.answers import Answers, read_answers
from fer_core.analysis.scores import ClassScores, scores_of
from fer_core.figures import judged, palette, text
from fer_core.figures.canvas import TALLEST, Canvas
from fer_core.records import CLASS_NAMES, VALIDATION
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

CAPTION_LINES = 2
MEASURES = ("recall", "precision", "f1")
# In em: from run to run, and more from class to class; from panel to panel; of what stands below a
# panel; of a panel in which marks do not cover their intervals.
_PITCH, _BETWEEN, _GAP, _BELOW, _NARROW = 0.75, 0.7, 1.7, 3.3, 7


class ScoresByClass(NamedTuple):
    """What the figure shows: answers of R runs, and their scores."""

    answers: tuple[Answers, ...]
    scores: tuple[ClassScores, ...]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
) -> ScoresByClass:
    """Read predictions of runs and score each class. InputError from the store where predictions
    are not there, with the command that makes them."""
    answers = read_answers(store, run_ids, split=split, weights=weights, averaging=averaging)
    scores = scores_of(answers)
    return ScoresByClass(tuple(answers), tuple(each.whole.classes for each in scores))


def draw(
    info: ScoresByClass,
    *,
    styles: palette.Styles,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw a panel for each measure, a row for each class, a mark with its interval for each run;
    the number of images stands at the class where it is the same for all runs."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em, line = canvas.em, canvas.line
    several = len(info.answers) > 1
    entries = judged.labels(info.answers, em, canvas.legend_room, _) if several else []
    classes = _classes(info, _)
    left = max(text.text_width(name, em) for name in classes) + 0.9 * em
    top = canvas.legend_height(entries) + 0.3 * em
    columns, width, height = _layout(canvas, left, top, len(info.answers))
    pitch = height / len(classes)
    step, rows = height + _BELOW * em, -(-len(MEASURES) // columns)
    canvas.set_height(top + rows * step + line)
    titles = {"recall": _("Recall (%)"), "precision": _("Precision (%)"), "f1": _("F1 (%)")}
    looks = palette.variants(info.answers, styles)
    centres = [(label + 0.5) * pitch for label in range(len(classes))]
    for panel, measure in enumerate(MEASURES, 1):
        row, column = divmod(panel - 1, columns)
        x, y = left + column * (width + _GAP * em), top + row * step
        canvas.panel(
            panel,
            (x, y, width, height),
            titles=(titles[measure], ""),
            xaxis={"range": [-3, 103], "fixedrange": True}
            | {"tickvals": [0, 50, 100] if width < 12 * em else [0, 20, 40, 60, 80, 100]},
            yaxis={
                "range": [height, 0],
                "tickvals": centres,
                "ticktext": [text.escape(name) for name in classes],
                "showticklabels": column == 0,
                "ticks": "",
                "ticklabelstandoff": 3,
                "showgrid": False,
                "fixedrange": True,
            },
        )
        for position in range(len(info.scores)):
            shift = (position - (len(info.scores) - 1) / 2) * _PITCH * em
            places = [centre + shift for centre in centres]
            name = entries[position] if several else ""
            _add(canvas, info, (position, panel, measure), looks[position], places, name, _)
    if several:
        canvas.legend("legend", entries, 0, itemclick=False, itemdoubleclick=False)
    canvas.note(
        judged.notes(info.answers, _), canvas.width - 0.3 * em, canvas.height - 0.6 * line,
        xanchor="right", font={"color": palette.FAINT_INK},
    )  # fmt: skip
    canvas.layout |= {"showlegend": several, "dragmode": False}
    return canvas.figure()


def _layout(canvas: Canvas, left: float, top: float, runs: int) -> tuple[int, float, float]:
    """Return how many of the panels stand side by side, and the size of each: two in a row where
    in three the marks would cover their intervals, if that fits on a page."""
    em = canvas.em
    height = len(CLASS_NAMES) * (runs * _PITCH + _BETWEEN) * em
    room = canvas.width - left - 1.2 * em
    widths = {columns: (room - (columns - 1) * _GAP * em) / columns for columns in (3, 2)}
    tall = top + 2 * (height + _BELOW * em) + canvas.line > TALLEST
    columns = 3 if widths[3] >= _NARROW * em or tall else 2
    return columns, widths[columns], height


def _classes(info: ScoresByClass, _: Translate) -> list[str]:
    labels = text.class_labels(_)
    first = info.scores[0].support
    if any((each.support != first).any() for each in info.scores):
        return labels
    return [f"{name} ({count:,})" for name, count in zip(labels, first, strict=True)]


def _add(
    canvas: Canvas,
    info: ScoresByClass,
    where: tuple[int, int, str],
    style: palette.Variant,
    places: list[float],
    name: str,
    _: Translate,
) -> None:
    position, panel, measure = where
    scores = info.scores[position]
    values, low, high = _numbers(scores, measure)
    canvas.add(
        "scatter",
        x=100 * values,
        y=places,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": 100 * (high - values),
            "arrayminus": 100 * (values - low),
            "color": style.colour,
            "thickness": 1.1,
            "width": 0,
        },
        mode="markers",
        marker={"color": style.colour, "symbol": style.symbol, "size": 0.5 * canvas.em},
        name=text.escape(name),
        legendgroup=str(position),
        showlegend=bool(name) and panel == 1,
        hovertext=[
            _("{run}, {class_name}: {value}, {images:,} images").format(
                run=text.escape(text.clean(info.answers[position].subject.name)),
                class_name=class_name,
                value=_written(values[label], low[label], high[label]),
                images=scores.support[label],
            )
            for label, class_name in enumerate(text.class_labels(_))
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        xaxis=f"x{panel}",
        yaxis=f"y{panel}",
    )


def _numbers(scores: ClassScores, measure: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    intervals = getattr(scores, f"{measure}_intervals")
    return getattr(scores, measure), intervals[:, 0], intervals[:, 1]


def _written(value: float, low: float, high: float) -> str:
    return f"{text.percent(value)} {text.interval(low, high)}" if np.isfinite(value) else "–"


def table(info: ScoresByClass) -> pd.DataFrame:
    """Return a row for each run and class, scores in 0..1, empty where there is none. Class names
    are English whatever the figure's language."""
    rows = []
    for answers, scores in zip(info.answers, info.scores, strict=True):
        for label, class_name in enumerate(CLASS_NAMES):
            row: dict[str, Any] = {
                "run_id": answers.run.id,
                "run": answers.run.name,
                "synthetic": answers.run.synthetic,
                "split": answers.split,
                "weights": answers.weights,
                "averaging": answers.averaging,
                "epoch": answers.epoch,
                "class": class_name,
                "support": int(scores.support[label]),
            }
            for measure in MEASURES:
                numbers = _numbers(scores, measure)
                for ending, values in zip(("", "_low", "_high"), numbers, strict=True):
                    row[measure + ending] = float(values[label])
            rows.append(row)
    return pd.DataFrame(rows)


def describe(info: ScoresByClass, *, language: str = "en") -> str:
    """Return how runs were judged, then a line for each with the F1 of its classes."""
    _ = translator(language)
    lines = [
        _("Recall, precision (Wilson) and F1 (bootstrap) by class, with 95 % intervals."),
        judged.how(info.answers, _),
    ]
    for answers, scores in zip(info.answers, info.scores, strict=True):
        numbers = zip(text.class_labels(_), *_numbers(scores, "f1"), strict=True)
        classes = listed((f"{name} {_written(*values)}" for name, *values in numbers), _)
        said = _("{name}: F1 of {classes}.").format(name=judged.named(answers, _), classes=classes)
        lines.append(sentences([said, judged.readings(answers, _)], _))
    return "\n".join(lines)
