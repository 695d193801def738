"""What is not stored yet of filters: the button that computes it, and its command."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import commands, filter_needs, jobs, queries, states, texts, waiting
from dashboard.filter_needs import Need
from dashboard.queries import View
from fer_core.records import Run


def offer(
    view: View, runs: tuple[Run, ...], figure: str, options: Mapping[str, Any]
) -> tuple[Run, ...]:
    """Show the job under way or what came of it, and offer what lacks; return the runs that have
    all that the figure needs."""
    _ = texts.translate()
    wanted = (figure, dict(options))
    needs = [filter_needs.of(view, run, figure, options) for run in runs]
    job = waiting.follow(view, runs, needs[0].command) if needs else None
    if job and st.session_state.get("filters-wanted") in (None, wanted):
        waiting.say_failure(job)
    whole = []
    for run, need in zip(runs, needs, strict=True):
        chosen = options["weights"].split(",")
        lacks = [each for each in chosen if not filter_needs.stored(view, run, need, each)]
        if not lacks:
            whole.append(run)
        elif queries.has_weights(view.store, run):
            _offer(view, run, lacks[0], need, wanted)
        else:
            states.no_weights(run)
    return tuple(whole)


def _offer(view: View, run: Run, weights: str, need: Need, wanted: Any) -> None:
    _ = texts.translate()
    choices = {**need.choices, "weights": weights}
    with st.container(border=True, key=f"state-missing-{run.id}", gap="small"):
        told = _("{name}: not stored yet ({weights} weights).")
        st.text(told.format(name=run.name, weights=weights))
        under_way = f"job-{need.command}" in st.session_state
        if st.button(_("Compute it"), type="primary", key=f"filters-{run.id}", disabled=under_way):
            st.session_state["filters-wanted"] = wanted
            waiting.begin(jobs.start(view.store, need.command, (run,), **choices))
            st.rerun()
        words = commands.COMMANDS[need.command]([run.name], **choices)
        st.code(texts.command("fer-core", *words), language="bash", wrap_lines=True)
