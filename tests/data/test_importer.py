"""The real archive, and what an import adds to what a reader returns."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from fer_core.analysis.audit import AuditArrays, flagged, summarise
from fer_core.data.audit import twins
from fer_core.data.importer import import_data
from fer_core.errors import InputError
from fer_core.fingerprints import dataset_fingerprint, split_fingerprint
from fer_core.records import AUDIT_FLAGS, TEST, TRAIN, VALIDATION, DatasetArrays

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
def test_the_audit_of_fer2013_finds_what_is_known_of_it(fer2013: DatasetArrays) -> None:
    labels = {name: split.labels for name, split in fer2013.splits.items()}
    arrays = AuditArrays(labels, fer2013.flags, fer2013.identical_groups, fer2013.near_groups)
    summary = summarise(arrays)
    assert summary.splits == (TRAIN, VALIDATION, TEST)
    assert summary.images.tolist() == [28709, 3589, 3589]
    assert summary.identical == (1516, 1853, 57)
    assert summary.twins == {VALIDATION: 280, TEST: 288}
    by_kind = dict(zip(AUDIT_FLAGS, summary.counts.tolist(), strict=True))
    assert by_kind["black"] == [11, 1, 0]
    assert by_kind["flat"] == [1, 1, 0]
    assert summary.total("copy") == 1853
    for split in (VALIDATION, TEST):
        flagged_twins = flagged(fer2013.flags[split], "twin")
        assert not (twins(fer2013.identical_groups, split) & ~flagged_twins).any()
    # Not known beforehand: what the search found when its thresholds were set.
    assert summary.near.groups == pytest.approx(2443, rel=0.01)
    assert summary.near.surplus == pytest.approx(3734, rel=0.01)
    assert summary.total("near-copy") == summary.near.surplus
    assert summary.total("text-like") == pytest.approx(81, abs=2)


@pytest.mark.fer2013
def test_fer2013_flags_signs_and_text_and_flat_images_by_name(fer2013: DatasetArrays) -> None:
    def names(kind: str) -> set[str]:
        return {
            Path(split.names[index]).stem
            for name, split in fer2013.splits.items()
            for index in np.flatnonzero(flagged(fer2013.flags[name], kind))
        }

    assert names("flat") == {"Training_3542668", "PublicTest_21832858"}
    assert "PublicTest_5543497" in names("black")
    assert not names("text-like") & (names("black") | names("flat"))
    # Warning signs, "this person moved or deleted this image", a question mark.
    assert names("text-like") >= {
        "Training_25739285",
        "Training_38142836",
        "Training_33313497",
        "Training_44094885",
        "Training_7927893",
        "PrivateTest_15353271",
    }


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
