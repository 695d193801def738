"""The sections of the page Data, each about one data set; only the chosen one is computed."""

import streamlit as st

from dashboard import data_faces, data_tables, details, queries, show, states, tables, texts
from dashboard.queries import View
from fer_core.records import AUGMENTATION, Dataset


def classes(view: View, dataset: Dataset) -> None:
    """How many images of each class the splits hold."""
    _ = texts.translate()
    show.figure(view, "class_counts", (dataset,), wide=False)
    table = data_tables.splits(dataset, _)
    st.dataframe(
        table, hide_index=True, column_config=details.whole_numbers(table), alt=_("Splits")
    )


def samples(view: View, dataset: Dataset) -> None:
    """The faces themselves, page by page, or some of each class as a figure."""
    if states.no_images(view.store, dataset.name, dataset.fingerprint):
        return
    _ = texts.translate()
    forms = {"browse": _("All faces"), "figure": _("Some of each class")}
    form = st.segmented_control(
        _("Form"),
        list(forms),
        format_func=forms.__getitem__,
        default="browse",
        required=True,
        key="samples_form",
        persist_state="session",
        label_visibility="collapsed",
    )
    if form == "browse":
        data_faces.browse(view, dataset)
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="options", gap="large"):
        split = st.selectbox(_("Split"), list(dataset.splits), format_func=_, width=180)
        seed = st.number_input(
            _("Seed"), min_value=0, max_value=2**32 - 1, value=0, step=1, width=180
        )
    show.figure(view, "samples", (dataset,), wide=False, split=split, seed=seed)


def audit(view: View, dataset: Dataset) -> None:
    """What is wrong with the images, and the faces of each finding."""
    _ = texts.translate()
    show.figure(view, "audit", (dataset,), wide=False)
    st.subheader(_("Faces of a finding"), anchor=False)
    data_faces.findings(view, dataset)


def mean_faces(view: View, dataset: Dataset) -> None:
    """What a class has in common, and how bright and rich in contrast it is."""
    if states.no_images(view.store, dataset.name, dataset.fingerprint):
        return
    _ = texts.translate()
    built = show.figure(view, "mean_faces", (dataset,), wide=False)
    st.subheader(_("Brightness and contrast by class"), anchor=False)
    table = data_tables.brightness(built.info.datasets[0], _)
    st.dataframe(
        table,
        hide_index=True,
        column_config=data_tables.brightness_columns(table),
        alt=_("Brightness and contrast by class"),
    )
    st.caption(_("Mean and standard deviation of an image's grey levels (0 to 1), averaged."))


def augmentation(view: View, dataset: Dataset) -> None:
    """What augmentation makes of a face, or the command that computes it."""
    if states.no_images(view.store, dataset.name, dataset.fingerprint):
        return
    _ = texts.translate()
    stored = view.store.dataset_tensors(dataset.fingerprint, AUGMENTATION)
    if not stored:
        states.no_preview(dataset)
        return
    provenances = {record.sample: str(record.provenance) for record in reversed(stored)}
    sample = st.selectbox(_("Face"), list(provenances), width=180)
    show.figure(
        view,
        "augmentation_preview",
        (dataset,),
        revision=provenances[sample],
        sample=sample,
    )
    st.caption(_("Another face:"))
    command = ("fer-core", "data", "preview", dataset.name, "--sample", "train:0")
    st.code(texts.command(*command), language="bash", wrap_lines=True)


def runs(view: View, dataset: Dataset) -> None:
    """Which runs were trained on these images."""
    _ = texts.translate()
    used = data_tables.used_by(dataset, view.runs)
    if not used:
        states.not_used(dataset)
        return
    st.dataframe(
        tables.runs(used, queries.accuracy_histories(view.store, used), _),
        hide_index=True,
        column_config=tables.run_columns(_),
        height=tables.height(len(used)),
        alt=_("Runs on this data set, newest first"),
    )
