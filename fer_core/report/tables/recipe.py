"""Settings of runs side by side: a row a setting, a column a run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from fer_core.analysis.configurations import MISSING, configuration_difference
from fer_core.config import acts
from fer_core.figures import text
from fer_core.figures.configuration_difference import SHOWN, brief, written_out
from fer_core.figures.options import one_of
from fer_core.records import Run
from fer_core.report.tables.printing import Printed, captioned, run_names
from fer_core.report.teachers import with_names
from fer_core.translation import Translate, translator

if TYPE_CHECKING:
    from fer_core.store import RunStore

_LAYERS = "architecture"  # the tables `layers` and `parameters` are about it
_HASHES = "teacher_sha256"  # of the runs that `teacher` names; provenance.json has them


class Recipes(NamedTuple):
    """What the table shows. settings: by name, the R values."""

    runs: tuple[Run, ...]
    settings: Mapping[str, tuple[Any, ...]]
    show: str


def collect(store: "RunStore", run_ids: tuple[str, ...], *, show: str = "all") -> Recipes:
    """Read the configurations of runs.

    show: ``all`` settings of training, without those that did nothing in any of the runs (the
    momentum of Adam); ``differing``: only those that differ, the architecture's among them.
    """
    one_of("show", show, SHOWN)
    details = [store.details(run_id) for run_id in run_ids]
    settings = configuration_difference(
        [with_names(store, each.config) for each in details],
        ignore=(_LAYERS, _HASHES) if show == "all" else (_HASHES,),
        everything=show == "all",
    )
    if show == "all":
        settings = {
            name: values
            for name, values in settings.items()
            if any(acts(name, each.config) for each in details)
        }
    return Recipes(tuple(each.run for each in details), settings, show)


def _brief(value: Any, _: Translate) -> str:
    return MISSING if value in (None, "") else brief(value, _)


def table(info: Recipes) -> pd.DataFrame:
    """Return a row for each setting, values in full, a column for each run's name and id."""
    columns = {
        f"{run.name} ({run.id})": [written_out(values[place]) for values in info.settings.values()]
        for place, run in enumerate(info.runs)
    }
    return pd.DataFrame({"setting": list(info.settings), **columns})


def printed(info: Recipes, *, language: str = "en") -> Printed:
    """Return a row for each setting."""
    _ = translator(language)
    names = run_names(info.runs, _)
    rows = tuple(
        (text.clean(name), *(_brief(value, _) for value in values))
        for name, values in info.settings.items()
    )
    caption = _("Settings of training.")
    if info.show == "differing":
        caption = _("Settings that differ.") if rows else _("No setting that is stored differs.")
    numeric = (False,) * (1 + len(names))
    return Printed((_("Setting"), *names), rows, numeric, captioned(caption, info.runs, _))
