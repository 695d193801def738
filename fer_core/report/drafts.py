"""Drafts: the edits of a report as the store keeps them, by template, language and set of runs."""

from typing import TYPE_CHECKING

from fer_core.report.edits import Edits
from fer_core.report.plan import Plan, edited, whole

if TYPE_CHECKING:
    from fer_core.store import RunStore


def save(store: "RunStore", plan: Plan) -> None:
    """Store the edits of a plan in place of earlier ones."""
    store.save_report_draft(*_key(plan), plan.edits.to_json())


def clear(store: "RunStore", plan: Plan) -> bool:
    """Delete what is stored; False where nothing is."""
    return store.delete_report_draft(*_key(plan))


def stored(store: "RunStore", plan: Plan) -> Edits | None:
    """Return what is stored, as it was edited; None where nothing is."""
    value = store.report_draft(*_key(plan))
    return None if value is None else Edits.from_json(value)


def drafted(plan: Plan, edits: Edits) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan with stored edits, and the keys that it does not have any more.

    A run that was renamed, or plays another part, gives its figures other keys.
    """
    sections = {section.key for section in plan.template.sections}
    fitting = Edits(
        edits.title,
        {key: text for key, text in edits.texts.items() if key in sections},
        {key: text for key, text in edits.captions.items() if whole(key) in plan.blocks},
        tuple(key for key in edits.left_out if key in sections),
    )
    every = (*edits.texts, *edits.captions, *edits.left_out)
    kept = {*fitting.texts, *fitting.captions, *fitting.left_out}
    return edited(plan, fitting), tuple(key for key in every if key not in kept)


def _key(plan: Plan) -> tuple[list[str], str, str]:
    return [run.id for run in plan.runs], plan.template.name, plan.language
