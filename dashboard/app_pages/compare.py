"""Compare: which picked run is better, whether that may be chance, and where the runs differ."""

import streamlit as st

from dashboard import choices, comparison, confusion_cell, flips, judged_runs, show, states, texts
from dashboard.queries import View

_ = texts.translate()
view: View = st.session_state.view

st.title(_("Compare"), anchor=False)
if len(view.picked) < 2:
    (states.one_picked if view.picked else states.none_picked)()
    st.stop()

options, runs = judged_runs.pick(view, choices.predictions(view.picked, _))
if len(runs) >= 2:
    show.figure(view, "accuracy_intervals", runs, wide=False, **options)
    pair = comparison.choose(view, runs, options)
    sections = {
        "confusion": _("Confusion"),
        "flips": _("Only one is right"),
        "classes": _("Classes"),
        "calibration": _("Calibration"),
        "seeds": _("Seeds"),
        "configuration": _("Configuration"),
    }
    section = st.segmented_control(
        _("Where they differ"),
        list(sections),
        format_func=sections.__getitem__,
        default="confusion",
        required=True,
        key="compare_section",
        persist_state="session",
    )
    if section == "confusion":
        both = comparison.chosen(runs)
        click = confusion_cell.chooser(both)
        show.figure(view, "confusion_difference", both, wide=False, on_click=click, **options)
        confusion_cell.show(view, both, compared=True, **options)
    elif section == "flips":
        flips.show(view, pair)
    elif section == "classes":
        show.figure(view, "class_scores", runs, **options)
        show.figure(view, "recall_against_share", runs, **options)
    elif section == "calibration":
        show.figure(view, "calibration", runs, **options)
    elif section == "seeds":
        show.figure(view, "group_effects", runs, wide=False, **options)
    else:
        every = st.toggle(_("All settings, also those that do not differ"), key="compare_all")
        show.figure(view, "configuration_difference", runs, show="all" if every else "differing")
