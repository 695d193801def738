"""Numbers and lists of what an audit found in a data set, from its stored arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from fer_core.records import AUDIT_FLAGS, TRAIN, UNLABELLED, Dataset

Sample = tuple[str, int]  # (split, index in it)


class AuditArrays(NamedTuple):
    """What is stored of a data set's audit, each by split, splits in the data set's order.

    labels: (N,) int8, -1 where unlabelled; flags: (N,) uint16, a bit for each of AUDIT_FLAGS;
    identical_groups, near_groups: (N,) int32, numbers that are equal across splits for images
    of the same bytes, or of the same picture.
    """

    labels: Mapping[str, np.ndarray]
    flags: Mapping[str, np.ndarray]
    identical_groups: Mapping[str, np.ndarray]
    near_groups: Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Groups:
    """The pictures of a data set that are there more than once, G groups of M images in all.

    Groups stand in the order in which their pictures first appear, members in the order of the
    splits and of their indices. Group g has the rows ``starts[g]`` to ``starts[g + 1]``.
    splits: (M,) str; indices: (M,) int64 into the split; labels: (M,) int8;
    starts: (G + 1,) int64; conflicting: (G,) bool, labelled with more than one class.
    """

    splits: np.ndarray
    indices: np.ndarray
    labels: np.ndarray
    starts: np.ndarray
    conflicting: np.ndarray

    @property
    def count(self) -> int:
        return len(self.conflicting)

    @property
    def surplus(self) -> int:
        """How many images less there were if each picture were there once."""
        return len(self.indices) - self.count

    def members(self, group: int) -> tuple[Sample, ...]:
        """Return the images of a group, 0 to G - 1."""
        rows = slice(self.starts[group], self.starts[group + 1])
        return tuple(zip(self.splits[rows].tolist(), self.indices[rows].tolist(), strict=True))


class GroupCounts(NamedTuple):
    """groups: pictures that are there more than once; surplus: images beyond the first of each;
    conflicting: groups that are labelled with more than one class."""

    groups: int
    surplus: int
    conflicting: int


class AuditSummary(NamedTuple):
    """What an audit found, in numbers.

    splits: S names, in the data set's order; images: (S,) int64; counts: (K, S) int64, images
    flagged with each of the K kinds in AUDIT_FLAGS; twins: for each split but train, how many
    of its images have a byte-identical one in train.
    """

    splits: tuple[str, ...]
    images: np.ndarray
    counts: np.ndarray
    identical: GroupCounts
    near: GroupCounts
    twins: Mapping[str, int]

    def total(self, kind: str) -> int:
        """Return how many images of all splits are flagged with a kind of AUDIT_FLAGS."""
        return int(self.counts[AUDIT_FLAGS.index(kind)].sum())


class _Store(Protocol):
    """What this module asks of a run store."""

    def labels(self, fingerprint: str, split: str) -> np.ndarray: ...
    def flags(self, fingerprint: str, split: str) -> np.ndarray: ...
    def identical_groups(self, fingerprint: str, split: str) -> np.ndarray: ...
    def near_groups(self, fingerprint: str, split: str) -> np.ndarray: ...


def stored_audit(store: _Store, dataset: Dataset) -> AuditArrays:
    """Read the arrays of a data set's audit."""
    return AuditArrays(
        *(
            {split: read(dataset.fingerprint, split) for split in dataset.splits}
            for read in (store.labels, store.flags, store.identical_groups, store.near_groups)
        )
    )


def flagged(flags: np.ndarray, kind: str) -> np.ndarray:
    """Say which images have a kind of AUDIT_FLAGS: (N,) uint16 -> (N,) bool."""
    return (flags >> AUDIT_FLAGS.index(kind)) & 1 == 1


def samples_of(flags: Mapping[str, np.ndarray], kind: str) -> tuple[Sample, ...]:
    """Return the images with a kind of AUDIT_FLAGS, in the order of the splits."""
    return tuple(
        (split, int(index))
        for split, values in flags.items()
        for index in np.flatnonzero(flagged(values, kind))
    )


def summarise(arrays: AuditArrays) -> AuditSummary:
    """Count what was found, by kind and split."""
    splits = tuple(arrays.flags)
    counts = [
        [np.count_nonzero(flagged(arrays.flags[split], kind)) for split in splits]
        for kind in AUDIT_FLAGS
    ]
    trained = arrays.identical_groups.get(TRAIN, ())
    return AuditSummary(
        splits=splits,
        images=np.array([len(arrays.flags[split]) for split in splits], np.int64),
        counts=np.array(counts, np.int64).reshape(len(AUDIT_FLAGS), len(splits)),
        identical=_counts(groups_of(arrays.identical_groups, arrays.labels)),
        near=_counts(groups_of(arrays.near_groups, arrays.labels)),
        twins={
            split: int(np.isin(groups, trained).sum())
            for split, groups in arrays.identical_groups.items()
            if split != TRAIN
        },
    )


def groups_of(groups: Mapping[str, np.ndarray], labels: Mapping[str, np.ndarray]) -> Groups:
    """List the pictures that are there more than once.

    groups: for each split (N,) int32, equal numbers for equal pictures; labels: (N,) int8.
    Unlabelled images (-1) never make a group conflicting.
    """
    numbers = np.concatenate([*groups.values(), np.empty(0, np.int32)])
    splits = np.repeat(np.array(list(groups), dtype=str), [len(each) for each in groups.values()])
    indices = np.concatenate([np.arange(len(g)) for g in groups.values()] or [np.arange(0)])
    classes = np.concatenate([*(labels[split] for split in groups), np.empty(0, np.int8)])
    _, first, inverse, sizes = np.unique(
        numbers, return_index=True, return_inverse=True, return_counts=True
    )
    # Several members first, then by first appearance: lexsort is stable within a group.
    repeated = np.flatnonzero(sizes[inverse] > 1)
    rows = repeated[np.lexsort((repeated, first[inverse[repeated]]))]
    heads = first[inverse[rows]]
    starts = np.append(np.flatnonzero(np.diff(heads, prepend=-1)), len(rows)).astype(np.int64)
    return Groups(
        splits=splits[rows],
        indices=indices[rows],
        labels=classes[rows],
        starts=starts,
        conflicting=_conflicting(classes[rows], starts),
    )


def members_of(groups: Mapping[str, np.ndarray], split: str, index: int) -> tuple[Sample, ...]:
    """Return all images of the group of one image, itself included."""
    number = groups[split][index]
    return tuple(
        (each, int(found))
        for each, numbers in groups.items()
        for found in np.flatnonzero(numbers == number)
    )


def _conflicting(labels: np.ndarray, starts: np.ndarray) -> np.ndarray:
    if len(starts) == 1:
        return np.zeros(0, bool)
    labelled = labels != UNLABELLED
    highest = np.maximum.reduceat(labels, starts[:-1])
    lowest = np.minimum.reduceat(np.where(labelled, labels, np.iinfo(np.int8).max), starts[:-1])
    # Nothing but unlabelled images: the lowest lies above the highest.
    return lowest < highest


def _counts(groups: Groups) -> GroupCounts:
    return GroupCounts(groups.count, groups.surplus, int(groups.conflicting.sum()))
