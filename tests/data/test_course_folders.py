from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fer_core.data.formats import read
from fer_core.data.readers import ReadOptions
from fer_core.errors import InputError
from fer_core.records import TEST, TRAIN

from .writers import course_members, png, random_splits, write_folder, write_zip

Write = Callable[[Path, Mapping[str, bytes]], Path]
FACE = png(np.arange(2304, dtype=np.uint8).reshape(48, 48))
GOOD = {
    "train_img/00000.png": FACE,
    "train_img/00001.png": FACE,
    "test_img/0000.png": FACE,
    "train.csv": b"id,label\n0,3\n1,5\n",
}
both = pytest.mark.parametrize("write", [write_zip, write_folder])


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert message.isprintable()
    return message.removeprefix(f"{path}: ")


@both
@pytest.mark.parametrize("top", ["", "hw3/"])
def test_images_come_back_sorted_by_path_with_the_labels_of_their_ids(
    tmp_path: Path, write: Write, top: str
) -> None:
    splits = random_splits({TRAIN: 30, TEST: 4})
    found = read(write(tmp_path / "data", course_members(splits, top)))
    assert (found.form, found.notes) == ("course-folders", ())
    assert list(found.splits) == [TRAIN, TEST]
    for name, split in splits.items():
        assert np.array_equal(found.splits[name].images, split.images)
    assert np.array_equal(found.splits[TRAIN].labels, splits[TRAIN].labels)
    assert found.splits[TEST].labels.tolist() == [-1] * 4
    assert found.splits[TRAIN].names[:2] == ("train_img/00000.png", "train_img/00001.png")
    assert found.splits[TEST].names[0] == "test_img/0000.png".replace("0000", "00000")


@pytest.mark.parametrize(
    "table",
    ["id,label\n1,5\n0,3", "label,id\r\n3,00000\r\n5,00001.png\r\n", '"id", "label"\n0,3\n"1","5"'],
)
def test_rows_go_by_id_in_any_order_and_spelling(tmp_path: Path, table: str) -> None:
    found = read(write_folder(tmp_path / "data", GOOD | {"train.csv": table.encode()}))
    assert found.splits[TRAIN].labels.tolist() == [3, 5]


def test_the_csv_is_known_by_its_ids_and_not_by_its_name(tmp_path: Path) -> None:
    members = {name: data for name, data in GOOD.items() if name != "train.csv"}
    members |= {"z.csv": GOOD["train.csv"], "a.csv": b"id,label\n0,0\n", "README": b"x"}
    assert read(write_folder(tmp_path / "a", members)).splits[TRAIN].labels.tolist() == [3, 5]
    members["a.csv"] = b"id,label\n0,0\n1,1\n"
    assert refusal(write_folder(tmp_path / "b", members)) == (
        "'a.csv', 'z.csv' each list the train pictures' ids; keep the right one"
    )
    members["a.csv"] = members["z.csv"] = b"id,label\n7,0\n"
    assert refusal(write_folder(tmp_path / "c", members)) == (
        "'a.csv', 'z.csv' do not list the train pictures' ids; keep the right one"
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"train.csv": b"id,label\n0,3\n"}, "train_img/00001.png: no row of 'train.csv' has its"),
        ({"train.csv": b"id,label\n0,3\n1,5\n2,5"}, "train.csv: row 2 (line 4): no train picture"),
        ({"train.csv": b"id,label\n0,3\n0,5\n"}, "train.csv: row 1 (line 3): id '0' is there twi"),
        ({"train.csv": b"id,label\n0,3\n1,9\n"}, "train.csv: row 1 (line 3): class 9; use 0 to 6"),
        ({"train.csv": b"id,label\n0,3\n1\n"}, "train.csv: row 1 (line 3): 1 fields instead of 2"),
        ({"train_img/1.jpg": FACE}, "train_img/1.jpg: has the same id as 'train_img/00001.png'"),
        ({"train_img/00001.png": b"x"}, "train_img/00001.png: not a JPEG, PNG, WebP or BMP pict"),
        ({"other/x.png": FACE}, "other/x.png: lies neither in train_img nor in test_img; take it"),
        ({"val_img/x.png": FACE}, "pictures in 'val_img'; this form has one folder train_img and"),
        ({"b/train_img/2.png": FACE}, "pictures in 'b/train_img', 'train_img'; this form has one"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, changed: dict[str, bytes], reason: str
) -> None:
    for write in (write_zip, write_folder):
        assert refusal(write(tmp_path / write.__name__, GOOD | changed)).startswith(reason)


def test_classes_are_the_official_numbers_until_the_option_says_otherwise(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "a", GOOD | {"train.csv": b"id,label\n0,4\n1,7\n"})
    found = read(path, options=ReadOptions("alphabetical,7=none"))
    assert found.splits[TRAIN].labels.tolist() == [6]
    assert found.splits[TRAIN].names == ("train_img/00000.png",)
    assert found.notes == ("class 7: 1 image left out",)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(train=st.integers(1, 30), test=st.integers(0, 3), seed=st.integers(0, 999))
def test_whatever_is_written_comes_back(tmp_path: Path, train: int, test: int, seed: int) -> None:
    splits = random_splits({TRAIN: train, TEST: test}, seed)
    found = read(write_zip(tmp_path / "a.zip", course_members(splits))).splits
    assert np.array_equal(found[TRAIN].images, splits[TRAIN].images)
    assert np.array_equal(found[TRAIN].labels, splits[TRAIN].labels)
    assert (TEST in found) == bool(test)
