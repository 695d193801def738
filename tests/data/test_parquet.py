import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fer_core.data.formats import read
from fer_core.data.readers import ReadOptions
from fer_core.records import CLASS_NAMES, TEST, TRAIN, VALIDATION

from .writers import (
    FOLDERS,
    parquet_bytes,
    parquet_members,
    png,
    random_splits,
    refusal,
    write_folder,
    write_zip,
    written,
)

ALPHABETICAL = sorted(FOLDERS)
FACE = png(np.arange(2304, dtype=np.uint8).reshape(48, 48))


def test_a_folder_of_files_is_read_split_by_split_with_the_names_in_the_metadata(
    tmp_path: Path,
) -> None:
    splits = random_splits()
    members = parquet_members(splits) | {"README.md": b"all about it"}
    found = read(write_folder(tmp_path / "data", members))
    assert (found.form, found.notes) == ("parquet", ())
    assert list(found.splits) == [TRAIN, VALIDATION, TEST]
    for name, split in splits.items():
        assert np.array_equal(found.splits[name].images, split.images)
        assert np.array_equal(found.splits[name].labels, split.labels)
        assert found.splits[name].labels.dtype == np.int8
    assert found.splits[TEST].names == ("row 0", "row 1", "row 2")


@pytest.mark.parametrize("struct", [True, False])
@pytest.mark.parametrize(
    "labels",
    [
        ["happiness", "sad", "中性"],
        pa.array(["happy", "sad", "neutral"]).dictionary_encode(),
        pa.array(["happy", "sad", "neutral"], pa.large_string()),
        *(pa.array([3, 4, 6], kind) for kind in (pa.int8(), pa.uint8(), pa.int32(), pa.uint64())),
    ],
)
@pytest.mark.parametrize("row_group_size", [None, 1, 2])
def test_names_of_classes_and_images_come_in_several_types(
    tmp_path: Path, struct: bool, labels: object, row_group_size: int | None
) -> None:
    names = [] if isinstance(labels, list) or not pa.types.is_integer(labels.type) else CLASS_NAMES
    content = parquet_bytes([FACE] * 3, labels, names, struct, row_group_size=row_group_size)
    found = read(written(tmp_path, content)).splits
    assert list(found) == [TRAIN]
    assert found[TRAIN].labels.tolist() == [3, 4, 6]
    assert found[TRAIN].images.shape == (3, 48, 48)


def test_files_of_one_split_follow_one_another(tmp_path: Path) -> None:
    parts = {f"train-0000{n}-of-00003.parquet": [f] for n, f in enumerate(("fear", "sad", "joy"))}
    members = {name: parquet_bytes([FACE], labels) for name, labels in parts.items()}
    found = read(write_folder(tmp_path / "a", members)).splits
    assert found[TRAIN].labels.tolist() == [2, 4, 3]
    assert found[TRAIN].names == ("row 0", "row 1", "row 2")
    members["train-00002-of-00003.parquet"] = parquet_bytes([FACE, b"x"], ["joy", "joy"])
    assert refusal(write_folder(tmp_path / "a", members)) == (
        "train-00002-of-00003.parquet: row 1: not a JPEG, PNG, WebP or BMP picture; "
        "replace it or take it out"
    )


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["a.parquet", "b.parquet"], {TRAIN: 2}),
        (["test.parquet"], {TEST: 1}),
        (["default/validation/0000.parquet", "default/train/0000.parquet"], None),
        (["dev_1.parquet", "Train.parquet"], {TRAIN: 1, VALIDATION: 1}),
    ],
)
def test_splits_go_by_the_beginning_of_a_name_or_its_folder_s(
    tmp_path: Path, names: list[str], splits: dict[str, int] | None
) -> None:
    path = write_folder(tmp_path / "a", dict.fromkeys(names, parquet_bytes([FACE], ["sad"])))
    found = {name: len(split.labels) for name, split in read(path).splits.items()}
    assert found == (splits or {TRAIN: 1, VALIDATION: 1})


def test_files_with_and_without_a_split_are_refused(tmp_path: Path) -> None:
    members = dict.fromkeys(["train.parquet", "more.parquet"], parquet_bytes([FACE], ["sad"]))
    assert refusal(write_folder(tmp_path / "a", members)) == (
        "more.parquet: its name begins with no split, other files' do; rename it to train-..., "
        "or take it out"
    )


def test_numbers_without_names_need_the_order(tmp_path: Path) -> None:
    path = written(tmp_path, parquet_bytes([FACE] * 7, list(range(7))))
    assert refusal(path).startswith("row 0: class 0 is a number, and people number the classes")
    assert "--classes official" in refusal(path)
    for order, expected in (
        ("official", [0, 1, 2, 3, 4, 5, 6]),
        ("alphabetical", [0, 1, 2, 3, 6, 4, 5]),
        ("neutral,happy,sad,surprise,fear,disgust,angry", [6, 3, 4, 5, 2, 1, 0]),
    ):
        found = read(path, options=ReadOptions(order))
        assert found.splits[TRAIN].labels.tolist() == expected
    digits = parquet_bytes([FACE], [0], names=[str(n) for n in range(7)])
    assert "class 0 is a number" in refusal(written(tmp_path, digits))


