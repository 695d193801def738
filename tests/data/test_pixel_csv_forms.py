"""The csv forms, one by one, and what decides between them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fer_core.data.formats import read
from fer_core.data.readers import ReadOptions
from fer_core.data.readers.pixel_csv import LAYOUTS
from fer_core.records import TEST, TRAIN, VALIDATION

from .writers import column_csv, csv_text, random_splits, refusal, row, write_zip, written

HEADER = "emotion,pixels,Usage"
GOOD = row(np.arange(2304) % 256, 3, "Training")
CHALLENGE = {"pixels": "pixels", "label": "emotion"}
COURSE = {"pixels": "feature", "label": "label", "id": "id"}


def test_the_older_form_has_blanks_before_its_column_names_and_another_order(
    tmp_path: Path,
) -> None:
    splits = random_splits()
    rows = [line.split(",") for line in csv_text(splits).splitlines()[1:]]
    text = "\n".join(["emotion, Usage, pixels", *(f"{a},{c},{b}" for a, b, c in rows)])
    found = read(written(tmp_path, text, "icml_face_data.csv"))
    assert found.form == "fer2013-csv"
    for name, split in splits.items():
        assert np.array_equal(found.splits[name].images, split.images)
        assert np.array_equal(found.splits[name].labels, split.labels)


@pytest.mark.parametrize(
    ("form", "train", "test", "held"),
    [
        ("challenge-csv", "emotion,pixels", "pixels", CHALLENGE),
        ("challenge-csv", " pixels, emotion", "pixels", CHALLENGE),
        ("course-csv", "label,feature", "id,feature", COURSE),
        ("course-csv", "feature,label", "feature,id", COURSE),
    ],
)
def test_a_pair_of_files_is_read_alone_or_together(
    tmp_path: Path, form: str, train: str, test: str, held: dict[str, str]
) -> None:
    splits = random_splits({TRAIN: 4, TEST: 3})
    folder = tmp_path / "pair"
    folder.mkdir()
    # Names say nothing: the columns do.
    written(folder, column_csv(splits[TRAIN], train, **held), "b.csv")
    written(folder, column_csv(splits[TEST], test, **held), "a.csv")
    written(folder, "id,label\n0,3\n", "example_submission.csv")
    packed = write_zip(tmp_path / "a.zip", {f.name: f.read_bytes() for f in folder.iterdir()})
    for path, expected in (
        (folder / "b.csv", [TRAIN]),
        (folder / "a.csv", [TEST]),
        (folder, [TRAIN, TEST]),
        (packed, [TRAIN, TEST]),
    ):
        found = read(path)
        assert found.form == form
        assert list(found.splits) == expected
        for name in expected:
            assert np.array_equal(found.splits[name].images, splits[name].images)
    labels = found.splits[TRAIN].labels, found.splits[TEST].labels
    assert np.array_equal(labels[0], splits[TRAIN].labels)
    assert labels[1].tolist() == [-1, -1, -1]
    assert labels[1].dtype == np.int8
    assert found.splits[TRAIN].names == ("row 0", "row 1", "row 2", "row 3")
    ids = ("0", "1", "2") if form == "course-csv" else ("row 0", "row 1", "row 2")
    assert found.splits[TEST].names == ids


def test_ids_are_kept_as_they_stand_in_the_file(tmp_path: Path) -> None:
    pixels = " ".join(["7"] * 2304)
    path = written(tmp_path, f'id,feature\r\n"0009",{pixels}\r\nx-1,"{pixels}"\r\n')
    assert read(path).splits[TEST].names == ("0009", "x-1")


@pytest.mark.parametrize(
    ("id", "reason"),
    [
        ("9", "id '9' is there twice; correct the row"),
        ("", "id ''; use up to 100 printable characters"),
        ("a\x1b", r"id 'a\x1b'; use up to 100 printable characters"),
        ("a" * 101, "id 'aaaaaaaaaaaaaaaaaaaa...aaaaaaaaaaaaaaaaaaaa'; use up to 100 printable"),
    ],
)
def test_ids_that_name_no_image_are_refused(tmp_path: Path, id: str, reason: str) -> None:
    pixels = " ".join(["7"] * 2304)
    path = written(tmp_path, f"id,feature\n9,{pixels}\n{id},{pixels}\n")
    assert refusal(path).startswith(f"row 1 (line 3): {reason}")


def test_two_files_with_images_are_refused_until_one_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    written(folder, csv_text(random_splits()), "icml_face_data.csv")
    written(folder, f"emotion,pixels\n{GOOD.rpartition(',')[0]}\n", "train.csv")
    assert refusal(folder) == (
        "'icml_face_data.csv' and 'train.csv' both hold images; "
        f"name one of them: {folder / 'icml_face_data.csv'}"
    )
    assert read(folder / "train.csv").form == "challenge-csv"
    (folder / "train.csv").write_bytes((folder / "icml_face_data.csv").read_bytes())
    assert "both hold images; name one" in refusal(folder)


def test_numbers_of_classes_are_official_until_the_option_says_otherwise(tmp_path: Path) -> None:
    rows = [GOOD.replace("3,", f"{label},", 1) for label in (4, 6, 7, "happy")]
    path = written(tmp_path, "\n".join([HEADER, *rows]))
    assert refusal(path).startswith("row 2 (line 4): class 7; use 0 to 6, or say which it is: -")
    found = read(path, options=ReadOptions("7=none"))
    assert found.splits[TRAIN].labels.tolist() == [4, 6, 3]
    assert found.splits[TRAIN].names == ("row 0", "row 1", "row 3")
    assert found.notes == ("class 7: 1 image left out",)
    found = read(path, options=ReadOptions("alphabetical,7=disgust"))
    assert found.splits[TRAIN].labels.tolist() == [6, 5, 1, 3]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), seed=st.integers(0, 999))
def test_whatever_is_written_in_any_order_and_quoting_comes_back(
    tmp_path: Path, data: st.DataObject, seed: int
) -> None:
    layout = data.draw(st.sampled_from(LAYOUTS))
    columns = data.draw(st.permutations(layout.columns))
    splits = random_splits({layout.split or VALIDATION: 3}, seed)
    ((split, arrays),) = splits.items()
    quote = data.draw(st.sampled_from(["", '"']))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    lines = [",".join(quote + column.title() + quote for column in columns)]
    for number, (image, label) in enumerate(zip(arrays.images, arrays.labels, strict=True)):
        held = {
            layout.pixels: " ".join(map(str, image.ravel())),
            layout.label: str(label),
            layout.usage: "PublicTest",
            layout.id: f"no {number}",
        }
        lines.append(",".join(quote + held[column] + quote for column in columns))
    found = read(written(tmp_path, end.join(lines)))
    assert found.form == layout.form
    assert list(found.splits) == [split]
    assert np.array_equal(found.splits[split].images, arrays.images)
    labels = arrays.labels if layout.label else np.full(3, -1)
    assert np.array_equal(found.splits[split].labels, labels)
