"""Whether a run of a shared file is here already, with all that the file holds of it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from fer_core.store.bundles.collecting import Collection
from fer_core.store.datasets import Datasets
from fer_core.store.schema import runs

# What a person may have changed here since, and what is worked out anew.
_KEPT_HERE = {
    "name", "tags", "note", "leaderboard_public", "leaderboard_private", "updated_at",
}  # fmt: skip
_KEYS: dict[str, tuple[str, ...]] = {
    "predictions": ("split", "weights", "averaging"),
    "tensors": ("kind", "method", "layer", "sample", "target", "weights"),
    "test_readings": ("split", "weights", "averaging", "checkpoint_sha256", "read_at"),
}


def stored_name(connection: Connection, run_id: str) -> str | None:
    """Return the name that the run with this id has here, None where it is not here."""
    return connection.execute(select(runs.c.name).where(runs.c.id == run_id)).scalar()


def difference(connection: Connection, datasets: Datasets, run: Mapping[str, Any]) -> str | None:
    """Return in a word what the file has and the stored run has not, None where it has all.

    The store may hold more: what was computed here since, or what the file was written without.
    """
    # As a file holds it, so that both are compared in one form.
    mine = Collection(connection, datasets, weights=True, faces=True).run(run["id"])
    for name, value in run.items():
        if name in _KEPT_HERE:
            continue
        if name in _KEYS:
            there = {_key(each, name): each for each in mine[name]}
            if any(there.get(_key(each, name)) != each for each in value):
                return name.replace("_", " ")
        elif name == "checkpoints":
            if any(mine[name].get(which) != sha256 for which, sha256 in value.items()):
                return "weights"
        elif _plain(mine[name]) != value:
            return name.replace("_", " ")
    return None


def _key(record: Mapping[str, Any], of: str) -> tuple[Any, ...]:
    return tuple(record[part] for part in _KEYS[of])


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: lists for tuples."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value
