"""What is wrong with a data set's images: how many have each finding of the audit, by split."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.audit import AuditSummary, stored_audit, summarise
from fer_core.figures import facets, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_bars import Panel, draw_panels
from fer_core.records import AUDIT_FLAGS, Dataset
from fer_core.translation import Translate, translator
from fer_core.words import clauses, listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("datasets",)
SUBJECT = "dataset"


class DatasetAudit(NamedTuple):
    """One data set with the numbers of its audit."""

    dataset: Dataset
    summary: AuditSummary


class Audits(NamedTuple):
    """What the figure shows."""

    datasets: tuple[DatasetAudit, ...]


def collect(store: "RunStore", names: tuple[str, ...]) -> Audits:
    """Count what the audit found in each data set when it was imported."""
    datasets = [store.dataset(name) for name in names]
    return Audits(
        tuple(DatasetAudit(each, summarise(stored_audit(store, each))) for each in datasets)
    )


def draw(
    info: Audits, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a bar for each kind of finding and split, with its count and share beside it."""
    _ = translator(language)
    panels = []
    for each in info.datasets:
        filled = [s for s, count in enumerate(each.summary.images) if count]
        panels.append(
            Panel(
                tuple(each.summary.splits[s] for s in filled),
                each.summary.images[filled],
                each.summary.counts[:, filled],
            )
        )
    datasets = [each.dataset for each in info.datasets]
    groups = list(text.audit_labels(_).values())
    return draw_panels(Canvas(width_mm, font_size), datasets, panels, groups, _)


def table(info: Audits) -> pd.DataFrame:
    """Return the drawn numbers, a row for each split and kind of AUDIT_FLAGS: `count` images of
    the split's `images` were flagged, `share` of them."""
    rows = []
    for each in info.datasets:
        for s, split in enumerate(each.summary.splits):
            images = int(each.summary.images[s])
            for kind, count in zip(AUDIT_FLAGS, each.summary.counts[:, s], strict=True):
                rows.append(
                    {
                        "dataset": each.dataset.name,
                        "synthetic": each.dataset.synthetic,
                        "split": split,
                        "kind": kind,
                        "count": int(count),
                        "images": images,
                        "share": count / images if images else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def describe(info: Audits, *, language: str = "en") -> str:
    """Return the figure in words: what each finding means, then one line for each data set."""
    _ = translator(language)
    meaning = _(
        "Findings of the audit by split. Copy: an image before it has the same bytes; conflict: "
        "one with the same bytes has another label; near: likewise with the same picture, the same "
        "bytes included, slightly changed, turned or mirrored; twin: an image of another split has "
        "the same bytes."
    )
    return "\n".join([meaning, *(_describe(each, _) for each in info.datasets)])


def _describe(each: DatasetAudit, _: Translate) -> str:
    summary = each.summary
    counts = [
        _("{finding} {total:,} ({splits})").format(
            finding=label,
            total=summary.total(kind),
            splits=_by_split(
                zip(summary.splits, summary.counts[AUDIT_FLAGS.index(kind)], strict=True), _
            ),
        )
        for kind, label in text.audit_labels(_).items()
        if summary.total(kind)
    ]
    said = [
        _("{name}, {images:,} images: {findings}.").format(
            name=facets.named(each.dataset, _),
            images=summary.images.sum(),
            findings=clauses(counts, _) or _("nothing found"),
        )
    ]
    if summary.identical.groups:
        copies = _(
            "{groups:,} pictures are there more than once byte for byte ({surplus:,} surplus "
            "copies), {conflicting:,} of them with different labels."
        )
        said.append(copies.format(**summary.identical._asdict()))
    if any(summary.twins.values()):
        leaks = _by_split(summary.twins.items(), _)
        said.append(_("Images with a twin in train: {leaks}.").format(leaks=leaks))
    return sentences(said, _)


def _by_split(counts: Iterable[tuple[str, int]], _: Translate) -> str:
    return listed((f"{_(split)} {count:,}" for split, count in counts), _)