def test_names_in_the_metadata_go_by_name_and_not_by_position(tmp_path: Path) -> None:
    names = ["neutral", "contempt", "anger"]
    path = written(tmp_path, parquet_bytes([FACE] * 4, [0, 2, 1, 1], names))
    assert refusal(path).startswith("row 2: class 'contempt' is unknown; use angry, disgust")
    found = read(path, options=ReadOptions("contempt=none"))
    assert found.splits[TRAIN].labels.tolist() == [6, 0]
    assert found.splits[TRAIN].names == ("row 0", "row 1")
    assert found.notes == ("class contempt: 2 images left out",)


def test_a_row_behind_one_that_is_left_out_is_named_by_its_own_number(tmp_path: Path) -> None:
    content = parquet_bytes([FACE, FACE, b"x"], ["none of it", "sad", "sad"])
    message = refusal(written(tmp_path, content), classes="none of it=none")
    assert message.startswith("row 2: not a JPEG, PNG, WebP or BMP picture")


@pytest.mark.parametrize(
    "metadata",
    [b"", b"{", b"[]", b'{"info": 3}', b'{"info": {"features": {"label": {"names": [1]}}}}'],
)
def test_metadata_that_name_no_classes_are_passed_over(tmp_path: Path, metadata: bytes) -> None:
    table = pq.read_table(io.BytesIO(parquet_bytes([FACE], [4])))
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({b"huggingface": metadata}), buffer)
    path = written(tmp_path, buffer.getvalue())
    assert "class 4 is a number" in refusal(path)
    assert read(path, options=ReadOptions("official")).splits[TRAIN].labels.tolist() == [4]


def test_without_labels_a_file_must_be_of_test(tmp_path: Path) -> None:
    content = parquet_bytes([FACE] * 2, None)
    found = read(written(tmp_path, content, "test-00000-of-00001.parquet")).splits
    assert found[TEST].labels.tolist() == [-1, -1]
    assert refusal(written(tmp_path, content)).startswith("column label is missing; it needs ima")


@pytest.mark.parametrize(
    ("images", "labels", "reason"),
    [
        ([FACE, None], ["sad", "sad"], "row 1: no image; correct the file"),
        ([FACE, FACE], ["sad", None], "row 1: no label; correct the file"),
        ([FACE, b""], ["sad", "sad"], "row 1: empty; replace it or take it out"),
        ([FACE, FACE], [0, 7], "row 1: label 7, but 7 classes; correct the file"),
        ([FACE, FACE], [0, -1], "row 1: label -1, but 7 classes; correct the file"),
        ([FACE], [0.5], "column label is double; it needs image (a struct with bytes, or binary"),
        ([FACE], [True], "column label is bool; it needs image (a struct with bytes, or binary)"),
    ],
)
@pytest.mark.parametrize("struct", [True, False])
def test_wrong_rows_and_columns_are_refused(
    tmp_path: Path, images: list[bytes], labels: list[object], reason: str, struct: bool
) -> None:
    names = ALPHABETICAL if isinstance(labels[0], int) else ()
    content = parquet_bytes(images, labels, names, struct)
    assert refusal(written(tmp_path, content)).startswith(reason)


@pytest.mark.parametrize("columns", [{"img": [b"x"], "label": [1]}, {"image": [1], "label": [1]}])
def test_other_columns_are_refused_with_what_is_needed(
    tmp_path: Path, columns: dict[str, list[object]]
) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    message = refusal(written(tmp_path, buffer.getvalue()))
    assert message.startswith(f"columns {next(iter(columns))} (")
    assert message.endswith(
        "it needs image (a struct with bytes, or binary) and label (names or whole numbers)"
    )


def test_other_columns_beside_are_not_read(tmp_path: Path) -> None:
    table = pq.read_table(io.BytesIO(parquet_bytes([FACE], ["sad"])))
    table = table.append_column("huge", [[bytes(80 * 2**20)]])
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    assert read(written(tmp_path, buffer.getvalue())).splits[TRAIN].labels.tolist() == [4]


def test_parquet_in_a_zip_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", parquet_members(random_splits()))
    assert refusal(path) == "parquet inside a zip; unpack it and import the folder"


def test_progress_counts_rows_through_all_files(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = write_folder(tmp_path / "data", parquet_members(random_splits()))
    read(path, progress=lambda done, total: told.append((done, total)))
    assert told == [(7, 13), (10, 13), (13, 13), (13, 13)]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(1, 8),
    seed=st.integers(0, 999),
    names=st.permutations(FOLDERS),
    compression=st.sampled_from(["none", "snappy", "gzip", "zstd", "lz4", "brotli"]),
    row_group_size=st.integers(1, 8),
    version=st.sampled_from(["1.0", "2.0"]),
    dictionary=st.booleans(),
)
def test_whatever_is_written_comes_back(
    tmp_path: Path,
    count: int,
    seed: int,
    names: list[str],
    compression: str,
    row_group_size: int,
    version: str,
    dictionary: bool,
) -> None:
    split = random_splits({TRAIN: count}, seed)[TRAIN]
    labels = [names.index(CLASS_NAMES[label].lower()) for label in split.labels]
    content = parquet_bytes(
        [png(image) for image in split.images],
        labels,
        names,
        compression=compression,
        row_group_size=row_group_size,
        data_page_version=version,
        use_dictionary=dictionary,
    )
    found = read(written(tmp_path, content)).splits[TRAIN]
    assert np.array_equal(found.images, split.images)
    assert np.array_equal(found.labels, split.labels)
