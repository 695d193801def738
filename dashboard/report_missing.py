"""What a section of a report lacks: the button that makes it, and the command that does so."""

import streamlit as st

from dashboard import commands, jobs, queries, report_queries, states, texts, waiting
from dashboard.report_commands import Making, making
from dashboard.report_edits import Draft
from fer_core.errors import InputError
from fer_core.records import ENSEMBLE, TEST, Run
from fer_core.report.content import Missing, SectionContent

WANTED = "report-wanted"  # the command that this session started last
NEEDS_NO_WEIGHTS = ("preview",)


def follow(draft: Draft, content: SectionContent) -> None:
    """Show the jobs under way that make what the section lacks, and how the last one failed."""
    _ = texts.translate()
    makings = [found for each in content.missing if (found := making(each.command))]
    for command in dict.fromkeys(each.command for each in makings):
        job = waiting.follow(draft.view, draft.plan.runs, command)
        if job and st.session_state.get(WANTED) in [each.command for each in content.missing]:
            waiting.say_failure(job)


def show(draft: Draft, missing: Missing, place: int) -> None:
    """Say what is missing, in its place, and offer what makes it."""
    found = making(missing.command)
    runs = _subjects(draft, found) if found else ()
    with st.container(border=True, key=f"state-lacks-{place}", gap="small"):
        st.text(missing.what)
        if found and runs:
            _button(draft, missing, found, runs, place)
        if missing.command:
            shown = texts.command("fer-core", *missing.command)
            st.code(shown, language="bash", wrap_lines=True)


def without_weights(draft: Draft, content: SectionContent) -> None:
    """Say of each run that something should be made with, and that has no weights, why it has
    none."""
    makings = [found for each in content.missing if (found := making(each.command))]
    subjects = {found.subject for found in makings if not _subjects(draft, found)}
    for run in draft.plan.runs:
        if run.name in subjects:
            states.no_weights(run)


def _button(
    draft: Draft, missing: Missing, found: Making, runs: tuple[Run, ...], place: int
) -> None:
    _ = texts.translate()
    store = draft.view.store
    ids = [run.id for run in runs]
    try:
        commands.COMMANDS[found.command](ids, **found.choices)
    except InputError:
        return  # a command that takes more than pages may ask for: it stands below
    if found.choices.get("split") == TEST:
        st.caption(_("This is logged as a reading of test."))
    busy = any(job.command not in commands.APART for job in jobs.running(store, ids))
    if st.button(_("Compute it"), type="primary", key=f"report-make-{place}", disabled=busy):
        st.session_state[WANTED] = missing.command
        waiting.begin(jobs.start(store, found.command, runs, **found.choices))
        st.rerun()


def _subjects(draft: Draft, found: Making) -> tuple[Run, ...]:
    """Return the runs that a command works on; none where it has no weights to work with."""
    if found.command in NEEDS_NO_WEIGHTS:
        return report_queries.users(draft.view, found.subject)
    return tuple(
        run
        for run in draft.plan.runs
        if run.name == found.subject
        and (
            queries.has_weights(draft.view.store, run)
            or (run.preset == ENSEMBLE and found.command == "evaluate")
        )
    )
