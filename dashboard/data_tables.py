"""Data sets as data frames for the page Data; every cell is a plain value or plain text."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import texts
from dashboard.tables import Columns
from fer_core.figures.mean_faces import DatasetFaces
from fer_core.figures.text import class_labels
from fer_core.records import Dataset, Run
from fer_core.translation import Translate


def used_by(dataset: Dataset, runs: Sequence[Run]) -> tuple[Run, ...]:
    """Return the runs on the images of a data set, whatever name they had then."""
    return tuple(run for run in runs if run.dataset_fingerprint == dataset.fingerprint)


def datasets(rows: Sequence[Dataset], runs: Sequence[Run], _: Translate) -> pd.DataFrame:
    """Return the table of data sets, a row each."""
    return pd.DataFrame(
        {
            "name": [each.name for each in rows],
            "form": [each.form for each in rows],
            "splits": [
                " · ".join(f"{_(split.name)} {split.count:,}" for split in each.splits.values())
                for each in rows
            ],
            "images": [sum(split.count for split in each.splits.values()) for each in rows],
            "runs": [len(used_by(each, runs)) for each in rows],
            "created": [texts.moment(each.created_at) for each in rows],
        }
    )


def dataset_columns(_: Translate) -> Columns:
    """Return titles, widths and formats of the table of data sets."""
    column = st.column_config
    return {
        "name": column.TextColumn(_("Data set"), width=200),
        "form": column.TextColumn(_("Form"), width=120),
        "splits": column.TextColumn(_("Splits"), width=300),
        "images": column.NumberColumn(_("Images"), format="localized", width=90),
        "runs": column.NumberColumn(
            _("Runs"), format="localized", width=70, help=_("runs trained on these images")
        ),
        "created": column.DatetimeColumn(_("Stored"), format="YYYY-MM-DD HH:mm", width=140),
    }


def splits(dataset: Dataset, _: Translate) -> pd.DataFrame:
    """Return a row for each split: images, labels, twins in train, fingerprint."""
    rows = list(dataset.splits.values())
    return pd.DataFrame(
        {
            _("Split"): [_(split.name) for split in rows],
            _("Images"): [split.count for split in rows],
            _("Labelled"): [sum(split.classes.values()) for split in rows],
            _("With a twin in train"): [split.twins for split in rows],
            _("Fingerprint"): [split.fingerprint for split in rows],
        }
    )


def brightness(info: DatasetFaces, _: Translate) -> pd.DataFrame:
    """Return brightness and contrast, a row for each class and two columns for each split."""
    names = [*class_labels(_), _("no label")]
    columns: dict[str, Sequence[object]] = {_("Class"): names}
    for split, statistics in info.splits.items():
        columns[_("{split}: brightness").format(split=_(split))] = list(statistics.brightness)
        columns[_("{split}: contrast").format(split=_(split))] = list(statistics.contrast)
    table = pd.DataFrame(columns)
    filled = [statistics.counts > 0 for statistics in info.splits.values()]
    return table[pd.DataFrame(filled).any().to_numpy()]


def brightness_columns(table: pd.DataFrame) -> Columns:
    """Return the format of brightness and contrast."""
    column = st.column_config.NumberColumn
    return {name: column(format="%.3f") for name in table.select_dtypes("number").columns}
