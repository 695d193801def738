"""The data sets of runs: counts, classes, twins, blanks, conflicts, and what was left out."""

from typing import TYPE_CHECKING

from fer_core.analysis.audit import AuditSummary, stored_audit, summarise
from fer_core.errors import InputError
from fer_core.figures import facets, text
from fer_core.records import CLASS_NAMES, TRAIN, Dataset, Run, SplitInfo
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

_FLAGS = ("black", "flat", "text-like")  # of single images; groups have told of their own


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return a paragraph for each data set that the runs were trained on, as it is stored."""
    _ = translator(language)
    found = []
    for name in dict.fromkeys(run.dataset for run in runs if run.dataset):
        try:
            dataset = store.dataset(name)
        except InputError:  # a run whose data set is not in this store
            continue
        summary = summarise(stored_audit(store, dataset))
        told = [
            _splits(dataset, _),
            *(_classes(split, _) for split in dataset.splits.values() if split.name == TRAIN),
            _flags(summary, _),
            _copies(summary, _),
            *_twins(dataset, summary, _),
        ]
        found.append(sentences(told, _))
    return found


def _splits(dataset: Dataset, _: Translate) -> str:
    splits = listed(
        (
            _("{split} {count:,}").format(split=_(split.name), count=split.count)
            for split in dataset.splits.values()
        ),
        _,
    )
    said = _("The data set {name} has grey images of 48 × 48 pixels: {splits}.")
    return said.format(name=facets.named(dataset, _), splits=splits)


def _classes(split: SplitInfo, _: Translate) -> str:
    form = _("{label} {count:,} ({share})")
    classes = (
        form.format(
            label=_(name),
            count=split.classes[name],
            share=text.share(split.classes[name], split.count),
        )
        for name in CLASS_NAMES
    )
    return _("Classes of {split}: {classes}.").format(
        split=_(split.name), classes=listed(classes, _)
    )


def _flags(summary: AuditSummary, _: Translate) -> str:
    labels = text.audit_labels(_)
    counted = (f"{labels[kind]} {summary.total(kind):,}" for kind in _FLAGS)
    return _("Flagged of {count:,} images: {flags}.").format(
        count=int(summary.images.sum()), flags=listed(counted, _)
    )


def _copies(summary: AuditSummary, _: Translate) -> str:
    identical = summary.identical
    return _(
        "Pictures that are there more than once, byte for byte: {groups:,}, with {surplus:,} "
        "images beyond the first of each; labelled with more than one class: {conflicting:,}."
    ).format(groups=identical.groups, surplus=identical.surplus, conflicting=identical.conflicting)


def _twins(dataset: Dataset, summary: AuditSummary, _: Translate) -> list[str]:
    said = _("Of {split}, {twins:,} images ({share}) have an identical one in {train}.")
    return [
        said.format(
            split=_(split),
            twins=twins,
            share=text.share(twins, dataset.splits[split].count),
            train=_(TRAIN),
        )
        for split, twins in summary.twins.items()
    ]
