"""What a person changes of a report, kept in the store by the command ``report-draft``.

What is stored is read anew each time the page is drawn. A change starts the command at once, and
holds in this session until it is stored. The edits of a report are stored as a whole, so a newer
save simply takes the place of one that is still under way: nothing has to wait, or can be lost with
the page.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from dashboard import jobs, texts, waiting
from dashboard.jobs import RUNNING, Job
from dashboard.queries import View
from dashboard.report_queries import Choices
from fer_core.errors import InputError
from fer_core.report import drafts
from fer_core.report.edits import Edits
from fer_core.report.plan import Plan, edited

COMMAND = "report-draft"
_SAVES, _REFUSED = "report-saves", "report-refused"


class Draft(NamedTuple):
    """A report that is edited. plan: without edits."""

    view: View
    choices: Choices
    plan: Plan

    @property
    def key(self) -> tuple[str, ...]:
        """What its edits are kept under."""
        runs = sorted(run.id for run in self.plan.runs)
        return (str(self.view.store.path), self.choices.template, self.choices.language, *runs)


class _Save(NamedTuple):
    """Edits on their way into the store. log: of the job, None where it ended; error: why."""

    draft: Draft
    edits: Edits
    log: Path | None
    error: str = ""


def read(draft: Draft) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan with the edits as they are now, and the keys of those that the report does
    not have any more."""
    save = _saves().get(draft.key)
    edits = (save.edits if save else drafts.stored(draft.view.store, draft.plan)) or Edits()
    try:
        return drafts.drafted(draft.plan, edits)
    except InputError:  # the one section that was ticked is one that nobody plays any more
        return drafts.drafted(draft.plan, replace(edits, left_out=()))


def refused(name: str) -> str:
    """Return why a change of this text was refused; "" where it was not."""
    found: Mapping[str, str] = st.session_state.get(_REFUSED, {})
    return found.get(name, "")


def change(draft: Draft, name: str, **fields: Any) -> None:
    """Change fields of the edits, and store them. A value that is a mapping is laid over the one
    that is there, and takes out what it has None for. Called by widgets, before a page is drawn.

    name: of what was changed, under which `refused` says why it cannot be kept.
    """
    now = read(draft)[0].edits
    value = now.to_json()
    for field, new in fields.items():
        if isinstance(new, Mapping):
            both = {**value[field], **new}
            new = {key: text for key, text in both.items() if text is not None}
        value[field] = new
    told: dict[str, str] = st.session_state.setdefault(_REFUSED, {})
    try:
        edits = edited(draft.plan, Edits.from_json(value)).edits
    except InputError as error:
        told[name] = str(error)
        return
    told.pop(name, None)
    if edits != now:
        _start(draft, edits)


def settle() -> None:
    """Take what has been stored for stored, and keep what could not be."""
    for key, save in list(_saves().items()):
        job = jobs.read(save.log) if save.log else None
        if job and job.result is not None:
            jobs.forget(job)
            del _saves()[key]
        elif save.log and not (job and job.state == RUNNING):
            _saves()[key] = save._replace(log=None, error=waiting.failure(job))


def saving(draft: Draft) -> bool:
    """Say whether changes are on their way into the store, also those that were made on this page
    before it was loaded anew, or on another."""
    return any(save.log for save in _saves().values()) or bool(_others(draft))


def failed() -> str:
    """Return why changes could not be stored; "" where there are none such."""
    return next((save.error for save in _saves().values() if save.error), "")


def tell(draft: Draft, under_way: bool) -> None:
    """Say in one line how it stands with what was changed. under_way: it was being saved when it
    was read."""
    _ = texts.translate()
    if under_way:
        st.fragment(_watch, run_every=waiting.EVERY)(draft)
    elif why := failed():
        st.text(_("Not kept yet: {why}").format(why=why))
        st.button(_("Keep it now"), key="report-save", on_click=_start_again)
    else:
        st.caption(_("Changes are kept in the store."))


def _watch(draft: Draft) -> None:
    """Draw the page anew as soon as everything has been saved."""
    _ = texts.translate()
    own = [jobs.read(save.log) for save in _saves().values() if save.log]
    if not any(job and job.state == RUNNING for job in [*own, *_others(draft)]):
        st.rerun()
    st.caption(_("Keeping what you changed ..."))


def _others(draft: Draft) -> list[Job]:
    """Return the saves of other sessions under way."""
    own = [save.log for save in _saves().values()]
    under_way = jobs.running(draft.view.store, [run.id for run in draft.plan.runs])
    return [job for job in under_way if job.command == COMMAND and job.log not in own]


def _start_again() -> None:
    for save in list(_saves().values()):
        if save.log is None:
            _start(save.draft, save.edits)


def _start(draft: Draft, edits: Edits) -> None:
    earlier = _saves().get(draft.key)
    if earlier and earlier.log and (job := jobs.read(earlier.log)):
        jobs.cancel(job)
    choices = draft.choices
    save = _Save(draft, edits, None)
    try:
        job = jobs.start(
            draft.view.store,
            COMMAND,
            draft.view.picked,
            stdin=json.dumps(edits.to_json()).encode(),
            template=choices.template,
            slots=dict(choices.said),
            language=choices.language,
            clear=edits == Edits(),
        )
        save = save._replace(log=job.log)
    except InputError as error:
        save = save._replace(error=str(error))
    _saves()[draft.key] = save


def _saves() -> dict[tuple[str, ...], _Save]:
    saves: dict[tuple[str, ...], _Save] = st.session_state.setdefault(_SAVES, {})
    return saves
