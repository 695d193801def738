"""``fer-core report`` and ``fer-core report-draft``: from runs to a document."""

import json as json_
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer_core.cli.output import counting, open_store, print_json, stderr
from fer_core.errors import InputError

if TYPE_CHECKING:
    from fer_core.report.content import Content
    from fer_core.report.edits import Edits
    from fer_core.report.plan import Plan

STDIN = "-"
LARGEST_EDITS = 2_000_000  # bytes

Runs = Annotated[list[str], typer.Argument(help="Ids, unique prefixes or names of runs.")]
TemplateName = Annotated[
    str, typer.Option(help="comparison, or the questions of a year: 2017, 2018-spring, ...")
]
SlotRuns = Annotated[
    list[str] | None,
    typer.Option(
        "--slot",
        metavar="PART=RUN",
        help="Which run plays a part of the template (cnn, dnn, before, after, poor, explain); "
        "repeatable. Else the part is filled where only one run can be meant.",
    ),
]
Language = Annotated[str, typer.Option(help="Language of the report: en or zh-TW.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def report(
    runs: Runs,
    output: Annotated[Path, typer.Option("--output", "-o", help="The .zip file to write.")],
    template: TemplateName = "comparison",
    slot: SlotRuns = None,
    lang: Language = "en",
    formats: Annotated[str, typer.Option(help="Some of docx,md,tex,html.")] = "docx,md,tex,html",
    width_mm: Annotated[float, typer.Option(help="Figures as printed; a column is 85.")] = 170,
    font_size: Annotated[float, typer.Option(help="Of figures; points, as printed.")] = 9,
    dpi: Annotated[int, typer.Option(help="Dots an inch, for png.")] = 300,
    with_faces: Annotated[
        bool, typer.Option("--with-faces", help="Show faces of real people, too.")
    ] = False,
    draft: Annotated[
        bool, typer.Option("--draft/--no-draft", help="Use what report-draft has stored.")
    ] = True,
    json: Json = False,
) -> None:
    """Write a report: documents, figures, tables, and where all of it comes from.

    What the store does not have yet is listed with the command that makes it.

    Example: fer-core report cnn-1 dnn-1 -o report.zip --template 2017 --lang zh-TW
    """
    from fer_core.files import check_writable
    from fer_core.report import archive, collect, drafts
    from fer_core.report.command import arguments, formats_of
    from fer_core.report.plan import plan

    if output.suffix.lower() != ".zip":
        raise InputError(f"{output} does not end in .zip; name a .zip file")
    chosen = formats_of(formats)
    check_writable(output)
    with open_store(read_only=True) as store:
        planned = plan(
            store,
            runs,
            template=template,
            slots=_parts(slot or []),
            language=lang,
            width_mm=width_mm,
            font_size=font_size,
            with_faces=with_faces,
        )
        _say_parts(planned)
        edits = drafts.stored(store, planned) if draft else None
        if edits:
            planned, gone = drafts.drafted(planned, edits)
            stderr.print("with the texts of the stored draft; without: --no-draft")
            for key in gone:
                stderr.print(f"the draft's {key!r} is not in this report any more; left out")
        words = arguments(planned, formats=chosen, dpi=dpi, draft=draft)
        with counting("collecting") as progress:
            content = collect.content(store, planned, progress=progress)
        _say_missing(content)
        if lacks := archive.lacking(chosen):
            stderr.print(lacks)
        with counting("writing") as progress:
            archive.write(
                store,
                planned,
                output,
                formats=chosen,
                dpi=dpi,
                progress=progress,
                command=shlex.join(["fer-core", *words]),
                content=content,
            )
    if json:
        print_json(_document(planned, content, output, draft=edits is not None))
        return
    stderr.print(f"{output}: {len(content.figures)} figures, {len(content.tables)} tables")


def report_draft(
    runs: Runs,
    template: TemplateName = "comparison",
    slot: SlotRuns = None,
    lang: Language = "en",
    edits: Annotated[
        str, typer.Option(metavar="FILE|-", help="Store the edits in this JSON file, or stdin.")
    ] = "",
    clear: Annotated[bool, typer.Option("--clear", help="Delete what is stored.")] = False,
    json: Json = False,
) -> None:
    """Keep title, texts, captions and left-out sections of a report; alone, print what is kept.

    \b
    Edits are JSON, each key optional, and replace what was kept before:
    {"title": "...", "texts": {SECTION: "..."}, "captions": {FIGURE: "..."},
    "left_out": [SECTION, ...]}

    Example: fer-core report-draft cnn-1 dnn-1 --template 2017 --edits edits.json
    """
    from fer_core.report import drafts
    from fer_core.report.plan import edited, plan

    if edits and clear:
        raise InputError("--edits and --clear exclude each other; use one of them")
    given = _read_edits(edits) if edits else None
    with open_store(read_only=given is None and not clear) as store:
        parts = _parts(slot or [])
        planned = plan(store, runs, template=template, slots=parts, language=lang)
        if given is not None:
            drafts.save(store, edited(planned, given))
        elif clear and not drafts.clear(store, planned):
            stderr.print("no draft was stored")
        kept = drafts.stored(store, planned)
    if json:
        print_json(_head(planned) | {"edits": kept.to_json() if kept else None})
    elif given is not None or clear:
        stderr.print("draft stored" if given is not None else "no draft is stored now")
    elif kept:
        print_json(kept.to_json())
    else:
        stderr.print("no draft is stored; store one with --edits FILE")


def _parts(texts: list[str]) -> dict[str, str]:
    parts: dict[str, str] = {}
    for text in texts:
        slot, equals, name = text.partition("=")
        if not (equals and slot and name):
            raise InputError(f"--slot takes PART=RUN, got {text!r}; e.g. --slot cnn=fast-1")
        if slot in parts:
            raise InputError(f"--slot {slot} stands there twice; name one run")
        parts[slot] = name
    return parts


def _read_edits(path: str) -> "Edits":
    from fer_core.report.edits import Edits

    try:
        if path == STDIN:
            content = sys.stdin.buffer.read(LARGEST_EDITS + 1)
        else:
            with Path(path).open("rb") as file:
                content = file.read(LARGEST_EDITS + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; name another file") from None
    if len(content) > LARGEST_EDITS:
        raise InputError(f"{path}: more than {LARGEST_EDITS:,} bytes; give the edits of one report")
    try:
        value = json_.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f'{path}: no JSON ({error}); write {{"texts": {{}}}}') from None
    return Edits.from_json(value)


def _say_parts(planned: "Plan") -> None:
    for slot, why in planned.reasons.items():
        for run in planned.slots[slot]:
            stderr.print(f"{slot}: {run.name} ({why})")


def _say_missing(content: "Content") -> None:
    for section in content.sections:
        for missing in section.missing:
            stderr.print(f"missing in {section.key}: {missing.what}")
            if missing.command:
                stderr.print(f"  make it: {shlex.join(['fer-core', *missing.command])}")


def _head(planned: "Plan") -> dict[str, Any]:
    return {
        "template": planned.template.name,
        "language": planned.language,
        "runs": [{"id": run.id, "name": run.name} for run in planned.runs],
        "slots": {
            slot: {
                "run": planned.slots[slot][0].name if planned.slots[slot] else None,
                "why": planned.reasons.get(slot, "named"),
            }
            for slot in planned.template.slots
        },
        "sections": [section.key for section in planned.template.sections],
        "blocks": list(planned.blocks),
    }


def _document(planned: "Plan", content: "Content", output: Path, *, draft: bool) -> dict[str, Any]:
    return _head(planned) | {
        "output": str(output),
        "sections": [section.key for section in content.sections],
        "figures": [figure.key for figure in content.figures],
        "tables": [table.key for table in content.tables],
        "missing": [
            {"section": section.key, "what": each.what, "command": list(each.command)}
            for section in content.sections
            for each in section.missing
        ],
        "draft": draft,
    }
