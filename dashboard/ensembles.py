"""The page Ensemble's parts: candidates, members, what they reach on validation, and saving."""

from typing import Any

import numpy as np
import streamlit as st

from dashboard import commands, jobs, states, texts, waiting
from dashboard import comparison_queries as asked
from dashboard.queries import View
from fer_core.analysis.metrics import accuracy_of
from fer_core.analysis.selection import COMBINATIONS, combined_accuracy
from fer_core.figures.ensemble_curve import EnsembleCurve
from fer_core.figures.text import estimated, interval, percent
from fer_core.records import FINISHED, TEST, VALIDATION, Run, Score

COMMAND = "ensemble"
_PREDICTIONS = {"split": VALIDATION, "weights": "best", "averaging": "none"}


def candidates(view: View) -> tuple[Run, ...]:
    """Return the picked runs that can be combined; of the others say why they cannot."""
    _ = texts.translate()
    found: list[Run] = []
    first = ""
    for run in view.picked:
        if run.status != FINISHED:
            reason = _("{name}: an ensemble takes finished runs.").format(name=run.name)
            states.left_out(run, reason)
            continue
        if not run.score(**_PREDICTIONS):
            states.not_evaluated(run, **_PREDICTIONS)
            continue
        [answers] = asked.answers(view.store, (run,), **_PREDICTIONS)
        first = first or answers.fingerprint
        if answers.fingerprint == first:
            found.append(run)
        else:
            told = _("{name}: judged on other images than {first}, and left out here.")
            states.left_out(run, told.format(name=run.name, first=found[0].name))
    return tuple(found)


def choose_members(runs: tuple[Run, ...], curve: EnsembleCurve) -> tuple[Run, ...]:
    """Let members be chosen, at first all; a button takes those of forward selection."""
    _ = texts.translate()
    names = [run.name for run in runs]
    best = [each.run.name for each in curve.members[: curve.selection.best]]
    kept = [name for name in st.session_state.get("members", names) if name in names]
    if st.session_state.get("members_of") != names:  # other runs were picked
        kept = names
    st.session_state.members, st.session_state.members_of = kept, names

    def take() -> None:
        st.session_state.members = best

    with st.container(horizontal=True, vertical_alignment="bottom", key="choose", gap="medium"):
        chosen = st.multiselect(_("Members"), names, key="members")
        told = _("Take the most accurate {count} of the curve")
        st.button(told.format(count=len(best)), on_click=take, key="take_best")
    return tuple(run for run in runs if run.name in chosen)


def save(view: View, members: tuple[Run, ...]) -> None:
    """Show what the members reach on validation, and the button that saves them as a run."""
    _ = texts.translate()
    words = {
        "equal": _("mean"),
        "validation": _("mean, weighted on validation"),
        "vote": _("majority vote"),
    }
    combine = st.segmented_control(
        _("Combined by"),
        COMBINATIONS,
        format_func=words.__getitem__,
        default=COMBINATIONS[0],
        required=True,
        key="combine",
    )
    answers = asked.answers(view.store, members, **_PREDICTIONS)
    probabilities = np.stack([each.probabilities for each in answers])
    together = combined_accuracy(probabilities, answers[0].labels, combine)
    alone = max((run.score(**_PREDICTIONS) for run in members), key=_accuracy)
    with st.container(horizontal=True, key="reached", gap="large"):
        st.metric(
            _("Validation accuracy"),
            percent(together.value),
            interval(together.low, together.high),
            delta_color="off",
            delta_arrow="off",
            width="content",
        )
        st.metric(_("Best member alone"), percent(_accuracy(alone)), width="content")
    st.caption(_("The members are chosen on these images, which flatters the ensemble here."))
    name = st.text_input(_("Name"), key="ensemble_name", max_chars=80, placeholder="ensemble-1")
    test = st.toggle(_("Combine test, too; this is logged as a reading of it"), key="with_test")
    choices: dict[str, Any] = {"name": name.strip(), "combine": combine, "test": test}
    shell = commands.ensemble([run.name for run in members], **choices)
    st.code(texts.command("fer-core", *shell), language="bash", wrap_lines=True)
    job = waiting.follow(view, members, COMMAND)
    under_way = f"job-{COMMAND}" in st.session_state
    if st.button(_("Save"), type="primary", key="save_ensemble", disabled=under_way):
        waiting.begin(jobs.start(view.store, COMMAND, members, **choices))
        st.rerun()
    if job and not waiting.say_failure(job):
        st.session_state.saved_ensemble = str(job.result["id"])


def show_saved(view: View) -> None:
    """Show the ensemble that this session saved last; its test accuracy where it was combined."""
    _ = texts.translate()
    saved = st.session_state.get("saved_ensemble")
    for run in view.runs:
        if run.id == saved:
            st.subheader(_("Saved"), anchor=False)
            st.text(_("{name}: on every page, as any other run.").format(name=run.name))
            with st.container(horizontal=True, key="saved", gap="large"):
                for label, split in ((_("Validation"), VALIDATION), (_("Test"), TEST)):
                    if score := run.score(split):
                        st.metric(label, _written(score), width="content")


def _accuracy(score: Score | None) -> float:
    return score.accuracy if score else float("nan")


def _written(score: Score) -> str:
    return estimated(accuracy_of(score.correct, score.count))
