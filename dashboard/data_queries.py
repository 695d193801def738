"""What the page Data asks the store. A data set's fingerprint names its images and what its audit
found for good, so answers are kept under it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from fer_core.analysis.audit import (
    AuditSummary,
    Sample,
    flagged,
    groups_of,
    samples_of,
    stored_audit,
    summarise,
)
from fer_core.records import Dataset
from fer_core.store import RunStore

IDENTICAL = ("copy", "conflict", "twin")  # kinds of findings that groups of equal bytes explain
NEAR = ("near-copy", "near-conflict")


class Faces(NamedTuple):
    """M images with what is known of each. samples: ``train:12``; names: source names; images:
    (M, 48, 48) uint8; labels: (M,) int8, -1 where unlabelled."""

    samples: tuple[str, ...]
    names: tuple[str, ...]
    images: np.ndarray
    labels: np.ndarray


class Group(NamedTuple):
    """Images that belong together; conflicting: they are labelled with more than one class."""

    members: tuple[Sample, ...]
    conflicting: bool = False


class Finding(NamedTuple):
    """Images with one finding of the audit: of each, all images of its group; of a kind that needs
    no other image to compare with, the image alone. images: how many have the finding."""

    groups: tuple[Group, ...]
    images: int


def faces(store: RunStore, dataset: Dataset, samples: Sequence[Sample]) -> Faces:
    """Return images of any splits in the order asked for."""
    images = np.empty((len(samples), 48, 48), np.uint8)
    labels = np.empty(len(samples), np.int8)
    names = [""] * len(samples)
    for split in {split for split, _ in samples}:
        places = [place for place, sample in enumerate(samples) if sample[0] == split]
        indices = [samples[place][1] for place in places]
        images[places] = store.images(dataset.fingerprint, split, indices)
        labels[places] = store.labels(dataset.fingerprint, split)[indices]
        sources = store.sample_names(dataset.fingerprint, split)
        for place, index in zip(places, indices, strict=True):
            names[place] = sources[index]
    return Faces(
        tuple(f"{split}:{index}" for split, index in samples), tuple(names), images, labels
    )


def of_class(store: RunStore, dataset: Dataset, split: str, label: int | None) -> np.ndarray:
    """Return where in a split the images with a label (-1: without) are, or all of them for None:
    (M,) int64."""
    labels = store.labels(dataset.fingerprint, split)
    return np.arange(len(labels)) if label is None else np.flatnonzero(labels == label)


def summary(store: RunStore, dataset: Dataset) -> AuditSummary:
    """Return what the audit found, in numbers."""
    return _summary(store, dataset, (str(store.path), dataset.fingerprint))


@st.cache_resource(max_entries=16, show_spinner=False)
def _summary(_store: RunStore, _dataset: Dataset, key: tuple[str, str]) -> AuditSummary:  # noqa: ARG001
    return summarise(stored_audit(_store, _dataset))


def finding(store: RunStore, dataset: Dataset, kind: str) -> Finding:
    """Return the images that have a finding of AUDIT_FLAGS."""
    return _finding(store, dataset, (str(store.path), dataset.fingerprint), kind)


@st.cache_resource(max_entries=16, show_spinner=False)
def _finding(_store: RunStore, _dataset: Dataset, key: tuple[str, str], kind: str) -> Finding:  # noqa: ARG001
    audit = stored_audit(_store, _dataset)
    alone = samples_of(audit.flags, kind)
    if kind not in IDENTICAL + NEAR:
        return Finding(tuple(Group((sample,)) for sample in alone), len(alone))
    numbers = audit.near_groups if kind in NEAR else audit.identical_groups
    groups = groups_of(numbers, audit.labels)
    has = {split: flagged(flags, kind) for split, flags in audit.flags.items()}
    every = (
        Group(groups.members(number), bool(groups.conflicting[number]))
        for number in range(groups.count)
    )
    shown = (group for group in every if any(has[split][index] for split, index in group.members))
    return Finding(tuple(shown), len(alone))
