"""Which images the page Explanations shows: six ways to pick them."""

import streamlit as st

from dashboard import explanation_queries as asked
from dashboard import states, texts
from dashboard.queries import View
from fer_core.errors import InputError
from fer_core.figures.text import class_labels
from fer_core.figures.wanted_maps import Wanted, named
from fer_core.records import Run
from fer_core.translation import Translate

COUNTS = (7, 14, 28)  # images at most
PER_CLASS = (1, 2, 4)
STORED, BY_SAMPLE = "stored", "sample"


def pick(view: View, runs: tuple[Run, ...], wanted: Wanted) -> tuple[str, ...]:
    """Draw the widgets and return the picked samples, ``test:12``; () where none is there."""
    _ = texts.translate()
    weights = wanted.weights
    ways = {
        STORED: _("explained already"),
        "each": _("one of each class"),
        "class": _("a class"),
        "cell": _("a cell of the confusion matrix"),
        "differ": _("wrong in one run, right in another"),
        BY_SAMPLE: _("by name"),
    }
    if "explain_pick" not in st.session_state:
        first = STORED if asked.explained_already(view.store, runs, wanted) else "each"
        st.session_state.explain_pick = BY_SAMPLE if "sample" in st.query_params else first
    way = st.segmented_control(
        _("Which images"),
        list(ways),
        format_func=ways.__getitem__,
        required=True,
        key="explain_pick",
        persist_state="session",
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="pick", gap="medium"):
        if way == BY_SAMPLE:
            return _by_name(view, runs[0], _)
        if way == STORED:
            return _stored(view, runs, wanted, _)
        run, split = _choose_run(runs, _("Run"), "explain_run"), _choose_split(runs, weights, _)
        if not run.score(split, weights):
            states.not_evaluated(run, split=split, weights=weights, averaging="none")
            return ()
        answers = asked.answers(view.store, run, split, weights)
        if way == "each":
            return asked.one_of_each_class(answers)
        if way == "class":
            label = _choose_class(_("True class"), "explain_true", 3, _)
            samples = answers.of(answers.labels == label)
        elif way == "cell":
            true = _choose_class(_("True class"), "explain_true", 3, _)
            predicted = _choose_class(_("Predicted class"), "explain_predicted", 3, _)
            samples = answers.of((answers.labels == true) & (answers.predicted == predicted))
        else:
            samples = _differing(view, runs, run, answers, split, weights, _)
        count = st.segmented_control(
            _("At most"), COUNTS, default=COUNTS[0], required=True, key="explain_count"
        )
    st.caption(_("{count:,} such images; the most confident first.").format(count=len(samples)))
    return samples[:count]


def _stored(view: View, runs: tuple[Run, ...], wanted: Wanted, _: Translate) -> tuple[str, ...]:
    per_class = st.segmented_control(
        _("Of each class"), PER_CLASS, default=1, required=True, key="explain_per_class"
    )
    found = asked.explained_already(view.store, runs, wanted._replace(per_class=per_class))
    if not found:
        st.text(_("No image is explained in all of these runs yet; pick images in another way."))
    return found


def _by_name(view: View, run: Run, _: Translate) -> tuple[str, ...]:
    """Let images be named; they are looked up in the data of the first run."""
    written = st.text_input(
        _("Images, with commas between"),
        key="sample",
        bind="query-params",
        placeholder="validation:12, test:5566",
        width=420,
    )
    found = []
    for each in named(written or ""):
        try:
            found.append("{}:{}".format(*view.store.sample(run.dataset_fingerprint, each)))
        except InputError as error:
            st.text(str(error))
    return tuple(dict.fromkeys(found))[: COUNTS[-1]]


def _choose_run(runs: tuple[Run, ...], label: str, key: str) -> Run:
    by_name = {run.name: run for run in runs}
    if st.session_state.get(key) not in by_name:  # another one was picked since
        st.session_state[key] = runs[0].name
    name = st.selectbox(label, list(by_name), key=key, width=240)
    return by_name.get(name, runs[0])


def _choose_split(runs: tuple[Run, ...], weights: str, _: Translate) -> str:
    there = [s.split for run in runs for s in run.scores if s.weights == weights]
    splits = list(dict.fromkeys(["validation", *there]))
    if st.session_state.get("explain_split") not in splits:
        st.session_state.explain_split = splits[0]
    chosen = st.selectbox(_("Split"), splits, format_func=_, key="explain_split", width=160)
    return chosen or splits[0]


def _choose_class(label: str, key: str, default: int, _: Translate) -> int:
    labels = class_labels(_)
    st.session_state.setdefault(key, default)
    return st.selectbox(
        label, range(len(labels)), format_func=labels.__getitem__, key=key, width=160
    )


def _differing(
    view: View,
    runs: tuple[Run, ...],
    wrong: Run,
    answers: asked.Answers,
    split: str,
    weights: str,
    _: Translate,
) -> tuple[str, ...]:
    others = tuple(run for run in runs if run.id != wrong.id and run.score(split, weights))
    if not others:
        st.text(_("Pick a second run with predictions on this split."))
        return ()
    right = _choose_run(others, _("Right in"), "explain_right")
    return asked.wrong_and_right(answers, asked.answers(view.store, right, split, weights))
