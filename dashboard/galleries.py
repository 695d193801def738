"""Galleries of faces with what several runs say about each, page by page."""

from collections.abc import Sequence
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from dashboard import comparison_queries as asked
from dashboard import faces, states, texts
from dashboard.faces import Answer, Judged
from dashboard.queries import View
from fer_core.analysis.answers import Answers
from fer_core.figures.text import class_labels

A_PAGE = 24


def show(view: View, key: str, answers: Sequence[Answers], places: np.ndarray) -> None:
    """Show faces with the probabilities of each run.

    key: of the widgets; answers: of R runs on the same N images; places: (K,) int64, which images
    in the order they are shown.
    """
    _ = texts.translate()
    first = answers[0]
    runs = [each.run for each in answers]
    if states.no_images(view.store, runs[0].dataset, runs[0].dataset_fingerprint):
        return
    pages = max(1, -(-len(places) // A_PAGE))
    page = min(st.session_state.get(key, 1), pages)
    shown = places[(page - 1) * A_PAGE : page * A_PAGE]
    if not len(shown):
        st.text(_("There are no such images."))
        return
    labels = class_labels(_)
    judged = view.store.evaluation_split(first.run.id, first.split)
    indices = judged.indices[shown]
    images = view.store.images(first.run.dataset_fingerprint, judged.source, indices)
    names = view.store.sample_names(first.run.dataset_fingerprint, judged.source)
    explained = [asked.explained(view.store, run) for run in runs]
    cards = []
    for place, index in zip(shown.tolist(), indices.tolist(), strict=True):
        sample = f"{judged.source}:{index}"
        have = [run.name for run, known in zip(runs, explained, strict=True) if sample in known]
        cards.append(
            Judged(
                sample,
                names[index],
                labels[first.labels[place]],
                tuple(
                    Answer(
                        each.run.name,
                        labels[each.predicted[place]],
                        tuple(map(float, each.probabilities[place])),
                    )
                    for each in answers
                ),
                f"explanations?{urlencode({'runs': have, 'sample': sample}, doseq=True)}"
                if have
                else "",
            )
        )
    with st.container(key=f"faces-{key}"):
        st.html(faces.judged(np.array(images), cards, labels, _("explanations")))
    if pages > 1:
        st.session_state[key] = page
        st.pagination(pages, key=key)
    st.caption(
        _(
            "Bars: probabilities in percent; blue the true class, orange a wrong answer. Where "
            "maps are stored, a link leads to them."
        )
    )
