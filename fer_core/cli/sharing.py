"""``fer-core runs export`` and ``import``: runs as one file to hand on."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer_core.cli.output import counting, open_store, print_json, stderr, tells_events
from fer_core.cli.storing import counted
from fer_core.errors import InputError

if TYPE_CHECKING:
    from fer_core.store import RunStore
    from fer_core.store.bundles import Imported

ENDING = ".ferlab"

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def export(
    runs: Annotated[list[str], typer.Argument(help="Runs: ids, unique prefixes or names.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file, as runs.ferlab.")],
    weights: Annotated[
        bool, typer.Option(help="With the checkpoints, so that the runs can predict and explain.")
    ] = True,
    with_faces: Annotated[
        bool,
        typer.Option(
            "--with-faces",
            help="With the images of real faces, and maps and images that show them.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Write runs to one file, for `fer-core runs import` elsewhere.

    Without --with-faces no picture of a real face is in it; synthetic faces always are. What else
    is in it, and what is not: docs/sharing.md.

    Example: fer-core runs export fast-1 fast-2 -o runs.ferlab
    """
    if output.suffix.lower() != ENDING:  # else a slip puts it in place of the store
        raise InputError(f"{output} does not end in {ENDING}; name a {ENDING} file")
    with open_store(read_only=True) as store, counting("writing") as progress:
        done = store.export_runs(runs, output, weights=weights, faces=with_faces, progress=progress)
    if json:
        print_json(asdict(done))
        return
    told = f"{done.path}: {counted(len(done.runs), 'run')}, {done.size / 1e6:.1f} MB"
    if done.left_out:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in done.left_out.items())
        told += f"; left out, as they may show faces (see --with-faces): {kinds}"
    for line in (told, *done.lacking):
        stderr.print(line)


def import_(
    files: Annotated[list[Path], typer.Argument(help="Files that fer-core runs export wrote.")],
    json: Json = False,
) -> None:
    """Bring the runs of shared files into the store; of each file all of them or none.

    What is here already stays as it is. A run whose name another one has gets a number.

    Example: fer-core runs import student-*.ferlab
    """
    documents: list[dict[str, Any]] = []
    wrong: list[str] = []
    with open_store() as store:
        for file in files:
            try:
                document = _imported(store, file, quiet=json)
            except InputError as error:  # the others may be right
                wrong.append(str(error))
                document = {"path": str(file), "error": str(error)}
            documents.append(document)
    if json:
        print_json({"files": documents})
    if wrong:
        others = f"{len(wrong)} of {len(files)} files were not imported: " * (len(files) > 1)
        raise InputError(others + "; ".join(wrong))


def _imported(store: "RunStore", file: Path, *, quiet: bool) -> dict[str, Any]:
    with counting(f"reading {file.name}") as progress:
        done = store.import_runs(file, progress=progress)
    if not quiet and not tells_events():
        for line in _lines(done):
            stderr.print(line)
    return asdict(done)


def _lines(done: "Imported") -> list[str]:
    new = [run for run in done.runs if run.new]
    known = [run for run in done.runs if not run.new]
    lines = []
    if new:
        lines.append(f"{done.path}: imported {', '.join(run.name for run in new)}")
    if known:
        names = ", ".join(run.name for run in known)
        lines.append(f"{done.path}: here already, nothing changed: {names}")
    for run in new:
        if run.name != run.shared_name:
            lines.append(f"{run.shared_name} is {run.name} here: another run has that name")
    for shared, name in done.datasets.items():
        if name != shared:
            lines.append(f"data set {shared} is {name} here")
    for name in done.without_images:
        lines.append(
            f"data set {name} has no images here; add them with: fer-core data import PATH "
            f"--name {name}"
        )
    return lines
