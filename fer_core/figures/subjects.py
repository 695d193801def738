"""Which runs or data sets a figure is about: from what a person names to ids and names."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from fer_core.errors import InputError

if TYPE_CHECKING:
    from fer_core.store import RunStore

Subject = Literal["run", "dataset"]


def resolved(
    name: str, store: "RunStore", references: Sequence[str], *, kind: Subject, least: int
) -> tuple[str, ...]:
    """Return the ids of the runs, or the names of the data sets, that the figure `name` is about.

    least: how many different ones it takes. InputError for unknown ones, and for too few.
    """
    runs = kind == "run"
    if not references:
        word, command = ("run", "runs") if runs else ("data set", "data")
        raise InputError(f"figure {name} needs at least one {word}; see: fer-core {command} list")
    found = (store.run(each).id if runs else _dataset_name(store, each) for each in references)
    different = tuple(dict.fromkeys(found))
    if len(different) < least:
        raise InputError(
            f"figure {name} compares {least} or more different runs; see: fer-core runs list"
        )
    return different


def _dataset_name(store: "RunStore", reference: str) -> str:
    try:
        return store.dataset(reference).name
    except InputError:
        try:
            run = store.run(reference)
        except InputError:
            raise InputError(
                f"no data set and no run {reference!r} in {store.path}; see: fer-core data list"
            ) from None
    if not run.dataset:
        raise InputError(f"run {run.name!r} has no stored data set; see: fer-core data list")
    return run.dataset
