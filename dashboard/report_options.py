"""What is chosen of a report: template, who plays which part, and how it is printed. The choices
stay in the URL, so that a reload finds the same report."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import report_queries, texts
from dashboard.queries import View
from dashboard.report_commands import WIDTHS
from dashboard.report_queries import Choices
from fer_core.records import Run
from fer_core.report.command import FORMATS
from fer_core.report.plan import Plan
from fer_core.report.slots import AFTER, BEFORE, CNN, DNN, EXPLAIN, POOR
from fer_core.report.template import TEMPLATES, read_template
from fer_core.translation import language_names

TEMPLATE, LANGUAGE, PARTS = "template", "report_language", "part"


def choose(view: View) -> tuple[Choices, tuple[str, ...]]:
    """Show the choices; return them, and the formats of the documents."""
    _ = texts.translate()
    with st.container(horizontal=True, vertical_alignment="bottom", key="report-form", gap="small"):
        template = _remembered(
            TEMPLATE,
            _("Template"),
            {name: read_template(name).title[texts.language()] for name in TEMPLATES},
            TEMPLATES[0],
            width=345,
        )
        language = _remembered(
            LANGUAGE, _("Language of the report"), language_names(), texts.language(), width=130
        )
        width = st.segmented_control(
            _("Figures"),
            WIDTHS,
            format_func=lambda each: _("{width} mm wide").format(width=each),
            default=WIDTHS[0],
            required=True,
            key="report-width",
            persist_state="session",
        )
        formats = st.pills(
            _("Documents"),
            FORMATS,
            selection_mode="multi",
            default=FORMATS,
            key="report-formats",
            persist_state="session",
        )
    choices = Choices(template, (), language, float(width), False)
    choices = choices._replace(said=_parts(view, choices))
    return choices._replace(with_faces=_faces(view.picked)), tuple(formats)


def _remembered(
    name: str, label: str, options: Mapping[str, str], default: str, *, width: int
) -> str:
    """Show a select box whose choice this session and the URL keep."""
    if name in st.query_params:
        st.session_state.setdefault(f"chosen-{name}", st.query_params[name])
    chosen = st.session_state.get(f"chosen-{name}", default)
    chosen = chosen if chosen in options else default
    key = f"report-{name}"

    def choose() -> None:
        st.session_state[f"chosen-{name}"] = st.session_state[key]

    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen
    st.selectbox(
        label,
        list(options),
        format_func=options.__getitem__,
        key=key,
        on_change=choose,
        width=width,
    )
    _mirror(name, [chosen] if chosen != default else [])
    return chosen


def _parts(view: View, choices: Choices) -> tuple[tuple[str, str], ...]:
    """Show who plays each part of the template, at first as it is inferred; return what a person
    has said: pairs of a part and a run's id."""
    _ = texts.translate()
    slots = read_template(choices.template).slots
    if not slots:
        return ()
    by_name = {run.name: run for run in view.picked}
    said = _said(by_name)
    plan = _plan(view, choices, {slot: said[slot] for slot in slots if slot in said})
    titles = {
        CNN: _("The CNN"),
        DNN: _("The DNN"),
        BEFORE: _("Before augmentation"),
        AFTER: _("After augmentation"),
        POOR: _("The poor model"),
        EXPLAIN: _("The explained model"),
    }
    with st.container(horizontal=True, key="report-parts", gap="small"):
        for slot in slots:
            with st.container(key=f"part-{slot}", width=215, gap="xsmall"):
                _part(slot, titles[slot], list(by_name), plan.slots[slot])
                st.caption(_reason(plan, slot))
    _mirror(PARTS, [f"{slot}={name}" for slot, name in said.items()])
    return tuple((slot, by_name[said[slot]].id) for slot in slots if slot in said)


def _part(slot: str, title: str, names: list[str], played: Sequence[Run]) -> None:
    _ = texts.translate()
    key = f"report-part-{slot}"
    shown = played[0].name if played else None

    def say() -> None:
        # Emptied: as it is inferred again.
        said = {**st.session_state["report-said"], slot: st.session_state[key]}
        st.session_state["report-said"] = {each: name for each, name in said.items() if name}

    if st.session_state.get(key) != shown or key not in st.session_state:
        st.session_state[key] = shown
    st.selectbox(
        title, names, index=None, key=key, on_change=say, placeholder=_("Nobody; pick a run")
    )


def _reason(plan: Plan, slot: str) -> str:
    _ = texts.translate()
    why = plan.reasons.get(slot)
    if why is None:
        return _("You said so; emptied, it is inferred again.")
    told = _("Inferred: {why}.") if plan.slots[slot] else _("Not inferred: {why}.")
    return told.format(why=why)


def _said(by_name: Mapping[str, Run]) -> dict[str, str]:
    """Return the run by part that this session, or at first the URL, says."""
    pairs = (text.partition("=") for text in st.query_params.get_all(PARTS))
    said = st.session_state.setdefault(
        "report-said", {slot: name for slot, _equals, name in pairs if slot and name}
    )
    return {slot: name for slot, name in said.items() if name in by_name}


def _plan(view: View, choices: Choices, said: Mapping[str, str]) -> Plan:
    ids = {run.name: run.id for run in view.picked}
    pairs = tuple((slot, ids[name]) for slot, name in said.items())
    # The reasons are read on the page, in its language.
    return report_queries.planned(view, choices._replace(said=pairs, language=texts.language()))


def _faces(runs: Sequence[Run]) -> bool:
    """Let faces of real people be shown where there are any."""
    _ = texts.translate()
    if all(run.synthetic for run in runs):
        return False
    return st.checkbox(
        _(
            "Show faces of real people. What the data's licence allows is yours to check: that of "
            "FER2013 is research, not publication."
        ),
        key="report-faces",
        persist_state="session",
    )


def _mirror(name: str, values: Sequence[Any]) -> None:
    """Keep values in the URL."""
    if st.query_params.get_all(name) != list(values):
        if values:
            st.query_params[name] = list(values)
        else:
            del st.query_params[name]
