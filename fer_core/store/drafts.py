"""What people have edited of reports, by template, language and the set of runs.

A draft belongs to no run: writing one bumps no revision. Deleting a run deletes the drafts of
reports that it is in.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from fer_core.store import codec
from fer_core.store.database import Database
from fer_core.store.runs import find
from fer_core.store.schema import report_drafts


def save_draft(
    database: Database,
    references: Iterable[str],
    template: str,
    language: str,
    edits: Mapping[str, Any],
) -> None:
    """Store the edits of a report, in place of earlier ones."""
    with database.write() as connection:
        key = _key(connection, database, references, template, language)
        connection.execute(delete(report_drafts).where(*_is(key)))
        connection.execute(
            insert(report_drafts).values(**key, edits=dict(edits), updated_at=time.time())
        )


def get_draft(
    database: Database, references: Iterable[str], template: str, language: str
) -> dict[str, Any] | None:
    """Return the stored edits of a report, None where there are none."""
    with database.read() as connection:
        key = _key(connection, database, references, template, language)
        return connection.execute(select(report_drafts.c.edits).where(*_is(key))).scalar()


def delete_draft(
    database: Database, references: Iterable[str], template: str, language: str
) -> bool:
    """Delete the stored edits of a report; False where there are none."""
    with database.write() as connection:
        key = _key(connection, database, references, template, language)
        return connection.execute(delete(report_drafts).where(*_is(key))).rowcount > 0


def delete_drafts_of(connection: Connection, run_id: str) -> None:
    """Delete the drafts of all reports that a run is in."""
    ids = func.json_each(report_drafts.c.run_ids).table_valued("value")
    named = select(ids.c.value).where(ids.c.value == run_id)
    connection.execute(delete(report_drafts).where(named.exists()))


def _key(
    connection: Connection,
    database: Database,
    references: Iterable[str],
    template: str,
    language: str,
) -> dict[str, str]:
    found = {find(connection, reference, database.path) for reference in references}
    return {
        "template": template,
        "language": language,
        "run_ids": codec.to_json(sorted(found)),
    }


def _is(key: dict[str, str]) -> list[Any]:
    return [report_drafts.c[name] == value for name, value in key.items()]
