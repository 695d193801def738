"""The faces of a data set on the page Data: all of a class and split, or those with a finding."""

from collections.abc import Sequence

import streamlit as st

from dashboard import data_queries, faces, states, texts
from dashboard.data_queries import Group
from dashboard.queries import View
from fer_core.figures.text import audit_labels, class_labels
from fer_core.records import UNLABELLED, Dataset
from fer_core.translation import Translate
from fer_core.words import listed

A_PAGE = (48, 192, 512)  # groups may hold many each: of them no more than the second
# Of a group, however many belong to it: thousands of black images are one group.
MOST_OF_A_GROUP = 12


@st.fragment
def browse(view: View, dataset: Dataset) -> None:
    """Show the faces of a split page by page, all or those of a class."""
    _ = texts.translate()
    labels: dict[int | None, str] = {None: _("all classes"), **_class_words(_)}
    with st.container(horizontal=True, vertical_alignment="bottom", key="browse"):
        split = _choose(_("Split"), {name: _(name) for name in dataset.splits}, "browse_split")
        label = st.selectbox(
            _("Class"), list(labels), format_func=labels.__getitem__, key="browse_class", width=180
        )
        size = _choose_size(_("Faces a page"), A_PAGE, "browse_size")
        named = st.toggle(_("Source names"), key="browse_names", persist_state="session")
    indices = data_queries.of_class(view.store, dataset, split, label)
    st.caption(_("{count:,} images, in the order of their source.").format(count=len(indices)))
    # Each choice has its own page: another one begins at its first.
    page = _choose_page(len(indices), size, f"browse-{dataset.fingerprint}-{split}-{label}")
    shown = [Group(((split, index),)) for index in indices[page].tolist()]
    _show(view, dataset, shown, named, _)


@st.fragment
def findings(view: View, dataset: Dataset) -> None:
    """Show the faces with a finding; those that belong together stand together."""
    _ = texts.translate()
    summary = data_queries.summary(view.store, dataset)
    words = {
        kind: f"{word} ({summary.total(kind):,})"
        for kind, word in audit_labels(_).items()
        if summary.total(kind)
    }
    if not words:
        st.text(_("The audit found nothing in this data set."))
        return
    if states.no_images(view.store, dataset.name, dataset.fingerprint):
        return
    kind = _choose(_("Finding"), words, "finding_kind")
    with st.container(horizontal=True, vertical_alignment="bottom", key="finding"):
        size = _choose_size(_("Shown a page"), A_PAGE[:2], "finding_size")
        named = st.toggle(_("Source names"), key="finding_names", persist_state="session")
    found = data_queries.finding(view.store, dataset, kind)
    if kind in data_queries.IDENTICAL + data_queries.NEAR:
        sentence = _("{count:,} images in {groups:,} groups, each with all that belong to it.")
    else:
        sentence = _("{count:,} images. A finding is a suspicion: nothing has been left out.")
    st.caption(sentence.format(count=found.images, groups=len(found.groups)))
    page = _choose_page(len(found.groups), size, f"finding-{dataset.fingerprint}-{kind}")
    _show(view, dataset, found.groups[page], named, _)


def _class_words(_: Translate) -> dict[int | None, str]:
    return {**dict(enumerate(class_labels(_))), UNLABELLED: _("no label")}


def _choose(label: str, words: dict[str, str], key: str) -> str:
    """Let one of `words` be chosen; another data set may lack what was chosen before."""
    if st.session_state.get(key) not in words:
        st.session_state[key] = next(iter(words))
    chosen = st.segmented_control(
        label, list(words), format_func=words.__getitem__, required=True, key=key
    )
    return chosen or next(iter(words))


def _choose_size(label: str, sizes: tuple[int, ...], key: str) -> int:
    return st.segmented_control(label, sizes, default=sizes[0], required=True, key=key)


def _choose_page(count: int, size: int, key: str) -> slice:
    """Let a page be chosen if there are several; return which of `count` things are on it."""
    pages = max(1, -(-count // size))
    if st.session_state.get(key, 1) > pages:  # they were smaller before
        st.session_state[key] = pages
    page = st.pagination(pages, key=key) if pages > 1 else 1
    return slice((page - 1) * size, page * size)


def _show(view: View, dataset: Dataset, groups: Sequence[Group], named: bool, _: Translate) -> None:
    if not groups:
        return
    cut = [group.members[:MOST_OF_A_GROUP] for group in groups]
    found = data_queries.faces(view.store, dataset, [sample for each in cut for sample in each])
    words = _class_words(_)
    tiles = iter(
        faces.Tile(sample, words[label], name if named else "")
        for sample, label, name in zip(
            found.samples, found.labels.tolist(), found.names, strict=True
        )
    )
    parts = [
        (_heading(group, _), [next(tiles) for _member in members])
        for group, members in zip(groups, cut, strict=True)
    ]
    with st.container(key="faces"):
        st.html(faces.tiles(found.images, parts))


def _heading(group: Group, _: Translate) -> str:
    """What stands over a group; nothing over a single image."""
    count = len(group.members)
    if count == 1:
        return ""
    heading = _("{count:,} images").format(count=count)
    if count > MOST_OF_A_GROUP:
        heading = _("{count:,} images (the first {shown})").format(
            count=count, shown=MOST_OF_A_GROUP
        )
    return listed([heading, _("labels differ") if group.conflicting else ""], _)
