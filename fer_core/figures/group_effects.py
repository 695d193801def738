"""What a setting does beyond chance: runs of one configuration with several seeds, as groups."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.answers import Answers, read_answers
from fer_core.analysis.groups import Group, GroupDifference, compare_groups, groups_of
from fer_core.analysis.wording import group_sentence
from fer_core.figures import judged, palette, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_interval_rows import Marks, draw_rows, name_room
from fer_core.records import VALIDATION
from fer_core.translation import Translate, translator
from fer_core.words import listed

if TYPE_CHECKING:
    from fer_core.store import RunStore

CAPTION_LINES = 2


class GroupEffects(NamedTuple):
    """What the figure shows: answers of R runs, G groups of them that differ by their seed only,
    and the difference of each two groups."""

    answers: tuple[Answers, ...]
    groups: tuple[Group, ...]
    differences: tuple[GroupDifference, ...]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
) -> GroupEffects:
    """Read predictions of runs and group them by configuration. InputError from the store where
    predictions are not there, with the command that makes them."""
    answers = read_answers(store, run_ids, split=split, weights=weights, averaging=averaging)
    groups = groups_of(answers)
    return GroupEffects(tuple(answers), tuple(groups), tuple(compare_groups(answers, groups)))


def draw(
    info: GroupEffects,
    *,
    styles: palette.Styles,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw a row for each group: the mean with its interval over seeds, below it each run."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    numbers = [_written(group) for group in info.groups]
    names = judged.labels(_first(info), canvas.em, name_room(canvas, numbers) - 4 * canvas.em, _)
    labels = [
        _("{name} ×{count}").format(name=name, count=len(group.members))
        for name, group in zip(names, info.groups, strict=True)
    ]
    runs = [(g, place) for g, group in enumerate(info.groups) for place in group.members]
    values = np.array([info.answers[place].right.mean() for _g, place in runs])
    nothing = np.full(len(runs), np.nan)
    marks = [
        Marks(
            _("mean over seeds"),
            range(len(info.groups)),
            0,
            np.array([group.mean for group in info.groups]),
            np.array([group.low for group in info.groups]),
            np.array([group.high for group in info.groups]),
            [f"{label}: {number}" for label, number in zip(labels, numbers, strict=True)],
        ),
        Marks(
            _("one run"),
            [g for g, _place in runs],
            1,
            values,
            nothing,
            nothing,
            [
                f"{text.clean(info.answers[place].subject.name)}: {text.percent(value)}"
                for (_g, place), value in zip(runs, values, strict=True)
            ],
            styles=[styles[info.answers[place].run.id] for _g, place in runs],
            hollow=True,
        ),
    ]
    note = judged.notes(info.answers, _)
    draw_rows(canvas, labels, numbers, marks, title=_("Accuracy (%)"), note=note)
    return canvas.figure()


def _first(info: GroupEffects) -> list[Answers]:
    """The first run of each group, which the group is called by."""
    return [info.answers[group.members[0]] for group in info.groups]


def _written(group: Group) -> str:
    if len(group.members) < 2:
        return text.percent(group.mean)
    return f"{text.percent(group.mean)} {text.interval(group.low, group.high)}"


def table(info: GroupEffects) -> pd.DataFrame:
    """Return a row for each run, shares in 0..1, with what its group reaches; empty where a group
    is a single run."""
    return pd.DataFrame(
        [
            {
                "group": number,
                "run_id": info.answers[place].run.id,
                "run": info.answers[place].run.name,
                "synthetic": info.answers[place].run.synthetic,
                "seed": info.answers[place].run.seed,
                "split": info.answers[place].split,
                "weights": info.answers[place].weights,
                "averaging": info.answers[place].averaging,
                "accuracy": float(accuracy),
                "mean": group.mean,
                "deviation": group.deviation,
                "low": group.low,
                "high": group.high,
            }
            for number, group in enumerate(info.groups, 1)
            for place, accuracy in zip(group.members, group.accuracies, strict=True)
        ]
    )


def describe(info: GroupEffects, *, language: str = "en") -> str:
    """Return how runs were judged, a line for each group, and one for each two of them."""
    _ = translator(language)
    lines = [
        _(
            "Accuracy of runs that differ by their seed only, with the 95 % interval of the mean "
            "over seeds (Student's t)."
        ),
        judged.how(info.answers, _),
    ]
    lines += [_line(info, group, _) for group in info.groups]
    names = [text.clean(each.subject.name) for each in _first(info)]
    lines += [
        group_sentence(difference, list(info.groups), names, language=language)
        for difference in info.differences
    ]
    return "\n".join(lines)


def _line(info: GroupEffects, group: Group, _: Translate) -> str:
    names = listed((judged.named(info.answers[place], _) for place in group.members), _)
    if len(group.members) < 2:
        return _("{names}: {mean}, a single run.").format(names=names, mean=_written(group))
    return _("{names}: mean {mean}, standard deviation {deviation}.").format(
        names=names, mean=_written(group), deviation=text.percent(group.deviation)
    )
