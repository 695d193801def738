"""Maps that are not stored yet: how many, the button that computes them, and its command."""

from typing import Any, NamedTuple

import streamlit as st

from dashboard import commands, jobs, queries, states, texts, waiting
from dashboard import explanation_queries as asked
from dashboard.queries import View
from fer_core.figures.wanted_maps import LAYERED, Wanted, named
from fer_core.records import Run

COMMAND = "explain"


class Missing(NamedTuple):
    """What a run lacks: (method, sample) pairs."""

    run: Run
    pairs: tuple[tuple[str, str], ...]


def offer(view: View, runs: tuple[Run, ...], wanted: Wanted) -> list[Missing]:
    """Show the job under way or what came of it, and for each run what it lacks; return that."""
    _ = texts.translate()
    job = waiting.follow(view, runs, COMMAND)
    asked_for = st.session_state.get("explain-wanted")
    if job and asked_for in (None, wanted):  # of an earlier choice nothing is left to say
        waiting.say_failure(job)
    found = [Missing(run, asked.missing_maps(view.store, run, wanted)) for run in runs]
    for each in found:
        if each.pairs and queries.has_weights(view.store, each.run):
            _offer(view, each, wanted)
        elif each.pairs:
            states.no_weights(each.run)
    return found


def _offer(view: View, missing: Missing, wanted: Wanted) -> None:
    _ = texts.translate()
    run = missing.run
    choices = _choices(missing, wanted)
    with st.container(border=True, key=f"state-missing-{run.id}", gap="small"):
        told = _("{name}: maps that are not stored yet: {count}")
        st.text(told.format(name=run.name, count=len(missing.pairs)))
        under_way = f"job-{COMMAND}" in st.session_state
        if st.button(
            _("Compute them"), type="primary", key=f"explain-{run.id}", disabled=under_way
        ):
            st.session_state["explain-wanted"] = wanted
            waiting.begin(jobs.start(view.store, COMMAND, (run,), **choices))
            st.rerun()
        words = commands.explain([run.name], **choices)
        st.code(texts.command("fer-core", *words), language="bash", wrap_lines=True)


def _choices(missing: Missing, wanted: Wanted) -> dict[str, Any]:
    """The options of one command; methods about a layer and those about pixels are two."""
    pairs = [pair for pair in missing.pairs if pair[0] in LAYERED] if wanted.layer else []
    layer = wanted.layer if pairs else ""
    pairs = pairs or list(missing.pairs)
    return {
        "methods": tuple(dict.fromkeys(method for method, _sample in pairs)),
        "samples": tuple(dict.fromkeys(sample for _method, sample in pairs)),
        "layer": layer,
        "target": wanted.target,
        "weights": wanted.weights,
    }


def stored(found: list[Missing], wanted: Wanted) -> Wanted:
    """Return as much of what is wanted as every run has: the images with all methods; where there
    is none, the methods with all images; else nothing."""
    pairs = {pair for each in found for pair in each.pairs}
    samples, methods = named(wanted.samples), named(wanted.methods)
    whole = [s for s in samples if not any((method, s) in pairs for method in methods)]
    if whole:
        return wanted._replace(samples=",".join(whole))
    there = [m for m in methods if not any((m, sample) in pairs for sample in samples)]
    return wanted._replace(methods=",".join(there), samples=wanted.samples if there else "")
