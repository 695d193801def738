"""Every table of a report: collected from the store in full precision, printed with few digits.

A new one is a new file and a line in TABLES: `collect` (store, run ids -> NamedTuple), `table`
(-> the csv) and `printed` (-> the words and digits that documents show).
"""

from collections.abc import Callable
from typing import Any, Protocol

import pandas as pd

from fer_core.report.tables.printed import Printed

__all__ = ["TABLES", "Printed", "Table"]


class Table(Protocol):
    """What a module of a table has.

    ``collect(store, run_ids, **options) -> info``; ``table(info) -> DataFrame``;
    ``printed(info, *, language) -> Printed``. `collect` raises InputError for what cannot be
    shown, NotStored for what a command would make.
    """

    @property
    def collect(self) -> Callable[..., Any]: ...

    @property
    def table(self) -> Callable[[Any], pd.DataFrame]: ...

    @property
    def printed(self) -> Callable[..., Printed]: ...


TABLES: dict[str, Table] = {}
