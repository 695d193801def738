"""From the page to the zip: the button, how far the command is, the download and what is missing
in it."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from dashboard import jobs, report_edits, report_sections, states, texts, waiting
from dashboard.jobs import Job
from dashboard.report_edits import Draft
from fer_core.errors import InputError
from fer_core.figures.browser import find_browser
from fer_core.report.command import arguments
from fer_core.report.plan import Plan

COMMAND = "report"
FILE = "report.zip"
WANTED, MADE_OF = "report-build-wanted", "report-made-of"


def show(draft: Draft, plan: Plan, formats: Sequence[str]) -> None:
    """Offer to build the report, and what was built. Building waits until what was changed is
    stored."""
    _ = texts.translate()
    row = st.container(
        horizontal=True, vertical_alignment="bottom", key="report-build", gap="small"
    )
    job = waiting.follow(draft.view, draft.plan.runs, COMMAND)
    under_way = f"job-{COMMAND}" in st.session_state
    with row:
        report_sections.title(draft, plan)
        st.button(
            _("Build the report"),
            type="primary",
            key="report-start",
            icon=":material/description:",
            on_click=_want,
            disabled=under_way or not formats,
        )
        if job and job.result is not None and job.output and job.output.exists():
            _download(job.output)
    if not formats:
        st.text(_("Choose a format of the documents."))
        return
    if job and st.session_state.get(MADE_OF) not in (None, _state(plan, formats)):
        st.caption(_("Something was changed since the report was built."))
    command = texts.command("fer-core", *arguments(plan, formats=formats), "-o", FILE)
    st.code(command, language="bash", wrap_lines=True)
    _say_browser()
    if report_edits.failed():
        st.session_state.pop(WANTED, None)
    if st.session_state.get(WANTED) and not report_edits.saving(draft) and not under_way:
        try:
            _start(draft, plan, formats)
        except InputError as error:
            states.wrong(error)
    elif job:
        _say_ended(job)


def _want() -> None:
    st.session_state[WANTED] = True


def _start(draft: Draft, plan: Plan, formats: Sequence[str]) -> None:
    del st.session_state[WANTED]
    choices = draft.choices
    job = jobs.start(
        draft.view.store,
        COMMAND,
        draft.view.picked,
        template=choices.template,
        slots=dict(choices.said),
        language=choices.language,
        formats=formats,
        width_mm=choices.width_mm,
        with_faces=choices.with_faces,
    )
    waiting.begin(job)
    st.session_state[MADE_OF] = _state(plan, formats)
    st.rerun()


def _download(path: Path) -> None:
    _ = texts.translate()
    st.download_button(
        _("Download {name}").format(name=FILE),
        _reader(path),
        file_name=FILE,
        mime="application/zip",
        on_click="ignore",
        icon=":material/download:",
        key="report-download",
    )


def _reader(path: Path) -> Callable[[], bytes]:
    """Return what reads the file; it runs on a click only."""
    return path.read_bytes


def _state(plan: Plan, formats: Sequence[str]) -> str:
    """Return what a report is made of, which is another text after anything has changed. After a
    reload nobody knows it of the report under way."""
    runs = [(run.id, run.revision) for run in plan.runs]
    words = [runs, arguments(plan, formats=formats), plan.edits.to_json()]
    return json.dumps(words)


def _say_browser() -> None:
    """Without a browser no figure becomes a file: say so beforehand."""
    _ = texts.translate()
    try:
        find_browser()
    except InputError as error:
        told = _(
            "Figures as pdf, svg and png, and documents that hold them (docx, tex), will lack:"
        )
        st.text(f"{told} {error}")


def _say_ended(job: Job) -> None:
    _ = texts.translate()
    if waiting.say_failure(job):
        return
    missing = job.result.get("missing", [])
    if missing:
        with st.expander(_("Missing in it: {count}").format(count=len(missing))):
            for each in missing:
                st.text(f"{each['section']}: {each['what']}")
