"""Whatever is written comes back, in any form; what could be two forms, or none, is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fer_core.data import pictures, sources, zip_source
from fer_core.data.formats import READERS, read
from fer_core.data.importer import import_data
from fer_core.data.readers import ReadOptions, csv_rows, parquet, pixel_csv
from fer_core.errors import InputError
from fer_core.fingerprints import split_fingerprint
from fer_core.records import TEST, TRAIN, VALIDATION, SplitArrays

from .writers import (
    column_csv,
    course_members,
    csv_text,
    folder_members,
    members_of,
    parquet_bytes,
    parquet_members,
    png,
    random_splits,
    write_folder,
    write_zip,
)

same_folder = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30
)


@st.composite
def splits(draw: st.DrawFn) -> dict[str, SplitArrays]:
    """Noise, black or half-black images in any of the three splits, at least one image."""
    counts = draw(
        st.fixed_dictionaries(dict.fromkeys((TRAIN, VALIDATION, TEST), st.integers(0, 4))).filter(
            lambda counts: any(counts.values())
        )
    )
    found = random_splits(counts, draw(st.integers(0, 1000)))
    for split in found.values():
        split.images[draw(st.integers(0, 4)) :: 3, : draw(st.integers(0, 48))] = 0
    return {name: split for name, split in found.items() if len(split.images)}


@same_folder
@given(splits=splits(), top=st.sampled_from(["", "top/", "a b/"]))
def test_lossless_forms_bring_back_the_same_arrays_and_fingerprints(
    tmp_path_factory: pytest.TempPathFactory, splits: dict[str, SplitArrays], top: str
) -> None:
    folder = tmp_path_factory.mktemp("forms")
    members = members_of(splits, top)
    written = [
        ("fer2013-csv", write_folder(folder / "csv", {"a.csv": csv_text(splits).encode()})),
        ("kaggle-archive", write_zip(folder / "a.zip", members)),
        ("kaggle-archive", write_folder(folder / "unpacked", members)),
        ("parquet", write_folder(folder / "parquet", parquet_members(splits))),
    ]
    for kind in ("PNG", "BMP", "WEBP"):
        members = folder_members(splits, top, kind)
        written.append(("class-folders", write_folder(folder / kind, members)))
        written.append(("class-folders", write_zip(folder / f"{kind}.zip", members)))
    datasets = []
    for form, path in written:
        dataset = import_data(path)
        assert dataset.form == form
        assert not dataset.synthetic
        assert set(dataset.splits) == set(splits)
        for split, arrays in splits.items():
            assert np.array_equal(dataset.splits[split].images, arrays.images)
            assert np.array_equal(dataset.splits[split].labels, arrays.labels)
        datasets.append(dataset)
    assert len({dataset.fingerprint for dataset in datasets}) == 1


@same_folder
@given(seed=st.integers(0, 999))
def test_forms_of_two_splits_have_the_fingerprints_of_the_others(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("forms")
    splits = random_splits({TRAIN: 5, TEST: 3}, seed)
    unlabelled = splits[TEST].images, np.full(3, -1, np.int8)
    expected = {
        TRAIN: split_fingerprint(splits[TRAIN].images, splits[TRAIN].labels),
        TEST: split_fingerprint(*unlabelled),
    }
    challenge = {
        "a.csv": column_csv(splits[TRAIN], "emotion,pixels", pixels="pixels", label="emotion"),
        "b.csv": column_csv(splits[TEST], "pixels", pixels="pixels"),
    }
    course = {
        "a.csv": column_csv(splits[TRAIN], "label,feature", pixels="feature", label="label"),
        "b.csv": column_csv(splits[TEST], "id,feature", pixels="feature", id="id"),
    }
    for name, members in {
        "challenge-csv": {name: text.encode() for name, text in challenge.items()},
        "course-csv": {name: text.encode() for name, text in course.items()},
        "course-folders": course_members(splits),
        "parquet": parquet_members({TRAIN: splits[TRAIN]})
        | {"data/test.parquet": parquet_bytes([png(image) for image in splits[TEST].images], None)},
    }.items():
        dataset = import_data(write_folder(folder / name, members))
        assert dataset.form == name
        assert dict(dataset.fingerprints) == expected


def test_two_forms_in_one_folder_are_refused_until_one_is_named(tmp_path: Path) -> None:
    splits = random_splits({TRAIN: 2})
    members = folder_members(splits) | {"data/fer.csv": csv_text(splits).encode()}
    path = write_folder(tmp_path / "both", members)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value) == (
        f"{path}: holds pictures in <class>/ or <split>/<class>/ and also a csv "
        "emotion,pixels,Usage (or emotion,pixels; pixels; label,feature; id,feature); "
        "name the file or the folder of one of them"
    )
    assert read(path / "data").form == read(path / "data" / "fer.csv").form == "fer2013-csv"
    assert read(path / "train").form == "class-folders"


def test_a_wrong_option_comes_before_a_wrong_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--classes: 'x' is no class"):
        read(tmp_path / "no", options=ReadOptions("x"))


@same_folder
@given(content=st.binary(min_size=1, max_size=300))
@example(content=b"PK")
@example(content=b"PK\x05\x06" + bytes(18))
@example(content=b"PAR1PAR1")
@example(content=b"PAR1\xff\xff\xff\x7fPAR1")
@example(content=b"emotion,pixels,Usage")
@example(content=b"pixels")
@example(content=b"\xff\xd8\xff")
def test_any_bytes_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "anything"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).isprintable()


def test_readers_say_what_they_expect() -> None:
    assert len({reader.expects for reader in READERS}) == len(READERS)
    assert all(reader.expects for reader in READERS)


def test_more_than_fits_in_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*shape: object) -> np.ndarray:
        raise MemoryError

    path = tmp_path / "a.csv"
    path.write_text(csv_text(random_splits()))
    monkeypatch.setattr("fer_core.data.readers.pixel_csv.np.empty", full)
    with pytest.raises(InputError, match=r"a\.csv: more than fits in memory; import a part"):
        read(path)


def test_the_documented_limits_are_the_ones_that_hold() -> None:
    text = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    for row in (
        f"| a picture's file | {pictures.LARGEST_FILE // 2**20} MiB |",
        f"| a picture | {pictures.MOST_PIXELS // 10**6} million pixels, "
        f"{pictures.LONGEST_SIDE:,} a side, {pictures._MOST_SCANS} scans in a JPEG |",
        f"| files in a folder or zip | {sources.MOST_MEMBERS:,} |",
        f"| rows of a csv, of parquet | {min(pixel_csv.MOST_ROWS, parquet.MOST_ROWS):,} |",
        f"| a row of a csv | {csv_rows._LONGEST_LINE:,} bytes |",
        f"| unpacked size of a zip | {zip_source._MOST_EXPANSION} times its size "
        f"({zip_source._SMALL // 2**20} MiB are always allowed) |",
        f"| unpacked size of parquet's columns | {parquet._MOST_EXPANSION} times its size "
        f"({parquet._SMALL // 2**20} MiB are always allowed), "
        f"{parquet._LARGEST_PAGE // 2**20} MiB a page |",
    ):
        assert row in text
