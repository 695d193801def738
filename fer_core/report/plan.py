"""Everything that a report needs decided, before anything is drawn: cheap, and wrong input ends
here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fer_core.errors import InputError
from fer_core.figures import FONT_SIZES, WIDTHS, least_of
from fer_core.figures.canvas import TEXT_WIDTH_MM
from fer_core.figures.options import number, one_of
from fer_core.records import Run
from fer_core.report.edits import Edits
from fer_core.report.slots import ALL, assign
from fer_core.report.tables import TABLES
from fer_core.report.template import (
    FACT,
    FIGURE,
    TABLE,
    TEMPLATES,
    Item,
    Section,
    Template,
    read_template,
)
from fer_core.translation import DEFAULT_LANGUAGE, LANGUAGES

if TYPE_CHECKING:
    from fer_core.store import RunStore


# Of figures, where nothing else is said.
WIDTH_MM, FONT_SIZE = TEXT_WIDTH_MM, 9.0
PART = "--part"  # between the key of a figure and the number of one of its parts; in no other key


@dataclass(frozen=True)
class Piece:
    """An item of a section with the runs that it is about. key: of its block, "" for facts."""

    item: Item
    runs: tuple[Run, ...]
    key: str


@dataclass(frozen=True)
class Plan:
    """What a report is made of.

    runs: in the order of their colours; slots: who plays each part of the template and ``all``, ()
    for nobody; reasons: for each part that nobody named a run for, why it is filled or empty, in
    the report's language; said: what was named, run id by part; sections: those that are ticked;
    pieces: of all sections, by section key.
    """

    template: Template
    runs: tuple[Run, ...]
    slots: Mapping[str, tuple[Run, ...]]
    reasons: Mapping[str, str]
    said: Mapping[str, str]
    sections: tuple[Section, ...]
    pieces: Mapping[str, tuple[Piece, ...]]
    language: str
    width_mm: float
    font_size: float
    with_faces: bool
    edits: Edits

    @property
    def blocks(self) -> tuple[str, ...]:
        """The keys of all figures and tables, whether they are stored or not."""
        return tuple(piece.key for each in self.pieces.values() for piece in each if piece.key)

    def lacking(self, section: Section) -> tuple[str, ...]:
        """Return the parts that a section is about and nobody plays."""
        named = dict.fromkeys(slot for item in section.items for slot in item.of)
        return tuple(slot for slot in named if not self.slots[slot])


def plan(
    store: "RunStore",
    references: Sequence[str],
    *,
    template: str = TEMPLATES[0],
    slots: Mapping[str, str] | None = None,
    language: str = DEFAULT_LANGUAGE,
    width_mm: float = WIDTH_MM,
    font_size: float = FONT_SIZE,
    with_faces: bool = False,
    edits: Edits | None = None,
) -> Plan:
    """Decide what a report on these runs (ids, unique prefixes or names) holds.

    slots: a run by part, else inferred, see `fer_core.report.slots`; the runs that play the
    template's parts have the first colours, then come the others as they are given.
    Raises InputError for an unknown run, template, part or language, for numbers out of range, and
    for edits of what the report does not have.
    """
    one_of("language", language, LANGUAGES)
    width_mm = number("width", width_mm, *WIDTHS, "mm")
    font_size = number("font size", font_size, *FONT_SIZES, "pt")
    chosen = read_template(template)
    if isinstance(references, str) or not references:
        raise InputError("a report needs at least one run; see: fer-core runs list")
    given = list({run.id: run for run in map(store.run, references)}.values())
    parts = assign(store, given, chosen.slots, dict(slots or {}), language=language)
    runs = {part.run.id: part.run for part in parts.values() if part.run}
    runs |= {run.id: run for run in given}
    cast: dict[str, tuple[Run, ...]] = {
        slot: (part.run,) if part.run else () for slot, part in parts.items()
    }
    cast[ALL] = tuple(runs.values())
    return edited(
        Plan(
            template=chosen,
            runs=tuple(runs.values()),
            slots=cast,
            reasons={slot: part.why for slot, part in parts.items() if part.why},
            said={slot: part.run.id for slot, part in parts.items() if part.run and not part.why},
            sections=chosen.sections,
            pieces=_pieces(chosen, cast),
            language=language,
            width_mm=width_mm,
            font_size=font_size,
            with_faces=with_faces,
            edits=Edits(),
        ),
        edits or Edits(),
    )


def edited(plan: Plan, edits: Edits) -> Plan:
    """Return the plan with these edits in place of its own.

    Raises InputError for edits of what the report does not have, and where no section is left.
    """
    sections = [section.key for section in plan.template.sections]
    for what, keys, known in (
        ("the text of", edits.texts, sections),
        ("to leave out", edits.left_out, sections),
        ("the caption of", map(whole, edits.captions), list(plan.blocks)),
    ):
        for key in keys:
            if key not in known:
                raise InputError(
                    f"{what} {key!r}: the report {plan.template.name} has no such; use one of "
                    f"{', '.join(known) or 'none'}"
                )
    ticked = tuple(
        each
        for each in plan.template.sections
        if each.key not in edits.left_out and not (each.optional and plan.lacking(each))
    )
    if not ticked:
        raise InputError("every section is left out; keep one of " + ", ".join(sections))
    return replace(plan, sections=ticked, edits=edits)


def whole(key: str) -> str:
    """Return the key of the figure that a block is, or is a part of."""
    return re.sub(rf"{PART}[0-9]+$", "", key)


def _pieces(
    template: Template, cast: Mapping[str, tuple[Run, ...]]
) -> dict[str, tuple[Piece, ...]]:
    taken: set[str] = set()
    found = {}
    for section in template.sections:
        pieces = []
        for item in section.items:
            runs = tuple({run.id: run for slot in item.of for run in cast[slot]}.values())
            for group in [(run,) for run in runs] if item.each else [runs]:
                if len(group) >= _least(item):
                    key = "" if item.kind == FACT else _key(section, item, group, taken)
                    pieces.append(Piece(item, group, key))
        found[section.key] = tuple(pieces)
    return found


def _least(item: Item) -> int:
    """Return how many runs an item needs: one that compares has nothing to say of a single one."""
    if item.options.get("show") == "differing":
        return 2
    if item.kind == FIGURE:
        return least_of(item.name)
    return getattr(TABLES[item.name], "LEAST", 1) if item.kind == TABLE else 1


def _key(section: Section, item: Item, runs: Sequence[Run], taken: set[str]) -> str:
    """Return a key that no other block has, whatever the file system makes of capitals."""
    words = [section.key, item.name]
    if item.each:
        safe = re.sub(r"[^A-Za-z0-9_]+", "-", runs[0].name).strip("-")
        words.append(safe or runs[0].id)
    first = key = "-".join(words)
    number = 1
    while key.lower() in taken:
        number += 1
        key = f"{first}-{number}"
    taken.add(key.lower())
    return key
