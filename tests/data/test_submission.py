import csv
import io
from pathlib import Path

import numpy as np
import pytest

from fer_core.data.submission import read_test, submission, submission_ids
from fer_core.errors import InputError
from fer_core.records import TEST, TRAIN, VALIDATION

from .writers import column_csv, course_members, csv_text, random_splits, write_folder


def test_ids_are_those_of_the_file() -> None:
    assert submission_ids(["row 0", "row 1", "row 12"]) == ["0", "1", "12"]
    assert submission_ids(["test_img/0000.jpg", "test_img/0012.jpg"]) == ["0", "12"]
    assert submission_ids(["7", "007", "a7"]) == ["7", "007", "a7"], "a csv's own ids stay"
    assert submission_ids(["test/PrivateTest_12.jpg"]) == ["test/PrivateTest_12.jpg"]


def test_ids_that_would_be_the_same_are_names() -> None:
    names = ["test/sad/1.jpg", "test/happy/1.jpg", "test/happy/2.jpg"]
    assert submission_ids(names) == names


def test_labels_are_the_likeliest_class_s_official_numbers_the_lowest_on_ties() -> None:
    probabilities = np.full((3, 7), 0.1, np.float32)
    probabilities[0, 6] = probabilities[1, 0] = 0.4
    probabilities[2, [2, 5]] = 0.25
    content = submission(["row 0", "row 1", 'odd, "name"'], probabilities)
    assert content.startswith(b"id,label\n0,6\n1,0\n")
    rows = list(csv.reader(io.StringIO(content.decode())))
    assert rows[3] == ['odd, "name"', "2"]


def test_a_file_without_test_images_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    path.write_text(csv_text(random_splits({TRAIN: 2, VALIDATION: 1})))
    with pytest.raises(InputError, match=r"faces\.csv: no test images in it, only train, validati"):
        read_test(path)


def expected_and_found(path: Path) -> tuple[np.ndarray, list[str]]:
    split = read_test(path)
    return split.images, submission_ids(split.names)


def test_every_form_of_a_test_file_gives_its_images_and_ids(tmp_path: Path) -> None:
    splits = random_splits({TRAIN: 3, TEST: 4})
    images = splits[TEST].images
    unlabelled = tmp_path / "challenge.csv"
    unlabelled.write_text(column_csv(splits[TEST], "pixels", pixels="pixels"))
    course = tmp_path / "course.csv"
    course.write_text(column_csv(splits[TEST], "id,feature", pixels="feature", id="id"))
    folder = write_folder(tmp_path / "folder", course_members(splits))
    for path in (unlabelled, course, folder):
        found, ids = expected_and_found(path)
        np.testing.assert_array_equal(found, images)
        assert ids == ["0", "1", "2", "3"]
    labelled = tmp_path / "fer2013.csv"
    labelled.write_text(csv_text(splits))
    found, ids = expected_and_found(labelled)
    np.testing.assert_array_equal(found, images)
    assert ids == ["3", "4", "5", "6"], "the numbers of its rows in the file"
