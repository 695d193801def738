"""How accuracy falls when each pixel may change by so many grey levels, runs overlaid."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.metrics import Accuracy, accuracy_of
from fer_core.analysis.sides import Side, sides
from fer_core.figures import facets, palette, stored_arrays, text
from fer_core.figures.adversarial import ATTACKS
from fer_core.figures.canvas import Canvas
from fer_core.figures.options import one_of
from fer_core.records import ROBUSTNESS, VALIDATION
from fer_core.translation import Translate, translator
from fer_core.words import listed, weights_names

if TYPE_CHECKING:
    from fer_core.store import RunStore


class SideCurve(NamedTuple):
    """A run with one of its weights. epsilons: (E,) float64, grey levels; accuracies: E, each with
    its interval."""

    side: Side
    epsilons: np.ndarray
    accuracies: tuple[Accuracy, ...]


class RobustnessCurves(NamedTuple):
    """What the figure shows."""

    sides: tuple[SideCurve, ...]
    attack: str
    split: str


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    attack: str = "fgsm",
    split: str = VALIDATION,
    weights: str = "best",
) -> RobustnessCurves:
    """Read the accuracy against epsilon. weights: several, with commas between, are curves.
    InputError for what is not stored."""
    one_of("attack", attack, tuple(ATTACKS))
    found = []
    for side in sides(store, run_ids, weights):
        record = stored_arrays.first(store, side, ROBUSTNESS, method=attack, sample=split)
        if record is None:
            options = {
                "attack": "" if attack == "fgsm" else attack,
                "split": "" if split == VALIDATION else split,
            }
            made_with = stored_arrays.command(side, "adversarial", **options)
            raise stored_arrays.lacking(
                side,
                lambda _: _("{attack} accuracies on {split}").format(attack=attack, split=_(split)),
                (*made_with, "--robustness"),
            )
        count = int(str(record.provenance["n"]))
        correct = [round(value * count) for value in record.array[:, 1]]
        accuracies = tuple(accuracy_of(each, count) for each in correct)
        found.append(SideCurve(side, record.array[:, 0], accuracies))
    return RobustnessCurves(tuple(found), attack, split)


def draw(
    info: RobustnessCurves,
    *,
    styles: palette.Styles,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw a curve for each run with its intervals."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em, line = canvas.em, canvas.line
    names = _names(info, canvas, _)
    top, left = canvas.legend_height(names) + 0.5 * em, 4.2 * em
    width = canvas.width - left - 0.9 * em
    height = min(0.62 * width, 22 * em)
    notes = text.broken(_settings(info, _), em, canvas.width - 0.4 * em)
    synthetic = all(each.side.run.synthetic for each in info.sides)
    bottom = top + height + 3.3 * em
    canvas.set_height(bottom + (len(notes) + synthetic) * line + 0.3 * em)
    canvas.panel(
        1,
        (left, top, width, height),
        titles=(_("Epsilon (grey levels)"), _("Accuracy (%)")),
        xaxis={"nticks": 9, "showgrid": False},
        yaxis={"nticks": 6, "rangemode": "tozero"},
    )
    variants = palette.variants([each.side for each in info.sides], styles)
    for position, (each, style) in enumerate(zip(info.sides, variants, strict=True)):
        _add(canvas, each, style, names[position] if names else "")
    for index, content in enumerate(notes):
        canvas.note(text.escape(content), 0.2 * em, bottom + (index + 0.5) * line, xanchor="left")
    subjects = [each.side.subject for each in info.sides]
    facets.synthetic_note(canvas, subjects, 0.2 * em, bottom + (len(notes) + 0.5) * line, _)
    if names:
        canvas.legend("legend", names, 0)
    canvas.layout |= {"showlegend": bool(names)}
    return canvas.figure()


def _names(info: RobustnessCurves, canvas: Canvas, _: Translate) -> list[str]:
    """The entries of the legend; a single run is named by the caption."""
    if len(info.sides) == 1:
        return []
    subjects = [each.side.subject for each in info.sides]
    return facets.labels(subjects, canvas.em, canvas.legend_room, _)


def _add(canvas: Canvas, each: SideCurve, style: palette.Variant, name: str) -> None:
    values = np.array([accuracy.value for accuracy in each.accuracies])
    canvas.add(
        "scatter",
        x=each.epsilons,
        y=100 * values,
        error_y={
            "type": "data",
            "symmetric": False,
            "array": 100 * (np.array([a.high for a in each.accuracies]) - values),
            "arrayminus": 100 * (values - np.array([a.low for a in each.accuracies])),
            "thickness": 0.9,
            "width": 2.5,
        },
        mode="lines+markers",
        line={"color": style.colour, "width": 1.7, "dash": style.dash},
        marker={"color": style.colour, "symbol": style.symbol, "size": 6},
        name=text.escape(name),
        showlegend=bool(name),
        cliponaxis=False,
        hovertemplate="%{x:g}: %{y:.1f} %<extra></extra>",
    )


def _settings(info: RobustnessCurves, _: Translate) -> str:
    counts = dict.fromkeys(f"{each.accuracies[0].count:,}" for each in info.sides)
    return _(
        "{attack} on {count} images of {split}, with 95 % intervals; {weights} weights."
    ).format(
        attack=ATTACKS[info.attack],
        count=" / ".join(counts),
        split=_(info.split),
        weights=weights_names((each.side.weights for each in info.sides), _),
    )


def table(info: RobustnessCurves) -> pd.DataFrame:
    """Return the accuracies, a row each, with their intervals."""
    return pd.DataFrame(
        [
            {
                **each.side.own,
                "attack": info.attack,
                "split": info.split,
                "epsilon": float(epsilon),
                "accuracy": accuracy.value,
                "low": accuracy.low,
                "high": accuracy.high,
                "n": accuracy.count,
            }
            for each in info.sides
            for epsilon, accuracy in zip(each.epsilons, each.accuracies, strict=True)
        ]
    )


def describe(info: RobustnessCurves, *, language: str = "en") -> str:
    """Return the figure in words, a line for each run: the accuracy at each epsilon."""
    _ = translator(language)
    lines = [
        _("{name}: {facts}.").format(
            name=facets.named(each.side.subject, _),
            facts=listed(
                (
                    f"{epsilon:g}: {text.percent(accuracy.value)}"
                    for epsilon, accuracy in zip(each.epsilons, each.accuracies, strict=True)
                ),
                _,
            ),
        )
        for each in info.sides
    ]
    first = _("Accuracy against epsilon, the most that a pixel changes. {settings}")
    return "\n".join([first.format(settings=_settings(info, _)), *lines])
