"""Collects what a report says: drafted paragraphs, figures, tables, and what is not stored."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from fer_core import figures
from fer_core.errors import InputError, NotStored
from fer_core.figures import text
from fer_core.records import Run
from fer_core.report.content import (
    Block,
    Content,
    FigureBlock,
    Missing,
    Paragraph,
    SectionContent,
    TableBlock,
)
from fer_core.report.facts import FACTS
from fer_core.report.plan import PART, Piece, Plan
from fer_core.report.tables import TABLES
from fer_core.report.template import FACT, FIGURE, Section
from fer_core.translation import translator
from fer_core.words import listed

if TYPE_CHECKING:
    from fer_core.store import RunStore

Progress = Callable[[int, int], None]


def section(store: "RunStore", plan: Plan, key: str) -> SectionContent:
    """Return one section, ticked or not; its figures and its tables are numbered from 1.

    Raises InputError for another key than those of the template.
    """
    for each in plan.template.sections:
        if each.key == key:
            return _numbered([_section(store, plan, each, _nothing)])[0]
    keys = ", ".join(each.key for each in plan.template.sections)
    raise InputError(f"report {plan.template.name} has no section {key!r}; use one of {keys}")


def content(store: "RunStore", plan: Plan, *, progress: Progress | None = None) -> Content:
    """Return the whole report; figures and tables are numbered through it, from 1.

    progress: called with (done, total) after each figure, table and paragraph.
    """
    total = sum(len(plan.pieces[each.key]) for each in plan.sections)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    sections = _numbered([_section(store, plan, each, step) for each in plan.sections])
    return Content(
        title=plan.edits.title or plan.template.title[plan.language],
        template=plan.template.name,
        language=plan.language,
        runs=plan.runs,
        notes=tuple(_notes(plan)),
        sections=sections,
    )


def _nothing() -> None:
    pass


def _section(
    store: "RunStore", plan: Plan, section: Section, step: Callable[[], None]
) -> SectionContent:
    edited = plan.edits.texts.get(section.key)
    blocks: list[Block] = []
    if edited is not None:
        blocks += [Paragraph(part) for part in re.split(r"\n\s*\n", edited) if part.strip()]
    for piece in plan.pieces[section.key]:
        if edited is None or piece.item.kind != FACT:
            blocks += _blocks(store, plan, piece)
        step()
    blocks += _unplayed(plan, section)
    # Several figures may lack the same.
    once = [
        block
        for place, block in enumerate(blocks)
        if not (isinstance(block, Missing) and block in blocks[:place])
    ]
    return SectionContent(section.key, section.question[plan.language], tuple(once))


def _blocks(store: "RunStore", plan: Plan, piece: Piece) -> list[Block]:
    """Return what a piece gives, or what it lacks."""
    _ = translator(plan.language)
    try:
        if piece.item.kind == FACT:
            return [*_paragraphs(store, plan, piece)]
        if piece.item.kind == FIGURE:
            return _figures(store, plan, piece)
        return [_table(store, plan, piece)]
    except NotStored as error:
        return [Missing(_("Not stored yet: {what}.").format(what=error.what(_)), error.command)]
    except InputError as error:
        return [Missing(_("Cannot be shown: {reason}.").format(reason=error))]


def _paragraphs(store: "RunStore", plan: Plan, piece: Piece) -> Iterator[Paragraph]:
    facts = FACTS[piece.item.name]
    for paragraph in facts.paragraphs(
        store, piece.runs, language=plan.language, **piece.item.options
    ):
        yield Paragraph(paragraph, draft=True)


def _figures(store: "RunStore", plan: Plan, piece: Piece) -> list[Block]:
    """Return a figure, in parts where it is too tall for a page."""
    name = piece.item.name
    real = [run for run in piece.runs if not run.synthetic] if not plan.with_faces else []
    # Asked first: nobody should have to make what is then left out.
    if real and figures.shows_faces(name):
        return [_left_out(plan, name, real)]
    parts = figures.build_pages(
        name,
        store,
        [run.id for run in piece.runs],
        language=plan.language,
        width_mm=plan.width_mm,
        font_size=plan.font_size,
        colours=[run.id for run in plan.runs],
        **piece.item.options,
    )
    if real and figures.shows_faces(name, parts[0].info):
        return [_left_out(plan, name, real)]
    caption = _caption(plan, piece, parts[0].caption)
    if len(parts) == 1:
        return [FigureBlock(piece.key, 0, parts[0], caption)]
    _ = translator(plan.language)
    form = _("{caption} (Part {number} of {count}.)")
    blocks: list[Block] = []
    for number, part in enumerate(parts, 1):
        key = f"{piece.key}{PART}{number}"
        own = form.format(caption=caption, number=number, count=len(parts))
        blocks.append(FigureBlock(key, 0, part, plan.edits.captions.get(key, own)))
    return blocks


def _left_out(plan: Plan, name: str, runs: list[Run]) -> Missing:
    _ = translator(plan.language)
    return Missing(
        _(
            "{figure} of {runs} shows faces of real people, which are left out; the option "
            "--with-faces puts them in."
        ).format(figure=name, runs=listed((text.clean(run.name) for run in runs), _))
    )


def _table(store: "RunStore", plan: Plan, piece: Piece) -> Block:
    table = TABLES[piece.item.name]
    info = table.collect(store, tuple(run.id for run in piece.runs), **piece.item.options)
    printed = table.printed(info, language=plan.language)
    return TableBlock(
        piece.key,
        0,
        _caption(plan, piece, printed.caption),
        printed.header,
        printed.rows,
        printed.numeric,
        table.table(info),
    )


def _caption(plan: Plan, piece: Piece, own: str) -> str:
    """Return the edited caption, else the template's, else its own; of several alike, each names
    its run."""
    if piece.key in plan.edits.captions:
        return plan.edits.captions[piece.key]
    _ = translator(plan.language)
    caption = piece.item.caption.get(plan.language) or own
    if not piece.item.each:
        return caption
    return _("{run}: {caption}").format(run=text.clean(piece.runs[0].name), caption=caption)


def _unplayed(plan: Plan, section: Section) -> Iterator[Missing]:
    _ = translator(plan.language)
    for slot in plan.lacking(section):
        yield Missing(
            _("No run plays the part {slot}: {why}. Name one with --slot {slot}=RUN.").format(
                slot=slot, why=plan.reasons[slot]
            )
        )


def _notes(plan: Plan) -> Iterator[str]:
    _ = translator(plan.language)
    synthetic = [text.clean(run.name) for run in plan.runs if run.synthetic]
    if len(synthetic) == len(plan.runs):
        yield _("All numbers and images are of synthetic data.")
    elif synthetic:
        yield _("Of synthetic data: {runs}.").format(runs=listed(synthetic, _))
    if not plan.with_faces and len(synthetic) < len(plan.runs):
        yield _(
            "Figures that show faces of real people are left out; the option --with-faces puts "
            "them in."
        )


def _numbered(sections: list[SectionContent]) -> tuple[SectionContent, ...]:
    counts = {FigureBlock: 0, TableBlock: 0}
    numbered = []
    for each in sections:
        blocks: list[Block] = []
        for block in each.blocks:
            if isinstance(block, (FigureBlock, TableBlock)):
                counts[type(block)] += 1
                blocks.append(replace(block, number=counts[type(block)]))
            else:
                blocks.append(block)
        numbered.append(replace(each, blocks=tuple(blocks)))
    return tuple(numbered)
