"""What a page shows when it cannot show its content: why, and the one command that helps."""

import streamlit as st

from dashboard import texts
from fer_core.errors import InputError
from fer_core.records import ENSEMBLE, FAILED, INTERRUPTED, RUNNING, STALE, Dataset, Run
from fer_core.store import RunStore, StoreError, StoreUnavailable
from fer_core.words import sentences


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


def wrong(error: InputError | StoreError) -> None:
    """What was asked for cannot be shown: one line that says why and what helps."""
    _ = texts.translate()
    _state("wrong", ":material/error:", _("This cannot be shown"), str(error))


def no_runs(has_data: bool) -> None:
    """The store holds no run."""
    _ = texts.translate()
    icon, title = ":material/rocket_launch:", _("No runs yet")
    shows_up = _("A run shows up here by itself, from its start on.")
    if has_data:
        _state("no-runs", icon, title, shows_up, command="fer-core train fast")
    else:
        advice = _("Train three small ones on built-in faces; real ones: fer-core data import PATH")
        _state("no-runs", icon, title, advice, shows_up, command="fer-core demo")


def no_data() -> None:
    """The store holds no data set."""
    _ = texts.translate()
    icon, title = ":material/dataset:", _("No data sets yet")
    advice = _("Synthetic faces come with FER Lab; your own come with: fer-core data import PATH")
    _state("no-data", icon, title, advice, command="fer-core data synth")


def no_preview(dataset: Dataset) -> None:
    """No augmentation preview of a data set is stored."""
    _ = texts.translate()
    with st.container(key="state-no-preview", border=True, gap="small"):
        st.text(_("No face has been augmented for a preview yet; this command stores one:"))
        st.code(texts.command("fer-core", "data", "preview", dataset.name), language="bash")


def no_images(store: RunStore, name: str, fingerprint: str) -> bool:
    """If a data set came with runs that were shared without faces, say how its images come;
    return whether that is so."""
    if store.has_images(fingerprint):
        return False
    _ = texts.translate()
    with st.container(key=f"state-no-images-{fingerprint[:12]}", border=True, gap="small"):
        told = _(
            "The images of {name} are not in this store: runs on them were shared without faces. "
            "Importing the same data adds them:"
        )
        st.text(told.format(name=name))
        words = ("fer-core", "data", "import", "PATH", "--name", name)
        st.code(texts.command(*words), language="bash")
    return True


def pictured(store: RunStore, runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Return the runs whose images are here; of the data sets of the others say that they are
    not."""
    data = {run.dataset_fingerprint: run.dataset for run in runs if run.dataset}
    lacking = {key for key, name in data.items() if no_images(store, name, key)}
    return tuple(run for run in runs if run.dataset_fingerprint not in lacking)


def not_used(dataset: Dataset) -> None:
    """No run was trained on a data set."""
    _ = texts.translate()
    with st.container(key="state-not-used", border=True, gap="small"):
        st.text(_("No run has used this data set yet."))
        st.code(texts.command("fer-core", "train", "fast", "--data", dataset.name), language="bash")


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


def one_picked() -> None:
    """A page that compares runs has only one."""
    _ = texts.translate()
    _state(
        "one-picked",
        ":material/touch_app:",
        _("Pick another run to compare this one with"),
        _("in the sidebar, or by ticking rows of the table of runs."),
    )
    st.page_link("app_pages/runs.py", label=_("To the table of runs"), icon=":material/table_rows:")


def stopped(store: RunStore, run: Run) -> None:
    """If a run ended before its last epoch, say how it goes on."""
    _ = texts.translate()
    reasons = {
        STALE: _("{name}: its process is gone. What it stored is safe; it can go on."),
        INTERRUPTED: _("{name}: interrupted. What it stored is safe; it can go on."),
        FAILED: _("{name}: failed. The epochs before that are stored; it can go on."),
    }
    if run.status in reasons:
        resumable = store.can_go_on(run.id)
        with st.container(key=f"state-stopped-{run.id}", border=True, gap="small"):
            there = reasons[run.status] if resumable else _("{name}: imported as it was stopped.")
            st.text(there.format(name=run.name))
            if not resumable:
                st.code(texts.command("fer-core", "train", run.preset), language="bash")
            elif run.preset:
                st.code(texts.command("fer-core", "resume", run.name), language="bash")
            else:  # its own loop has its weights
                call = f"RunStore.open().continue_run({run.name!r})"
                st.code(f"with {call} as run:", language="python")


def not_evaluated(run: Run, *, split: str, weights: str, averaging: str) -> None:
    """A picked run has no such predictions: say what makes them."""
    _ = texts.translate()
    told = _("{name}: no such predictions are stored yet.")
    words = ["fer-core", "evaluate", run.name, "--split", split]
    if weights != "best":
        words += ["--weights", weights]
    if averaging != "none":
        words += ["--average", averaging]
    code, language = texts.command(*words), "bash"
    if not run.preset:
        told = sentences([told, _("Its own loop has its weights, and can store them:")], _)
        settings = f"weights={weights!r}, averaging={averaging!r}"
        arguments = f"{run.name!r}, {split!r}, probabilities, {settings}"
        code, language = f"RunStore.open().add_predictions({arguments})", "python"
    elif run.preset == ENSEMBLE and weights != "best":
        told, code = _("{name}: an ensemble has the best weights of its members only."), ""
    with st.container(border=True, key=f"state-not-evaluated-{run.id}", gap="small"):
        st.text(told.format(name=run.name))
        if code:
            st.code(code, language=language)


def no_weights(run: Run) -> None:
    """A picked run cannot predict: it has finished no epoch, or its checkpoints are gone."""
    _ = texts.translate()
    with st.container(border=True, key=f"state-no-weights-{run.id}", gap="small"):
        if run.best_epoch is not None:
            st.text(_("{name}: its checkpoints are not on this disk.").format(name=run.name))
            st.code(texts.command("fer-core", "train", run.preset), language="bash")
        elif run.status == RUNNING:
            st.text(_("{name}: its first epoch is not over yet.").format(name=run.name))
        else:
            st.text(_("{name}: it has finished no epoch.").format(name=run.name))
            st.code(texts.command("fer-core", "resume", run.name), language="bash")


def left_out(run: Run, reason: str) -> None:
    """A picked run lacks what a figure needs: one line that says what, and what helps."""
    with st.container(border=True, key=f"state-left-out-{run.id}"):
        st.text(reason)


def explained_elsewhere() -> None:
    """A photo of one's own cannot be explained: say what can, and lead there."""
    _ = texts.translate()
    st.caption(_("What these runs look at is shown for the images of their data, not for photos."))
    st.page_link("app_pages/explanations.py", label=_("Explanations"), icon=":material/visibility:")
