import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_core.data.audit import identical_groups, twins
from fer_core.records import TEST, TRAIN, VALIDATION, SplitArrays


def splits_of(**codes: list[int]) -> dict[str, SplitArrays]:
    """Images of one grey each: equal codes, equal images."""
    return {
        name: SplitArrays(
            np.array(values, np.uint8).reshape(-1, 1, 1) * np.ones((1, 48, 48), np.uint8),
            np.zeros(len(values), np.int8),
            tuple(map(str, values)),
        )
        for name, values in codes.items()
    }


def test_equal_images_get_equal_numbers_across_splits() -> None:
    groups = identical_groups(splits_of(train=[5, 6, 5, 7], validation=[7, 9], test=[9, 5]))
    assert {name: numbers.tolist() for name, numbers in groups.items()} == {
        "train": [0, 1, 0, 2],
        "validation": [2, 3],
        "test": [3, 0],
    }
    assert all(numbers.dtype == np.int32 for numbers in groups.values())


def test_one_different_pixel_is_another_group() -> None:
    splits = splits_of(train=[1, 1])
    splits[TRAIN].images[1, 47, 47] += 1
    assert identical_groups(splits)[TRAIN].tolist() == [0, 1]


def test_twins_are_those_with_an_identical_image_in_train() -> None:
    groups = identical_groups(splits_of(train=[5, 6, 5], validation=[6, 8, 6], test=[8, 9]))
    assert twins(groups, VALIDATION).tolist() == [True, False, True]
    assert twins(groups, TEST).tolist() == [False, False]
    assert twins(groups, TEST, VALIDATION).tolist() == [True, False]


def test_without_a_train_split_nothing_has_twins() -> None:
    assert not twins(identical_groups(splits_of(test=[1, 1])), TEST).any()


def test_images_that_are_not_contiguous_are_compared_by_their_pixels() -> None:
    wide = np.random.default_rng(0).integers(0, 256, (3, 48, 96), dtype=np.uint8)
    names, labels = ("a", "b", "c"), np.zeros(3, np.int8)
    view = {TRAIN: SplitArrays(wide[:, :, ::2], labels, names)}
    copy = {TRAIN: SplitArrays(wide[:, :, ::2].copy(), labels, names)}
    both = {**view, TEST: copy[TRAIN]}
    assert identical_groups(both)[TEST].tolist() == [0, 1, 2]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=8), st.lists(st.integers(0, 4), max_size=8))
def test_numbers_are_equal_exactly_when_images_are(train: list[int], test: list[int]) -> None:
    groups = identical_groups(splits_of(train=train, test=test))
    codes, numbers = np.array(train + test), np.concatenate([groups[TRAIN], groups[TEST]])
    assert np.array_equal(codes[:, None] == codes, numbers[:, None] == numbers)
