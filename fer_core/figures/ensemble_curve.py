"""How accurate ensembles are on validation, from one member to all, chosen one by one."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis import metrics
from fer_core.analysis.answers import Answers
from fer_core.analysis.metrics import Accuracy
from fer_core.analysis.selection import Selection, forward_selection, read_candidates
from fer_core.figures import judged, palette, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_interval_rows import Marks, draw_rows, name_room
from fer_core.translation import translator

if TYPE_CHECKING:
    from fer_core.store import RunStore

CAPTION_LINES = 3


class EnsembleCurve(NamedTuple):
    """What the figure shows. members: answers of M runs in the order of their choice; alone: M
    accuracies, of each run; selection: what the first 1, 2, ... reach together."""

    members: tuple[Answers, ...]
    alone: tuple[Accuracy, ...]
    selection: Selection


def collect(
    store: "RunStore", run_ids: tuple[str, ...], *, averaging: str = "none"
) -> EnsembleCurve:
    """Choose members one by one on validation. InputError from the store where predictions are not
    there, and for runs judged on different images."""
    found = read_candidates(store, run_ids, averaging=averaging)
    chosen = forward_selection(np.stack([a.probabilities for a in found]), found[0].labels)
    members = tuple(found[place] for place in chosen.order)
    alone = tuple(metrics.accuracy(each.labels, each.predicted) for each in members)
    return EnsembleCurve(members, alone, chosen)


def draw(
    info: EnsembleCurve,
    *,
    styles: palette.Styles,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw a row for each number of members: the run that joins, the mean of all so far with its
    interval, and the run alone."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    numbers = [text.estimated(accuracy) for accuracy in info.selection.accuracies]
    room = name_room(canvas, numbers) - text.text_width("00 + ", canvas.em)
    names = [
        f"{count} + {name}" if count > 1 else f"{count} {name}"
        for count, name in enumerate(judged.labels(info.members, canvas.em, room, _), 1)
    ]
    marks = []
    for level, (label, accuracies) in enumerate(
        ((_("mean of the first"), info.selection.accuracies), (_("run alone"), info.alone))
    ):
        marks.append(
            Marks(
                label,
                range(len(names)),
                level,
                np.array([each.value for each in accuracies]),
                np.array([each.low for each in accuracies]),
                np.array([each.high for each in accuracies]),
                [
                    f"{text.clean(each.run.name)}, {label}: {text.estimated(accuracy)}"
                    for each, accuracy in zip(info.members, accuracies, strict=True)
                ],
                styles=[styles[each.run.id] for each in info.members] if level == 1 else (),
                hollow=level == 1,
                joined=level == 0,
            )
        )
    title = _("Validation accuracy (%)")
    draw_rows(canvas, names, numbers, marks, title=title, note=judged.notes(info.members, _))
    return canvas.figure()


def table(info: EnsembleCurve) -> pd.DataFrame:
    """Return a row for each number of members, accuracies in 0..1: who joins, how accurate it is
    alone, and the mean of all so far."""
    return pd.DataFrame(
        [
            {
                "members": count,
                "run_id": each.run.id,
                "run": each.run.name,
                "synthetic": each.run.synthetic,
                "split": each.split,
                "averaging": each.averaging,
                "alone": alone.value,
                "accuracy": together.value,
                "low": together.low,
                "high": together.high,
                "correct": together.correct,
                "count": together.count,
                "log_loss": float(loss),
            }
            for count, (each, alone, together, loss) in enumerate(
                zip(
                    info.members,
                    info.alone,
                    info.selection.accuracies,
                    info.selection.log_losses,
                    strict=True,
                ),
                1,
            )
        ]
    )


def describe(info: EnsembleCurve, *, language: str = "en") -> str:
    """Return how members were chosen, the best number of them, then a line for each."""
    _ = translator(language)
    best = info.selection.accuracies[info.selection.best - 1]
    lines = [
        _("Accuracy on validation of the mean of 1 to {count} runs.").format(
            count=len(info.members)
        ),
        judged.how(info.members, _),
        _(
            "Chosen one by one, each time the run that makes the mean most accurate (forward "
            "selection, Caruana et al. 2004), on these images, which flatters the choice here. "
            "Most accurate with {best} of {count}: {accuracy}."
        ).format(best=info.selection.best, count=len(info.members), accuracy=text.estimated(best)),
    ]
    for count, (each, alone, together) in enumerate(
        zip(info.members, info.alone, info.selection.accuracies, strict=True), 1
    ):
        said = _("{count}: {name} joins, alone {alone}, together {together}.")
        lines.append(
            said.format(
                count=count,
                name=judged.named(each, _),
                alone=text.estimated(alone),
                together=text.estimated(together),
            )
        )
    return "\n".join(lines)
