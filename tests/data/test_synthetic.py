import dataclasses

import numpy as np
import pytest

from fer_core.data.faces import Faces, draw
from fer_core.data.synthetic import CHUNK, SHARES, sample_faces, synthesise
from fer_core.errors import InputError
from fer_core.fingerprints import dataset_fingerprint, split_fingerprint
from fer_core.records import REGION_NAMES, TEST, TRAIN, VALIDATION, DatasetArrays

HAPPY, SURPRISE, NEUTRAL = 3, 5, 6


@pytest.fixture(scope="module")
def dataset() -> DatasetArrays:
    return synthesise(1500, seed=3)


def faces_of(label: int, count: int = 64, **values: float) -> Faces:
    faces = sample_faces(np.full(count, label), np.random.default_rng(1))
    shape = (count, 1, 1)
    return dataclasses.replace(
        faces, **{name: np.full(shape, value, np.float32) for name, value in values.items()}
    )


def test_splits_are_80_10_10_within_every_class() -> None:
    splits = synthesise(1000).splits
    assert {name: len(split.labels) for name, split in splits.items()} == {
        TRAIN: 800,
        VALIDATION: 100,
        TEST: 100,
    }
    for name, share in ((TRAIN, 0.8), (VALIDATION, 0.1), (TEST, 0.1)):
        counts = np.bincount(splits[name].labels, minlength=7)
        np.testing.assert_allclose(counts, 1000 * share * np.array(SHARES), atol=0.5)
    assert min(SHARES) >= 0.08
    assert sum(SHARES) == pytest.approx(1)


@pytest.mark.parametrize("count", [70, 71, 139, 777])
def test_any_allowed_count_is_met_with_every_class_in_every_split(count: int) -> None:
    splits = synthesise(count).splits
    assert sum(len(split.images) for split in splits.values()) == count
    for split in splits.values():
        assert set(split.labels.tolist()) == set(range(7))


@pytest.mark.parametrize("count", [-1, 0, 69, 100_001])
def test_other_counts_are_refused_by_name(count: int) -> None:
    with pytest.raises(InputError, match=rf"^--n is {count}; use a whole number from 70 to"):
        synthesise(count)


def test_the_same_seed_gives_the_same_faces_and_another_seed_others() -> None:
    first, second, third = synthesise(200), synthesise(200), synthesise(200, seed=1)
    assert first.fingerprint == second.fingerprint != third.fingerprint
    for name, split in first.splits.items():
        assert np.array_equal(split.regions, second.splits[name].regions)


def test_arrays_have_the_recorded_shapes_types_and_names(dataset: DatasetArrays) -> None:
    assert dataset.form == "synthetic"
    assert dataset.synthetic
    names = [name for split in dataset.splits.values() for name in split.names]
    assert names == [f"synthetic-{index:06d}" for index in range(1500)]
    for name, split in dataset.splits.items():
        count = len(split.labels)
        assert split.images.shape == split.regions.shape == (count, 48, 48)
        assert split.images.dtype == split.regions.dtype == np.uint8
        assert split.labels.dtype == np.int8
        assert dataset.fingerprints[name] == split_fingerprint(split.images, split.labels)
        assert dataset.identical_groups[name].shape == (count,)
    assert dataset.fingerprint == dataset_fingerprint(dataset.fingerprints)


def test_no_two_faces_are_alike(dataset: DatasetArrays) -> None:
    groups = np.concatenate(list(dataset.identical_groups.values()))
    assert len(np.unique(groups)) == 1500


def test_labels_are_shuffled(dataset: DatasetArrays) -> None:
    labels = dataset.splits[TRAIN].labels
    assert np.mean(labels[1:] == labels[:-1]) < 0.25


def test_brightness_and_contrast_are_those_of_photographs(dataset: DatasetArrays) -> None:
    images = dataset.splits[TRAIN].images
    assert 0.4 < images.mean() / 255 < 0.6
    assert 0.2 < images.std() / 255 < 0.3
    assert images.std(axis=(1, 2)).min() > 10  # no blank ones


def test_progress_counts_up_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    synthesise(200, progress=lambda done, total: told.append((done, total)))
    drawing = [(min(end, 200), 200) for end in range(CHUNK, 200 + CHUNK, CHUNK)]
    assert told[: len(drawing)] == drawing
    auditing = told[len(drawing) :]
    assert auditing == sorted(auditing)
    assert auditing[-1][0] == auditing[-1][1]


def test_every_region_is_in_nearly_every_face(dataset: DatasetArrays) -> None:
    regions = dataset.splits[TRAIN].regions
    for index, name in enumerate(REGION_NAMES):
        pixels = (regions == index).sum(axis=(1, 2))
        assert np.mean(pixels > 8) > (0.85 if name == "forehead" else 0.95), name


def test_regions_lie_where_a_face_has_them(dataset: DatasetArrays) -> None:
    regions = dataset.splits[TRAIN].regions
    height = {
        name: np.nonzero(regions == index)[1].mean() for index, name in enumerate(REGION_NAMES)
    }
    order = sorted(height, key=height.__getitem__)
    order.remove("rest")
    assert order == ["forehead", "brows", "eyes", "nose", "cheeks", "mouth"]
    sides = np.nonzero(regions == REGION_NAMES.index("mouth"))[2].mean()
    assert 22 < sides < 25


def test_regions_follow_the_pose() -> None:
    still = {"roll": 0.0, "yaw": 0.0, "pitch": 0.0, "hand": 0.0, "scale": 26.0, "shift_y": 0.0}
    left = draw(faces_of(NEUTRAL, shift_x=-4.0, **still))[1]
    right = draw(faces_of(NEUTRAL, shift_x=4.0, **still))[1]
    assert np.array_equal(left[:, :, 4:36], right[:, :, 12:44])


def test_a_hand_hides_the_regions_behind_it() -> None:
    place = {"hand_x": 0.0, "hand_y": 0.55, "hand_angle": -1.57, "shift_x": 0.0}
    mouth = REGION_NAMES.index("mouth")
    bare, hidden = (draw(faces_of(NEUTRAL, hand=hand, **place)) for hand in (0.0, 1.0))
    assert (hidden[1] == mouth).sum() < 0.2 * (bare[1] == mouth).sum()
    changed = np.abs(bare[0] - hidden[0]).max(axis=(1, 2))
    assert changed.min() > 0.05


def test_glasses_are_drawn_around_the_eyes() -> None:
    bare, worn = (draw(faces_of(NEUTRAL, glasses=value))[0] for value in (0.0, 1.0))
    darker = (bare - worn).mean(axis=(0, 2))
    assert 12 < darker.argmax() < 26


def test_regions_mark_where_the_expression_shows() -> None:
    """Two expressions of the same persons differ most in mouth and eyes, little in the cheeks."""
    happy, regions = draw(faces_of(HAPPY))
    neutral, _ = draw(faces_of(NEUTRAL))
    difference = np.abs(happy - neutral)
    by_region = {
        name: difference[regions == index].mean() for index, name in enumerate(REGION_NAMES)
    }
    assert by_region["mouth"] > 2 * by_region["rest"]
    assert by_region["mouth"] > 2 * by_region["forehead"]


def test_expressions_overlap_and_differ_in_their_actions() -> None:
    open_eyes = {label: faces_of(label, 4000).eye_open.ravel() for label in (SURPRISE, NEUTRAL)}
    assert open_eyes[SURPRISE].mean() > open_eyes[NEUTRAL].mean() + 0.02
    assert np.quantile(open_eyes[SURPRISE], 0.05) < np.quantile(open_eyes[NEUTRAL], 0.95)
