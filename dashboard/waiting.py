"""What a page shows of the job that it started: how far it is, and what came of it."""

import streamlit as st

from dashboard import jobs, states, texts
from dashboard.jobs import RUNNING, Job
from dashboard.queries import View
from fer_core.errors import InputError
from fer_core.records import Run

EVERY = 0.5  # seconds between two looks at a job


def follow(view: View, runs: tuple[Run, ...], command: str) -> Job | None:
    """Show how far this session's job of a command is; return it from its end on, until `drop`.

    After a reload the session has forgotten it: then it is the job of one of these runs that is
    under way.
    """
    log, ended = _keys(command)
    if log not in st.session_state:
        for job in jobs.running(view.store, [run.id for run in runs]):
            if job.command == command:
                st.session_state[log] = job.log
    if log in st.session_state:
        now = jobs.read(st.session_state[log])
        if now and now.state == RUNNING:
            st.fragment(_watch, run_every=EVERY)(now)
            return None
        del st.session_state[log]
        if now:
            st.session_state[ended] = now
            if now.output is None:  # else there is something to download yet
                jobs.forget(now)
    return st.session_state.get(ended)


def begin(job: Job) -> None:
    """Follow this job from now on."""
    drop(job.command)
    st.session_state[_keys(job.command)[0]] = job.log


def drop(command: str) -> None:
    """Cancel this session's job of a command if it is under way, and forget what came of it, with
    the file that it wrote."""
    log, ended = _keys(command)
    if last := st.session_state.pop(ended, None):
        jobs.forget(last)
    if (path := st.session_state.pop(log, None)) and (job := jobs.read(path)):
        jobs.cancel(job)


def failure(job: Job | None) -> str:
    """Return why a job that has ended (None: whose log is gone, too) has no result; "" where it has
    one."""
    if job and (job.error or job.result is not None):
        return job.error
    _ = texts.translate()
    return _("The command ended without a result; start it again.")


def say_failure(job: Job) -> bool:
    """Say why a job that has ended has no result; return whether that is so."""
    why = failure(job)
    if why:
        states.wrong(InputError(why))
    return bool(why)


def _keys(command: str) -> tuple[str, str]:
    return f"job-{command}", f"ended-{command}"


def _watch(job: Job) -> None:
    """Draw the progress, and the whole page anew as soon as the job has ended."""
    _ = texts.translate()
    now = jobs.read(job.log)
    if now is None or now.state != RUNNING:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key=f"wait-{job.command}"):
        words = _("{done} of {total}").format(done=now.done, total=now.total)
        st.progress(now.done / max(1, now.total), words if now.total else _("starting"))
        if st.button(_("Cancel"), key=f"cancel-{job.command}"):
            drop(job.command)
            st.rerun()
