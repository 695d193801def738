"""``fer-core data audit``: what is wrong with a data set's images and labels."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from fer_core.cli.output import open_store, print_json, stdout
from fer_core.errors import InputError
from fer_core.records import AUDIT_FLAGS, CLASS_NAMES, Dataset

if TYPE_CHECKING:
    from fer_core.analysis.audit import AuditArrays, AuditSummary, GroupCounts
    from fer_core.store import RunStore

SHOWN = 50  # samples in a table; --json lists all


def audit(
    name: Annotated[str, typer.Argument(help="A data set; see: fer-core data list")],
    show: Annotated[
        str, typer.Option(help=f"List the images of a finding: {', '.join(AUDIT_FLAGS)}.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell what was found in a data set at its import: blanks, text, copies, conflicts, twins.

    Example: fer-core data audit fer2013 --show black
    """
    from fer_core.analysis.audit import stored_audit, summarise

    kind = show.strip().replace("_", "-")
    if kind and kind not in AUDIT_FLAGS:
        raise InputError(f"no finding {show!r}; use one of {', '.join(AUDIT_FLAGS)}")
    with open_store(read_only=True) as store:
        dataset = store.dataset(name)
        arrays = stored_audit(store, dataset)
        samples = _samples(store, dataset, arrays, kind) if kind else []
    summary = summarise(arrays)
    if json:
        shown = {"show": {"kind": kind, "count": len(samples), "samples": samples}} if kind else {}
        print_json(_document(dataset, summary) | shown)
    elif kind:
        _print_samples(dataset, kind, samples)
    else:
        _print_summary(dataset, summary)


def _samples(
    store: "RunStore", dataset: Dataset, arrays: "AuditArrays", kind: str
) -> list[dict[str, Any]]:
    """Return a row an image; where the finding is about a group, those of one stand together."""
    from fer_core.analysis.audit import samples_of

    groups = arrays.near_groups if kind.startswith("near") else arrays.identical_groups
    names = {split: store.sample_names(dataset.fingerprint, split) for split in dataset.splits}
    rows = [
        {
            "sample": f"{split}:{index}",
            "name": names[split][index],
            "class": CLASS_NAMES[label] if (label := arrays.labels[split][index]) >= 0 else None,
            "group": int(groups[split][index]),
        }
        for split, index in samples_of(arrays.flags, kind)
    ]
    if kind in ("black", "flat", "text-like"):
        return [{key: row[key] for key in ("sample", "name", "class")} for row in rows]
    return sorted(rows, key=lambda row: row["group"])


def _document(dataset: Dataset, summary: "AuditSummary") -> dict[str, Any]:
    kinds = [kind.replace("-", "_") for kind in AUDIT_FLAGS]
    counts = summary.counts.T.tolist()
    return {
        "name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "synthetic": dataset.synthetic,
        "images": int(summary.images.sum()),
        "black": summary.total("black"),
        "flat": summary.total("flat"),
        "text_like": summary.total("text-like"),
        "identical": summary.identical._asdict(),
        "near_identical": summary.near._asdict(),
        "twins": dict(summary.twins),
        "splits": {
            split: {"images": images, **dict(zip(kinds, counted, strict=True))}
            for split, images, counted in zip(
                summary.splits, summary.images.tolist(), counts, strict=True
            )
        },
    }


def _print_summary(dataset: Dataset, summary: "AuditSummary") -> None:
    synthetic = ", synthetic faces" if dataset.synthetic else ""
    table = Table(title=f"{dataset.name} ({dataset.fingerprint[:12]}{synthetic})")
    table.add_column("images that are")
    for split in summary.splits:
        table.add_column(split, justify="right")
    for kind, counted in zip(AUDIT_FLAGS, summary.counts.tolist(), strict=True):
        table.add_row(kind, *(f"{count:,}" for count in counted))
    table.add_row("all", *(f"{count:,}" for count in summary.images.tolist()), end_section=True)
    twins = (
        f"{summary.twins[split]:,}" if split in summary.twins else "" for split in summary.splits
    )
    table.add_row("identical to one in train", *twins)
    stdout.print(table)
    stdout.print(_group_line("identical", summary.identical))
    stdout.print(_group_line("near-identical, identical included", summary.near))


def _group_line(what: str, counts: "GroupCounts") -> str:
    return (
        f"{what}: {counts.groups:,} pictures that are there more than once, {counts.surplus:,} "
        f"surplus images, {counts.conflicting:,} pictures with conflicting labels"
    )


def _print_samples(dataset: Dataset, kind: str, samples: list[dict[str, Any]]) -> None:
    table = Table(*(samples[0] if samples else ()), title=f"{dataset.name}: {kind}")
    for row in samples[:SHOWN]:
        table.add_row(*("" if value is None else _printable(str(value)) for value in row.values()))
    if samples:
        stdout.print(table)
    more = f", the first {SHOWN} shown; all: --json" if len(samples) > SHOWN else ""
    stdout.print(f"{len(samples):,} images{more}")


def _printable(text: str) -> str:
    """Keep control characters of source names, which anybody may have chosen, off the terminal."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
