"""The real archive, and what an import adds to what a reader returns."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from fer_core.data.audit import twins
from fer_core.data.importer import import_data
from fer_core.errors import InputError
from fer_core.fingerprints import dataset_fingerprint, split_fingerprint
from fer_core.records import TEST, TRAIN, VALIDATION, DatasetArrays

from .writers import csv_text, random_splits

# Angry, Disgust, Fear, Happy, Sad, Surprise, Neutral
COUNTS = {
    TRAIN: [3995, 436, 4097, 7215, 4830, 3171, 4965],
    VALIDATION: [467, 56, 496, 895, 653, 415, 607],
    TEST: [491, 55, 528, 879, 594, 416, 626],
}


def test_an_import_adds_groups_and_fingerprints(tmp_path: Path) -> None:
    splits = random_splits()
    splits[TEST].images[0] = splits[TRAIN].images[2]
    (tmp_path / "a.csv").write_text(csv_text(splits))
    told: list[tuple[int, int]] = []
    dataset = import_data(
        str(tmp_path / "a.csv"), progress=lambda done, total: told.append((done, total))
    )
    assert told[-1][0] == told[-1][1]
    assert twins(dataset.identical_groups, TEST).tolist() == [True, False, False]
    for name, split in splits.items():
        assert dataset.fingerprints[name] == split_fingerprint(split.images, split.labels)
    assert dataset.fingerprint == dataset_fingerprint(dataset.fingerprints)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.zip: no such file or folder; check the path"):
        import_data(tmp_path / "no.zip")


@pytest.fixture(scope="module")
def fer2013(fer2013_zip: Path) -> DatasetArrays:
    return import_data(fer2013_zip)


@pytest.mark.fer2013
def test_fer2013_has_its_counts_by_split_and_class(fer2013: DatasetArrays) -> None:
    assert fer2013.form == "kaggle-archive"
    counts = {name: np.bincount(s.labels).tolist() for name, s in fer2013.splits.items()}
    assert counts == COUNTS


@pytest.mark.fer2013
def test_fer2013_has_280_and_288_twins_and_its_groups(fer2013: DatasetArrays) -> None:
    groups = fer2013.identical_groups
    assert {name: twins(groups, name).sum() for name in (VALIDATION, TEST)} == {
        VALIDATION: 280,
        TEST: 288,
    }
    sizes = np.bincount(np.concatenate(list(groups.values())))
    assert ((sizes > 1).sum(), (sizes - 1).sum()) == (1516, 1853)


@pytest.mark.fer2013
def test_fer2013_pixels_have_the_known_mean_and_the_black_images(fer2013: DatasetArrays) -> None:
    train, validation = fer2013.splits[TRAIN], fer2013.splits[VALIDATION]
    assert train.images.mean() / 255 == pytest.approx(0.5077, abs=5e-4)
    assert train.images.std() / 255 == pytest.approx(0.2551, abs=5e-4)
    assert (train.images.max(axis=(1, 2)) == 0).sum() == 11
    black = np.flatnonzero(validation.images.max(axis=(1, 2)) == 0)
    assert [Path(validation.names[i]).stem for i in black] == ["PublicTest_5543497"]


@pytest.mark.fer2013
def test_fer2013_unpacked_is_the_same_data_set(
    fer2013: DatasetArrays, fer2013_zip: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(fer2013_zip) as archive:
        archive.extractall(tmp_path / "archive")
    unpacked = import_data(tmp_path)
    assert unpacked.fingerprints == fer2013.fingerprints
    assert unpacked.fingerprint == fer2013.fingerprint
    for name, split in fer2013.splits.items():
        assert unpacked.splits[name].names == split.names
        assert list(split.names) == sorted(split.names)
