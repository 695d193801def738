"""What differs between the configurations of runs, as a table."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis import configurations
from fer_core.figures import palette, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.options import one_of
from fer_core.records import Run
from fer_core.translation import Translate, translator
from fer_core.words import clauses, listed

if TYPE_CHECKING:
    from fer_core.store import RunStore

SHOWN = ("differing", "all")
_NARROWEST, _ENOUGH = 5.5, 15  # em, of a column: whatever stands in it, and for a long name
_LONGEST = 4  # of a list that is written out


class ConfigurationDifference(NamedTuple):
    """What the figure shows. runs: R of them; settings: by name, the R values; show: which."""

    runs: tuple[Run, ...]
    settings: Mapping[str, tuple[Any, ...]]
    show: str


def collect(
    store: "RunStore", run_ids: tuple[str, ...], *, show: str = "differing"
) -> ConfigurationDifference:
    """Read the configurations of runs. show: only the `differing` settings, or `all`."""
    one_of("show", show, SHOWN)
    details = [store.details(run_id) for run_id in run_ids]
    settings = configurations.configuration_difference(
        [each.config for each in details], everything=show == "all"
    )
    return ConfigurationDifference(tuple(each.run for each in details), settings, show)


def draw(
    info: ConfigurationDifference,
    *,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw a row for each setting and a column for each run; where the columns would be too
    narrow, under each setting its values, each with the runs that have it."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    names = max(text.text_width(text.clean(run.name), canvas.em) for run in info.runs)
    least = max(_NARROWEST * canvas.em, min(names, _ENOUGH * canvas.em))
    wide = canvas.width / (len(info.runs) + 1) >= least
    lines = _table(info, canvas, _) if wide else _list(info, canvas, _)
    head, line = 0.3 * canvas.em, (1.2 if wide else 1.05) * canvas.line
    canvas.set_height(head * 2 + len(lines) * line)
    for index, line_ in enumerate(lines):
        middle = head + (index + 0.5) * line
        for x, content, faint in line_.cells:
            font = {"color": palette.FAINT_INK if faint else palette.INK}
            canvas.note(text.escape(content), x, middle, xanchor="left", font=font)
        if line_.ruled:
            canvas.layout.setdefault("shapes", []).append(_rule(canvas, middle + line / 2))
    # Without axes of its own plotly draws some.
    canvas.layout |= {"xaxis": {"visible": False}, "yaxis": {"visible": False}}
    canvas.layout |= {"dragmode": False}
    return canvas.figure()


class _Line(NamedTuple):
    """cells: left edge in px, what stands there, whether it is a heading; ruled: below."""

    cells: tuple[tuple[float, str, bool], ...]
    ruled: bool = False


def _table(info: ConfigurationDifference, canvas: Canvas, _: Translate) -> list[_Line]:
    em, edge = canvas.em, 0.3 * canvas.em
    # Names of settings take what they need, at most two fifths.
    widest = max((text.text_width(name, em) for name in info.settings), default=6 * em)
    first = min(widest + em, 0.4 * canvas.width)
    column = (canvas.width - edge - first) / len(info.runs)
    places = [edge + first + column * position for position in range(len(info.runs))]
    names = text.run_labels([run.name for run in info.runs], em, column - 0.8 * em)
    head = [(edge, _("setting"), True)]
    lines = [_Line((*head, *((x, n, True) for x, n in zip(places, names, strict=True))), True)]
    for name, values in info.settings.items():
        cells = [(edge, text.shorten(text.clean(name), em, first - 0.8 * em), False)]
        for x, value in zip(places, values, strict=True):
            cells.append((x, text.shorten(brief(value, _), em, column - 0.8 * em), False))
        lines.append(_Line(tuple(cells)))
    return lines if info.settings else [*lines, _nothing(edge, _)]


def _list(info: ConfigurationDifference, canvas: Canvas, _: Translate) -> list[_Line]:
    """Write under each setting its values, each beside the runs that have it."""
    em, edge = canvas.em, 0.3 * canvas.em
    indent, room = edge + 0.8 * em, canvas.width - edge - 1.2 * em
    names = text.run_labels([run.name for run in info.runs], em, 0.5 * room)
    briefs = {name: [brief(value, _) for value in of] for name, of in info.settings.items()}
    widest = max((text.text_width(each, em) for of in briefs.values() for each in of), default=0.0)
    second = indent + min(widest, 0.5 * room - em) + em
    lines = []
    for name, values in info.settings.items():
        lines.append(_Line(((edge, text.shorten(text.clean(name), em, room), True),), True))
        written = [written_out(value) for value in values]
        for value in dict.fromkeys(written):
            shown = briefs[name][written.index(value)]
            value_cell = (indent, text.shorten(shown, em, second - indent - 0.8 * em), False)
            own = [run for run, other in zip(names, written, strict=True) if other == value]
            own = [f"{run}," for run in own[:-1]] + own[-1:]
            first, *more = text.fill(own, em, canvas.width - second - edge)
            lines.append(_Line((value_cell, (second, first, False))))
            lines += [_Line(((second, each, False),)) for each in more]
    if lines:
        return lines
    return [*(_Line(((edge, name, False),)) for name in names), _nothing(edge, _)]


def _nothing(edge: float, _: Translate) -> _Line:
    return _Line(((edge, _("no setting differs"), True),))


def _rule(canvas: Canvas, y: float) -> dict[str, Any]:
    height = 1 - y / canvas.height
    return {
        "type": "line",
        "xref": "paper",
        "yref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": height,
        "y1": height,
        "line": {"color": palette.INK, "width": 0.8},
    }


def brief(value: Any, _: Translate) -> str:
    """Write a value for a reader; of a long list (the layers of a network) its length."""
    if isinstance(value, (list, tuple)) and len(value) > _LONGEST:
        return _("{count} entries").format(count=len(value))
    return written_out(value)


def written_out(value: Any) -> str:
    """Write a value on one printable line: texts as they are, else as JSON."""
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.clean(written) or '""'


def table(info: ConfigurationDifference) -> pd.DataFrame:
    """Return a row for each run and setting, values in full."""
    rows = [
        {"run_id": run.id, "run": run.name, "setting": name, "value": written_out(values[position])}
        for position, run in enumerate(info.runs)
        for name, values in info.settings.items()
    ]
    return pd.DataFrame(rows, columns=["run_id", "run", "setting", "value"])


def describe(info: ConfigurationDifference, *, language: str = "en") -> str:
    """Return a line for each setting: its value for each run."""
    _ = translator(language)
    names = [text.clean(run.name) for run in info.runs]
    if info.show == "all":
        lines = [_("All settings of {runs}.").format(runs=listed(names, _))]
    else:
        lines = [_("Settings that differ between {runs}.").format(runs=listed(names, _))]
    for setting, values in info.settings.items():
        each = (f"{name} {brief(value, _)}" for name, value in zip(names, values, strict=True))
        lines.append(
            _("{setting}: {values}").format(setting=text.clean(setting), values=clauses(each, _))
        )
    return "\n".join(lines if info.settings else [*lines, _("no setting differs")])
