"""The sections of a report: which are in it, and one of them as it will print, to be edited."""

import hashlib

import streamlit as st

from dashboard import report_edits, report_missing, report_paper, report_queries, texts
from dashboard.report_edits import Draft
from fer_core.report.content import FigureBlock, Missing, Paragraph, SectionContent, TableBlock
from fer_core.report.edits import CAPTION, TEXT, TITLE
from fer_core.report.plan import Plan
from fer_core.report.template import Section
from fer_core.translation import Translate

SECTION = "section"


def title(draft: Draft, plan: Plan) -> None:
    """Let the report's title be edited."""
    _ = texts.translate()
    own = draft.plan.template.title[draft.plan.language]
    shown = plan.edits.title or own
    key = "report-title"

    def change() -> None:
        typed = st.session_state[key].strip()
        report_edits.change(draft, key, title=None if typed in ("", own) else typed)

    _show(key, shown)
    st.text_input(_("Title"), key=key, on_change=change, max_chars=TITLE)
    _say_refused(key)


def choose(draft: Draft, plan: Plan, under_way: bool) -> str:
    """Let sections be ticked, and one be chosen to look at; return its key. under_way: changes are
    being saved."""
    _ = texts.translate()
    sections = {section.key: section for section in plan.template.sections}
    ticked = [section.key for section in plan.sections]
    asked = st.session_state.get("report-chosen", st.query_params.get(SECTION, ""))
    first = asked if asked in sections else next(iter(ticked))
    key = f"report-section-{plan.template.name}"
    if st.session_state.get(key) not in sections:
        st.session_state[key] = first
    with st.container(
        horizontal=True, vertical_alignment="center", key="report-choose", gap="medium"
    ):
        chosen = st.segmented_control(
            _("Sections"),
            list(sections),
            format_func=lambda each: _label(sections[each], each in ticked),
            required=True,
            key=key,
        )
        told = _("In the report: {count} of {total}")
        with st.popover(told.format(count=len(ticked), total=len(sections))):
            for section in sections.values():
                _tick(draft, plan, section, _)
            _say_refused("report-ticks")
        report_edits.tell(draft, under_way)
    if chosen not in sections:  # a browser may send anything
        chosen = first
    st.session_state["report-chosen"] = st.query_params[SECTION] = chosen
    return chosen


def _label(section: Section, ticked: bool) -> str:
    words = section.label[texts.language()]
    return words if ticked else f":gray[{words}]"


def _tick(draft: Draft, plan: Plan, section: Section, _: Translate) -> None:
    lacks = plan.lacking(section) if section.optional else ()
    key = f"report-tick-{section.key}"

    def change() -> None:
        now = report_edits.read(draft)[0].edits.left_out
        rest = [each for each in now if each != section.key]
        left_out = rest if st.session_state[key] else [*rest, section.key]
        report_edits.change(draft, "report-ticks", left_out=left_out)

    _show(key, section in plan.sections)
    with st.container(horizontal=True, key=f"report-row-{section.key}", gap="small"):
        st.checkbox(
            section.key,
            key=key,
            on_change=change,
            disabled=bool(lacks),
            label_visibility="collapsed",
        )
        st.text(section.question[plan.language])
    if lacks:
        st.caption(_("Left out: nobody plays {parts}.").format(parts=", ".join(lacks)))


def show(draft: Draft, plan: Plan, key: str) -> None:
    """Show a section as it will print, with its texts to be edited and what is missing."""
    _ = texts.translate()
    with st.spinner(_("Collecting the section ..."), show_time=False):
        content = report_queries.section(draft.view, draft.choices, key)
    report_missing.follow(draft, content)
    st.subheader(report_paper.escaped(content.heading), anchor=False)
    if all(section.key != key for section in plan.sections):
        st.caption(_("This section is left out of the report."))
    _text(draft, plan, content)
    for place, block in enumerate(content.blocks):
        if isinstance(block, FigureBlock):
            report_paper.figure(block)
            _caption(draft, plan, block, report_paper.width_of(block))
        elif isinstance(block, TableBlock):
            _caption(draft, plan, block, report_paper.WIDEST)
            report_paper.table(block)
        elif isinstance(block, Missing):
            report_missing.show(draft, block, place)
    report_missing.without_weights(draft, content)


def _text(draft: Draft, plan: Plan, content: SectionContent) -> None:
    """Show the words of a section: drafted from the store until somebody edits them."""
    _ = texts.translate()
    section = content.key
    parts = [block.text for block in content.blocks if isinstance(block, Paragraph)]
    drafted = "\n\n".join(parts)
    is_edited = section in plan.edits.texts
    key = _key(draft, section, drafted)

    def change() -> None:
        typed = st.session_state[key].strip()
        report_edits.change(draft, key, texts={section: None if typed == drafted else typed})

    def back() -> None:
        report_edits.change(draft, key, texts={section: None})

    with st.container(
        horizontal=True, vertical_alignment="center", key="report-state", gap="small"
    ):
        if is_edited:
            st.badge(_("Edited"), icon=":material/edit:", color="green")
            st.button(_("Back to the draft"), key="report-back", type="tertiary", on_click=back)
        elif drafted:
            told = _("Draft, from the stored numbers; nobody has edited it yet")
            st.badge(told, icon=":material/edit_note:", color="orange")
    _show(key, plan.edits.texts.get(section, drafted))
    st.text_area(
        _("Answer"),
        key=key,
        on_change=change,
        max_chars=TEXT,
        height="content",
        width=report_paper.WIDEST,
        placeholder=_("Write your answer here; a blank line parts paragraphs."),
        label_visibility="collapsed",
    )
    _say_refused(key)


def _caption(draft: Draft, plan: Plan, block: FigureBlock | TableBlock, width: int) -> None:
    _ = texts.translate()
    key = _key(draft, block.key, block.caption)

    def change() -> None:
        typed = " ".join(st.session_state[key].split())
        own = None if typed in ("", " ".join(block.caption.split())) else typed
        report_edits.change(draft, key, captions={block.key: own})

    _show(key, plan.edits.captions.get(block.key, block.caption))
    above = "top" if isinstance(block, TableBlock) else "below"
    with st.container(key=f"caption-{above}-{block.key}"):
        st.text_area(
            _("Caption of {name}").format(name=block.key),
            key=key,
            on_change=change,
            max_chars=CAPTION,
            height="content",
            width=width,
            label_visibility="collapsed",
        )
    _say_refused(key)


def _key(draft: Draft, name: str, own: str) -> str:
    """Return the key of a text's widget: another one for another report, and for another draft."""
    which = "\n".join((*draft.key, name, own))
    return f"report-{name}-{hashlib.sha256(which.encode()).hexdigest()[:12]}"


def _show(key: str, value: str | bool) -> None:
    """Have a widget show a value, unless it holds what was refused, which nobody wants to lose."""
    if not report_edits.refused(key) and st.session_state.get(key) != value:
        st.session_state[key] = value


def _say_refused(key: str) -> None:
    if why := report_edits.refused(key):
        st.text(why)
