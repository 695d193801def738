"""A configuration for readers: its teachers by name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fer_core.errors import InputError

if TYPE_CHECKING:
    from fer_core.store import RunStore


def with_names(store: "RunStore", config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored configuration whose `teacher` says names beside ids; of a run that is not
    here the id alone."""
    teacher = config.get("teacher")
    if not teacher or not isinstance(teacher, str):
        return dict(config)
    named = ", ".join(_named(store, each) for each in teacher.split(","))
    return {**config, "teacher": named}


def _named(store: "RunStore", run_id: str) -> str:
    try:
        return f"{store.run(run_id).name} ({run_id})"
    except InputError:
        return run_id
