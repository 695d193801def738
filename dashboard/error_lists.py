"""The lists of the page Errors, and the filters by run, class and agreement that they share."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import comparison_queries as asked
from dashboard import galleries, states, texts
from dashboard.queries import View
from fer_core.analysis import label_noise
from fer_core.analysis import mistakes as wrong
from fer_core.analysis.answers import Answers
from fer_core.figures.text import class_labels, percent
from fer_core.records import Run
from fer_core.translation import Translate

AGREEMENTS = ("one", "most", "all")
_ANY = -1


class Wanted(NamedTuple):
    """What was chosen. answers: of the runs it is about, on the same images; least: how many of
    them agree; true, said: classes, -1 for any."""

    answers: tuple[Answers, ...]
    least: int
    true: int
    said: int

    def has(self, true: int, said: int) -> bool:
        return self.true in (_ANY, true) and self.said in (_ANY, said)


def choose(view: View, runs: tuple[Run, ...], predictions: Mapping[str, str]) -> Wanted:
    """Show the filters. Runs that are judged on other images than the first are left out."""
    _ = texts.translate()
    found = asked.answers(view.store, runs, **predictions)
    same = [each for each in found if each.fingerprint == found[0].fingerprint]
    for each in found:
        if each not in same:
            told = _("{name}: judged on other images than {first}, and left out here.")
            states.left_out(each.run, told.format(name=each.run.name, first=found[0].run.name))
    classes = {_ANY: _("any"), **dict(enumerate(class_labels(_)))}
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters", gap="medium"):
        by_name = {each.run.name: each for each in same}
        names = ["", *by_name]
        name = st.selectbox(
            _("Run"), names, format_func=lambda n: n or _("all"), key="errors_run", width=240
        )
        chosen = (by_name[name],) if name in by_name else tuple(same)
        true, said = (
            st.selectbox(label, list(classes), format_func=classes.__getitem__, key=key, width=160)
            for label, key in (
                (_("True class"), "errors_true"),
                (_("Taken for"), "errors_said"),
            )
        )
        agreement = "one"
        if len(chosen) > 1:
            words = {"one": _("one run"), "most": _("most runs"), "all": _("all runs")}
            agreement = st.segmented_control(
                _("Agreed on by at least"),
                AGREEMENTS,
                format_func=words.__getitem__,
                default="most",
                required=True,
                key="errors_agreement",
            )
    least = {"one": 1, "most": len(chosen) // 2 + 1, "all": len(chosen)}[agreement]
    return Wanted(chosen, least, true, said)


def pairs(view: View, wanted: Wanted) -> None:
    """Show the pairs of classes that are confused most; of the ticked one, the images."""
    _ = texts.translate()
    found = _mistakes(wanted)
    counted = wrong.confused_pairs(found, wanted.answers[0].labels)
    if not counted:
        st.text(_("There are no such images."))
        return
    chosen = st.dataframe(
        _pairs_table(counted, _),
        key="pairs_table",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        alt=_("Pairs of classes, the most confused first"),
    )
    rows = [row for row in chosen["selection"]["rows"] if row < len(counted)]
    pair = counted[rows[0] if rows else 0]
    labels = class_labels(_)
    st.subheader(
        _("{true} taken for {said}").format(true=labels[pair.true], said=labels[pair.said]),
        anchor=False,
    )
    st.caption(_("The most confident first; tick a row for another pair."))
    places = [each.index for each in found if (each.label, each.said) == (pair.true, pair.said)]
    galleries.show(view, f"pair_{pair.true}_{pair.said}", wanted.answers, _array(places))


def _pairs_table(counted: list[wrong.ConfusedPair], _: Translate) -> pd.DataFrame:
    labels = class_labels(_)
    return pd.DataFrame(
        {
            _("True class"): [labels[pair.true] for pair in counted],
            _("Taken for"): [labels[pair.said] for pair in counted],
            _("Images"): [pair.count for pair in counted],
            _("Of the true class"): [percent(pair.share) for pair in counted],
        }
    )


def mistakes(view: View, wanted: Wanted) -> None:
    """Show the mistakes that the runs are surest of."""
    _ = texts.translate()
    found = _mistakes(wanted)
    told = _("{count:,} images that at least {least} of {runs} runs take for one wrong class.")
    st.caption(
        told.format(count=len(found), least=wanted.least, runs=len(wanted.answers))
        + " "
        + _("The most confident first, by the mean probability of that class.")
    )
    galleries.show(view, "mistakes", wanted.answers, _array([each.index for each in found]))


def suspects(view: View, wanted: Wanted) -> None:
    """Show the images whose label the runs confidently contradict."""
    _ = texts.translate()
    found = [
        each
        for each in label_noise.suspects(wanted.answers, least_votes=wanted.least)
        if wanted.has(each.label, each.suggested)
    ]
    told = _(
        "{count:,} images that at least {least} of {runs} runs confidently call something else: "
        "with at least the mean probability that images of that class have for it (confident "
        "learning, Northcutt et al. 2021). To be looked at: many are hard, not mislabelled."
    )
    st.caption(told.format(count=len(found), least=wanted.least, runs=len(wanted.answers)))
    galleries.show(view, "suspects", wanted.answers, _array([each.index for each in found]))


def _mistakes(wanted: Wanted) -> list[wrong.Mistake]:
    found = wrong.mistakes(wanted.answers, least=wanted.least)
    return [each for each in found if wanted.has(each.label, each.said)]


def _array(places: list[int]) -> np.ndarray:
    return np.array(places, np.int64)
