"""Draws counts as horizontal bars: by class or finding, a bar for each split, a panel for each
data set."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from fer_core.figures import facets, palette, text
from fer_core.figures.canvas import Canvas
from fer_core.records import Dataset
from fer_core.translation import Translate

# In em: what a bar takes with the space to the next, its own height, the space between groups.
PITCH, THICKNESS, BETWEEN = 1.1, 0.85, 0.5
AXIS = 3.3  # what the axis takes with its numbers and title
NARROWEST = 24  # of a panel


class Panel(NamedTuple):
    """One data set's bars. splits: the S drawn ones; images: (S,) in each; counts: (G, S), for
    each of G groups; notes: unescaped lines below."""

    splits: tuple[str, ...]
    images: np.ndarray
    counts: np.ndarray
    notes: tuple[str, ...] = ()


def draw_panels(
    canvas: Canvas,
    datasets: Sequence[Dataset],
    panels: Sequence[Panel],
    groups: Sequence[str],
    _: Translate,
) -> go.Figure:
    """Draw all panels on one scale, the share of a split's images; groups: their G labels."""
    em, line = canvas.em, canvas.line
    splits = list(dict.fromkeys(split for panel in panels for split in panel.splits))
    entries = [_entry(split, panels, _) for split in splits]
    columns = facets.columns(len(panels), canvas.width, NARROWEST * em)
    share = canvas.width / columns
    left = max(text.text_width(name, em) for name in groups) + 0.9 * em
    width = share - left - 0.6 * em
    titles = facets.heads(datasets, em, share - 0.6 * em, _)
    head = line + 0.2 * em if titles[0] else 0.2 * em
    below = AXIS * em + max(len(panel.notes) for panel in panels) * line + 0.2 * em
    height = max(_height(panel, len(groups), em) for panel in panels)
    rows = -(-len(panels) // columns)
    top = canvas.legend_height(entries)
    canvas.set_height(top + rows * (head + height + below))

    for position, (panel, title) in enumerate(zip(panels, titles, strict=True)):
        row, column = divmod(position, columns)
        x, y = column * share, top + row * (head + height + below) + head
        if title:
            canvas.note(title, x + 0.2 * em, y - head + line / 2, xanchor="left")
        size = _height(panel, len(groups), em)
        for index, note in enumerate(panel.notes):
            place = y + size + AXIS * em + (index + 0.5) * line
            short = text.escape(text.shorten(note, em, share - 0.4 * em))
            canvas.note(short, x + 0.2 * em, place, xanchor="left")
        canvas.panel(
            position + 1,
            (x + left, y, width, size),
            titles=(_("Share of the split (%)"), ""),
            xaxis={"range": [0, 100 * _end(panels, em, width)], "nticks": 6, "fixedrange": True},
            yaxis={
                "range": [size, 0],
                "tickvals": _centres(panel, len(groups), em),
                "ticktext": [text.escape(name) for name in groups],
                "ticks": "",
                "ticklabelstandoff": 3,
                "showgrid": False,
                "fixedrange": True,
            },
        )
        _add_bars(canvas, panel, position + 1, groups, splits, _)
    if splits:
        canvas.legend("legend", entries, 0)
        for split, entry in zip(splits, entries, strict=True):
            _add_entry(canvas, split, text.escape(entry), splits)
    # Beside the title of the last row's axes.
    facets.synthetic_note(canvas, datasets, 0.2 * em, canvas.height - below + (AXIS - 1) * em, _)
    canvas.layout |= {"barmode": "overlay", "dragmode": False}
    return canvas.figure()


def _entry(split: str, panels: Sequence[Panel], _: Translate) -> str:
    """The legend's word for a split; of a single data set it says how many images that is."""
    if len(panels) > 1:
        return _(split)
    count = panels[0].images[panels[0].splits.index(split)]
    return _("{split}, n = {count:,}").format(split=_(split), count=count)


def _height(panel: Panel, groups: int, em: float) -> float:
    return groups * (max(1, len(panel.splits)) * PITCH + BETWEEN) * em


def _centres(panel: Panel, groups: int, em: float) -> list[float]:
    """Where the groups are, in px from the top of the panel."""
    return [_height(panel, groups, em) * (group + 0.5) / groups for group in range(groups)]


def _label(count: int, total: int) -> str:
    return f"{count:,} ({text.share(count, total)})" if count else "0"


def _end(panels: Sequence[Panel], em: float, width: float) -> float:
    """Where the axes end, as a share: each bar has room for its label behind it."""
    ends = [
        count / total * width / max(width - text.text_width(_label(count, total), em) - em, em)
        for panel in panels
        for counts in panel.counts
        for count, total in zip(counts, panel.images, strict=True)
    ]
    return max(ends, default=1.0) or 1.0


def _add_bars(
    canvas: Canvas,
    panel: Panel,
    number: int,
    groups: Sequence[str],
    splits: list[str],
    _: Translate,
) -> None:
    centres = _centres(panel, len(groups), canvas.em)
    for s, split in enumerate(panel.splits):
        total = panel.images[s]
        counts = panel.counts[:, s]
        shift = (s - (len(panel.splits) - 1) / 2) * PITCH * canvas.em
        canvas.add(
            "bar",
            x=100 * counts / total,
            y=[centre + shift for centre in centres],
            width=THICKNESS * canvas.em,
            orientation="h",
            marker={"color": palette.run_style(splits.index(split)).colour},
            text=[text.escape(_label(count, total)) for count in counts],
            textposition="outside",
            textangle=0,
            constraintext="none",
            cliponaxis=False,
            textfont={"size": canvas.em},
            hovertext=[
                _("{group}, {split}: {count:,} of {total:,} images").format(
                    group=text.escape(group), split=text.escape(_(split)), count=count, total=total
                )
                for group, count in zip(groups, counts, strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
            legendgroup=split,
            showlegend=False,
            xaxis=f"x{number}",
            yaxis=f"y{number}",
        )


def _add_entry(canvas: Canvas, split: str, label: str, splits: list[str]) -> None:
    canvas.add(
        "bar",
        x=[None],
        y=[None],
        name=label,
        marker={"color": palette.run_style(splits.index(split)).colour},
        legendgroup=split,
    )
