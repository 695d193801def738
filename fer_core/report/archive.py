"""The zip that a person leaves with: documents, figures, tables, and where all of it comes from.

The same runs and options give the same bytes on the same machine: nothing in it knows the time, and
every list has its order.
"""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import browser
from fer_core.figures.export import DEFAULT_DPI
from fer_core.files import check_writable, write_atomically, zip_member
from fer_core.report.command import FORMATS
from fer_core.report.content import Content
from fer_core.report.documents import DOCUMENTS
from fer_core.report.documents.tex import tabular
from fer_core.report.documents.wording import Grid
from fer_core.report.provenance import provenance

if TYPE_CHECKING:
    from fer_core.report.plan import Plan
    from fer_core.store import RunStore

PROVENANCE, SUMS = "provenance.json", "SHA256SUMS"

Progress = Callable[[int, int], None]

_DRAWN, _DATA = ("pdf", "png", "svg"), ("csv",)
_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PACKED = (".docx", ".pdf", ".png")  # already: packing them again gains nothing


def write(
    store: "RunStore",
    plan: "Plan",
    path: Path,
    *,
    formats: Sequence[str] = FORMATS,
    dpi: float = DEFAULT_DPI,
    progress: Progress | None = None,
    command: str,
    content: Content | None = None,
) -> Path:
    """Write a report to `path`, all of it or nothing.

    Without a browser there are no pictures of the figures and none of the documents that need
    them: see `lacking`. progress: called with (done, total) as figures and documents are made.
    command: what makes this report, without ``-o``. content: of this plan, where it is there
    already. Raises InputError where `path` cannot be written, ExportError if the browser fails.
    """
    path = Path(path)
    check_writable(path)
    if content is None:
        from fer_core.report import collect

        content = collect.content(store, plan)
    source = provenance(store, plan, formats=formats, dpi=dpi, command=command)
    packed = pack(files(content, source, formats=formats, dpi=dpi, progress=progress))
    try:
        write_atomically(path, packed)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another place") from error
    return path


def lacking(formats: Sequence[str] = FORMATS) -> str:
    """Return one line on what a report cannot hold on this machine and why, "" if it can all."""
    try:
        browser.find_browser()
    except InputError as error:
        documents = [f"report.{each}" for each in formats if DOCUMENTS[each].NEEDS]
        left_out = ", ".join(["pictures of figures", *documents])
        return f"left out: {left_out}; {error}"
    return ""


def files(
    content: Content,
    source: Mapping[str, Any],
    *,
    formats: Sequence[str] = FORMATS,
    dpi: float = DEFAULT_DPI,
    progress: Progress | None = None,
) -> dict[str, bytes]:
    """Return the report's files by path, sorted, with ``SHA256SUMS`` of all others.

    source: what `provenance` returns.
    """
    unknown = [each for each in formats if each not in DOCUMENTS]
    if unknown:
        raise InputError(f"format {unknown[0]!r} is none of: {', '.join(FORMATS)}")
    _check_keys(content)
    drawn = () if lacking() else _DRAWN
    documents = [each for each in FORMATS if each in formats]
    documents = [each for each in documents if DOCUMENTS[each].NEEDS in ("", *drawn)]
    total = len(content.figures) + len(documents)

    pictures: dict[str, dict[str, bytes]] = {}
    found: dict[str, bytes] = {}
    for done, block in enumerate(content.figures, start=1):
        pictures[block.key] = figures.export_all(block.built, (*drawn, *_DATA), dpi=dpi)
        for format, image in pictures[block.key].items():
            found[f"figures/{block.key}.{format}"] = image
        if progress:
            progress(done, total)
    for table in content.tables:
        data = table.data.to_csv(index=False, lineterminator="\n")
        found[f"tables/{table.key}.csv"] = data.encode()
        found[f"tables/{table.key}.tex"] = tabular(Grid.of(table)).encode()
    for done, format in enumerate(documents, start=len(content.figures) + 1):
        found[f"report.{format}"] = DOCUMENTS[format].render(content, pictures)
        if progress:
            progress(done, total)
    said = json.dumps(source, indent=2, sort_keys=True, ensure_ascii=False)
    found[PROVENANCE] = f"{said}\n".encode()
    found[SUMS] = "".join(
        f"{hashlib.sha256(found[name]).hexdigest()}  {name}\n" for name in sorted(found)
    ).encode()
    return dict(sorted(found.items()))


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of these files, the same bytes for the same files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(files):
            member = zip_member(name)
            if not name.endswith(_PACKED):
                member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, files[name])
    return packed.getvalue()


def _check_keys(content: Content) -> None:
    """Keys become file names and anchors; they are ours, so a wrong one is a mistake in here."""
    keys = [block.key for block in content.figures] + [block.key for block in content.tables]
    if wrong := [key for key in keys if not _KEY.fullmatch(key)]:
        raise ValueError(f"key {wrong[0]!r} of a block is no file name")
    if len(set(keys)) < len(keys):
        raise ValueError(f"two blocks of a report have the same key: {sorted(keys)}")
