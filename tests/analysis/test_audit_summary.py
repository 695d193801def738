from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fer_core.analysis.audit import (
    AuditArrays,
    flagged,
    groups_of,
    members_of,
    samples_of,
    stored_audit,
    summarise,
)
from fer_core.records import AUDIT_FLAGS, DatasetArrays
from fer_core.store import RunStore


def bits(*kinds: str) -> int:
    return sum(1 << AUDIT_FLAGS.index(kind) for kind in kinds)


GROUPS = {
    "train": np.array([0, 1, 0, 2, 3, 1], np.int32),
    "validation": np.array([1, 4], np.int32),
    "test": np.array([4, 5, 3], np.int32),
}
LABELS = {
    "train": np.array([3, 3, 3, 0, 6, 3], np.int8),
    "validation": np.array([4, 2], np.int8),
    "test": np.array([-1, -1, -1], np.int8),
}
FLAGS = {
    "train": np.array(
        [bits("black"), 0, bits("black", "copy"), bits("twin"), 0, bits("flat")], np.uint16
    ),
    "validation": np.array([bits("twin", "conflict"), 0], np.uint16),
    "test": np.array([0, 0, bits("black")], np.uint16),
}
ARRAYS = AuditArrays(LABELS, FLAGS, GROUPS, GROUPS)


def test_each_kind_is_one_bit() -> None:
    values = np.array([0, 1, 2, 1 << 7, 0x00FF], np.uint16)
    assert flagged(values, "black").tolist() == [False, True, False, False, True]
    assert flagged(values, "twin").tolist() == [False, False, False, True, True]
    assert flagged(values, "flat").dtype == bool


def test_samples_of_a_kind_are_in_the_order_of_the_splits() -> None:
    assert samples_of(FLAGS, "black") == (("train", 0), ("train", 2), ("test", 2))
    assert samples_of(FLAGS, "text-like") == ()


def test_a_summary_counts_by_kind_and_split() -> None:
    summary = summarise(ARRAYS)
    assert summary.splits == ("train", "validation", "test")
    assert summary.images.tolist() == [6, 2, 3]
    assert summary.counts.dtype == np.int64
    assert dict(zip(AUDIT_FLAGS, summary.counts.tolist(), strict=True)) == {
        "black": [2, 0, 1],
        "flat": [1, 0, 0],
        "text-like": [0, 0, 0],
        "copy": [1, 0, 0],
        "conflict": [0, 1, 0],
        "near-copy": [0, 0, 0],
        "near-conflict": [0, 0, 0],
        "twin": [1, 1, 0],
    }
    assert summary.total("black") == 3
    assert summary.identical == (4, 5, 1)
    assert summary.twins == {"validation": 1, "test": 1}


def test_groups_list_their_members_and_conflicts() -> None:
    groups = groups_of(GROUPS, LABELS)
    assert [groups.members(group) for group in range(groups.count)] == [
        (("train", 0), ("train", 2)),
        (("train", 1), ("train", 5), ("validation", 0)),
        (("train", 4), ("test", 2)),  # 6 and unlabelled: no conflict
        (("validation", 1), ("test", 0)),
    ]
    assert groups.conflicting.tolist() == [False, True, False, False]
    assert groups.labels.tolist() == [3, 3, 3, 3, 4, 6, -1, 2, -1]
    assert members_of(GROUPS, "test", 2) == (("train", 4), ("test", 2))
    assert members_of(GROUPS, "test", 1) == (("test", 1),)


def test_nothing_at_all_has_no_groups() -> None:
    groups = groups_of({}, {})
    assert (groups.count, groups.surplus, len(groups.starts)) == (0, 0, 1)
    alone = groups_of({"train": np.arange(3, dtype=np.int32)}, {"train": np.zeros(3, np.int8)})
    assert (alone.count, alone.surplus) == (0, 0)
    summary = summarise(AuditArrays({}, {}, {}, {}))
    assert summary.counts.shape == (len(AUDIT_FLAGS), 0)


def test_only_unlabelled_images_are_no_conflict() -> None:
    groups = groups_of({"test": np.zeros(3, np.int32)}, {"test": np.full(3, -1, np.int8)})
    assert (groups.count, groups.surplus, groups.conflicting.tolist()) == (1, 2, [False])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.integers(-1, 2))))
def test_groups_are_those_of_a_plain_loop(images: list[tuple[str, int, int]]) -> None:
    numbers = {s: np.array([g for t, g, _ in images if t == s], np.int32) for s in "abc"}
    labels = {s: np.array([c for t, _, c in images if t == s], np.int8) for s in "abc"}
    expected: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for split in "abc":
        for index, number in enumerate(numbers[split].tolist()):
            expected[number].append((split, index))
    groups = groups_of(numbers, labels)
    wanted = [tuple(members) for members in expected.values() if len(members) > 1]
    assert [groups.members(group) for group in range(groups.count)] == wanted
    assert groups.conflicting.tolist() == [
        len({labels[split][index] for split, index in members} - {-1}) > 1 for members in wanted
    ]


def test_the_stored_arrays_are_those_of_the_data_set(
    tiny_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    arrays = stored_audit(tiny_store, tiny_store.dataset("tiny"))
    for split, content in tiny_faces.splits.items():
        np.testing.assert_array_equal(arrays.labels[split], content.labels)
        np.testing.assert_array_equal(arrays.flags[split], tiny_faces.flags[split])
        np.testing.assert_array_equal(
            arrays.identical_groups[split], tiny_faces.identical_groups[split]
        )
        np.testing.assert_array_equal(arrays.near_groups[split], tiny_faces.near_groups[split])
