"""Two of the compared runs: which, and in words whether one is better."""

from collections.abc import Iterable, Mapping

import pandas as pd
import streamlit as st

from dashboard import comparison_queries as asked
from dashboard import texts
from dashboard.queries import View
from fer_core.analysis.pairs import Pair
from fer_core.analysis.wording import p_text, p_value, pair_sentence
from fer_core.figures import text
from fer_core.records import CLASS_NAMES, Run
from fer_core.translation import Translate
from fer_core.words import listed


def choose(view: View, runs: tuple[Run, ...], predictions: Mapping[str, str]) -> Pair:
    """Show how all pairs do where there are several, let one be chosen, and say how it does."""
    _ = texts.translate()
    found = asked.pairs(view.store, runs, **predictions)
    if len(found) > 1:
        st.dataframe(_table(found.values(), _), hide_index=True, alt=_("All pairs of runs"))
        names = [run.name for run in runs]
        with st.container(horizontal=True, key="pair", gap="medium"):
            first = st.selectbox(_("Run"), names, key="pair_first", width=280)
            others = [name for name in names if name != first]
            st.selectbox(_("against"), others, key="pair_second", width=280)
    pair = _of(found, chosen(runs))
    with st.container(border=True, key="verdict", gap="small"):
        st.text(pair_sentence(pair, pairs=len(found), language=texts.language()))
        if pair.paired:
            st.text(_details(pair, _))
    return pair


def chosen(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Return the two runs that are chosen: the first two, until others are."""
    by_name = {run.name: run for run in runs}
    first = by_name.get(st.session_state.get("pair_first", ""), runs[0])
    second = by_name.get(st.session_state.get("pair_second", ""), runs[1])
    if len(runs) == 2 or first is second:
        return runs[:2]
    return first, second


def _of(found: Mapping[tuple[str, str], Pair], both: tuple[Run, ...]) -> Pair:
    a, b = (run.id for run in both)
    return found[(a, b) if (a, b) in found else (b, a)]


def _details(pair: Pair, _: Translate) -> str:
    """Say how often only one is right, how alike the answers are, and which classes differ."""
    a, b = pair.a.run.name, pair.b.run.name
    said = _(
        "Only {a} is right on {a_only:,} images, only {b} on {b_only:,}; Cohen's kappa of their "
        "answers: {kappa:.2f}."
    ).format(a=a, b=b, a_only=len(pair.a_only), b_only=len(pair.b_only), kappa=pair.kappa)
    classes = text.class_labels(_)
    certain = [
        f"{name} {text.points(each.value)} ({p_text(each.p_holm)})"
        for name, each in zip(classes, pair.classes, strict=True)
        if each.supported
    ]
    if not certain:
        return f"{said} " + _("Of no class do the data support a difference.")
    return f"{said} " + _(
        "Classes of which the data support a difference, {a} minus {b}, after Holm's correction "
        "for {count} classes: {certain}."
    ).format(a=a, b=b, count=len(CLASS_NAMES), certain=listed(certain, _))


def _table(found: Iterable[Pair], _: Translate) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                _("Run"): pair.a.run.name,
                _("minus"): pair.b.run.name,
                _("Points"): text.points(pair.whole.value),
                _("95 % interval"): text.interval(pair.whole.low, pair.whole.high),
                _("p, corrected by Holm"): p_value(pair.whole.p_holm),
                _("Only the first right"): pair.whole.a_only,
                _("Only the second right"): pair.whole.b_only,
                _("Supported"): pair.whole.supported,
            }
            for pair in found
        ]
    )
