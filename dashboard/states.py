"""What a page shows when it cannot show its content: why, and the one command that helps."""

import streamlit as st

from dashboard import texts
from fer_core.store import StoreError, StoreUnavailable


def _state(key: str, icon: str, title: str, *lines: str, command: str = "") -> None:
    """Draw one state. Lines are plain text: they may hold paths and other people's names."""
    with st.container(key=f"state-{key}", border=True):
        st.subheader(f"{icon} {title}", anchor=False)
        for line in lines:
            st.text(line)
        if command:
            st.code(command, language="bash")


def unavailable(error: StoreError) -> None:
    """The store is missing, of another version, or cannot be used."""
    _ = texts.translate()
    reason = error.reason if isinstance(error, StoreUnavailable) else "unusable"
    titles = {
        "missing": (":material/inventory_2:", _("There is no run store here yet")),
        "older": (":material/upgrade:", _("This store was made by an older FER Lab")),
        "newer": (":material/update:", _("This store was made by a newer FER Lab")),
        "unusable": (":material/block:", _("This store cannot be used")),
    }
    commands = {
        "missing": "fer-core demo",
        "older": "fer-core runs repair",
        "newer": "pip install --upgrade fer-lab",
        "unusable": "FER_STORE=runs/runs.db fer-core dashboard",
    }
    icon, title = titles[reason]
    _state(reason, icon, title, str(error), command=commands[reason])


def no_runs(has_data: bool) -> None:
    """The store holds no run."""
    _ = texts.translate()
    _state(
        "no-runs",
        ":material/rocket_launch:",
        _("No runs yet"),
        _("Train a first one; it shows up here by itself, from its first epoch on.")
        if has_data
        else _("Make synthetic faces and train on them; real data comes in by data import."),
        command="fer-core train fast" if has_data else "fer-core data synth && fer-core train fast",
    )


def none_picked() -> None:
    """A page that compares runs has none to show."""
    _ = texts.translate()
    _state(
        "none-picked",
        ":material/touch_app:",
        _("Pick one or more runs"),
        _("in the sidebar, or by ticking rows of the table of runs."),
    )
    st.page_link("app_pages/runs.py", label=_("To the table of runs"), icon=":material/table_rows:")


def stopped(name: str, status: str) -> None:
    """A run ended before its last epoch: say how it goes on."""
    _ = texts.translate()
    reasons = {
        "stale": _("The process that trained this run is gone. Nothing stored is lost."),
        "interrupted": _("This run was interrupted. Nothing stored is lost."),
        "failed": _("This run failed. The epochs before that are stored."),
    }
    with st.container(key="state-stopped", border=True):
        st.text(reasons[status])
        st.code(texts.command("fer-core", "resume", name), language="bash")


def not_evaluated(name: str, *, split: str, weights: str, averaging: str) -> None:
    """A picked run has no such predictions: say which command makes them."""
    _ = texts.translate()
    words = ["fer-core", "evaluate", name, "--split", split]
    if weights != "best":
        words += ["--weights", weights]
    if averaging != "none":
        words += ["--average", averaging]
    with st.container(border=True, key=f"state-not-evaluated-{name}"):
        st.text(_("No such predictions of this run are stored yet: {name}").format(name=name))
        st.code(texts.command(*words), language="bash")
