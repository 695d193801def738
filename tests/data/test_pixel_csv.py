from pathlib import Path

import numpy as np
import pytest

from fer_core.data.formats import read
from fer_core.records import TEST, TRAIN, VALIDATION

from .writers import csv_text, random_splits, refusal, row, write_zip, written

HEADER = "emotion,pixels,Usage"
GOOD = row(np.arange(2304) % 256, 3, "Training")


def test_rows_come_back_in_their_order_with_their_numbers_as_names(tmp_path: Path) -> None:
    splits = random_splits()
    form, found, notes = read(written(tmp_path, csv_text(splits)))
    assert (form, notes) == ("fer2013-csv", ())
    assert list(found) == [TRAIN, VALIDATION, TEST]
    for name, split in splits.items():
        assert np.array_equal(found[name].images, split.images)
        assert np.array_equal(found[name].labels, split.labels)
        assert found[name].labels.dtype == np.int8
    assert found[TRAIN].names[:2] == ("row 0", "row 1")
    assert found[VALIDATION].names == ("row 7", "row 8", "row 9")


def test_splits_may_alternate_between_rows(tmp_path: Path) -> None:
    usages = ["PrivateTest", "Training", "PublicTest", "Training", "PrivateTest"]
    images = np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)
    rows = [
        row(image, k, usage) for k, (image, usage) in enumerate(zip(images, usages, strict=True))
    ]
    found = read(written(tmp_path, "\n".join([HEADER, *rows]))).splits
    assert np.array_equal(found[TRAIN].images, images[[1, 3]])
    assert found[TRAIN].labels.tolist() == [1, 3]
    assert found[TEST].names == ("row 0", "row 4")
    assert found[TEST].labels.tolist() == [0, 4]


@pytest.mark.parametrize(
    "spelling",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.rstrip("\n"),
        lambda text: text + "\n\n",
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace("emotion,pixels,Usage", "emotion, pixels, Usage"),
        lambda text: text.replace(",", ",'").replace(",'Pub", "',Pub").replace("'Tr", "Tr"),
        lambda text: text.replace(" ", "  "),
        lambda text: text.replace(" 7 ", " 0007 "),
    ],
    ids=["crlf", "bom", "no-end", "blank-end", "blank", "spaced", "quoted", "double", "zeros"],
)
def test_harmless_differences_in_writing_change_nothing(tmp_path: Path, spelling) -> None:
    splits = random_splits()
    found = read(written(tmp_path, spelling(csv_text(splits)))).splits
    for name, split in splits.items():
        assert np.array_equal(found[name].images, split.images)
        assert np.array_equal(found[name].labels, split.labels)


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    label, pixels, usage = GOOD.split(",")
    path = written(tmp_path, f"Usage,emotion,pixels\n{usage},{label},{pixels}\n")
    assert read(path).splits[TRAIN].images.ravel()[:257].tolist() == [*range(256), 0]


def test_it_is_found_by_content_in_a_zip_or_folder_beside_a_read_me(tmp_path: Path) -> None:
    folder = tmp_path / "unpacked" / "fer2013"
    folder.mkdir(parents=True)
    written(folder, "all about it", "README")
    written(folder, csv_text(random_splits()), "data.dat")
    packed = write_zip(
        tmp_path / "some.bin", {f"x/{file.name}": file.read_bytes() for file in folder.iterdir()}
    )
    for path in (folder.parent, packed):
        assert read(path).form == "fer2013-csv"


def test_progress_counts_bytes_up_to_the_file_s_size(tmp_path: Path) -> None:
    path = written(tmp_path, csv_text(random_splits({TRAIN: 300})))
    told: list[tuple[int, int]] = []
    read(path, progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (path.stat().st_size,) * 2
    assert len(told) == 3


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(np.zeros(2303, int), 0, "Training"), "2,303 pixels instead of 2,304; correct or"),
        (row(np.zeros(2305, int), 0, "Training"), "2,305 pixels instead of 2,304; correct or"),
        ("3,,Training", "0 pixels instead of 2,304; correct or remove the row"),
        (GOOD.replace(" 77 ", " 256 ", 1), "pixel 77 is '256'; use whole numbers from 0 to 255"),
        (GOOD.replace(" 77 ", " -1 ", 1), "pixel 77 is '-1'; use whole numbers from 0 to 255"),
        (GOOD.replace(" 77 ", " 7.5 ", 1), "pixel 77 is '7.5'; use whole numbers from 0 to"),
        (GOOD.replace(" 77 ", " nan ", 1), "pixel 77 is 'nan'; use whole numbers from 0 to"),
        (GOOD.replace(" 77 ", " 99999999999999999999 ", 1), "pixel 77 is '99999999999999999999'"),
        (GOOD.replace(" 77 ", " ٧ ", 1), "pixel 77 is '٧'; use whole numbers"),
        (GOOD.replace("3,", "9,", 1), "class 9; use 0 to 6, or say which it is: --classes 9=CLA"),
        (GOOD.replace("3,", "-1,", 1), "class '-1' is unknown; use 0 to 6, or angry, disgust"),
        (GOOD.replace("3,", "bored,", 1), "class 'bored' is unknown; use 0 to 6, or angry, dis"),
        (GOOD.replace("3,", ",", 1), "class '' is unknown; use 0 to 6, or angry, disgust"),
        (GOOD.replace("Training", "Train"), "Usage is 'Train'; use Training, PublicTest, Priv"),
        (GOOD + ",more", "4 fields instead of 3; correct the row"),
        ("3", "1 fields instead of 3; correct the row"),
        (GOOD.replace(" 77 ", " \0 ", 1), "NUL bytes; the file is damaged, download it again"),
        ("3," + "0 " * 40_000, "longer than 65,536 bytes; a row has 2,304 pixels"),
    ],
)
def test_a_wrong_row_is_refused_by_its_number(tmp_path: Path, bad: str, reason: str) -> None:
    path = written(tmp_path, "\n".join([HEADER, GOOD, GOOD, "", bad, GOOD]))
    assert refusal(path).startswith(f"row 2 (line 5): {reason}")


def test_a_row_in_a_zip_is_named_with_its_member(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"b.csv": f"{HEADER}\n7{GOOD[1:]}".encode()})
    assert refusal(path) == (
        "b.csv: row 0 (line 2): class 7; use 0 to 6, or say which it is: --classes 7=CLASS"
    )


def test_bytes_that_are_not_utf_8_in_a_row_are_shown_escaped(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}\n{GOOD}".encode().replace(b"Training", b"Tr\xffin"))
    assert refusal(path).startswith(r"row 0 (line 2): Usage is 'Tr\xffin'; use Training")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("emotion,pixel,Usage\n" + GOOD, "the first line is 'emotion,pixel,usage'; expected"),
        ("id,label\n0,1\n", "the first line is 'id,label'; expected the Kaggle archive (tra"),
        ("pixels,pixels\n1,1\n", "the first line is 'pixels,pixels'; expected the Kaggle ar"),
        (GOOD, "the first line is '3,0 1 2 3"),
        ("a\x1b[31m,b\n", r"the first line is 'a\x1b[31m,b'; expected"),
        ("emotion,pixels,Usage\n", "a header, but no rows; download it again"),
        (
            "emotion,pixels,Usage\n".encode("utf-16"),
            "neither a zip, parquet nor text in UTF-8; exp",
        ),
        (b"emo\xe4tion,pixels,Usage\n", "neither a zip, parquet nor text in UTF-8; exp"),
        (b"\0\0\0\0", "neither a zip, parquet nor text in UTF-8; exp"),
        ("", "the file is empty; download it again"),
    ],
)
def test_what_is_no_such_csv_is_refused(tmp_path: Path, content: str | bytes, reason: str) -> None:
    assert refusal(written(tmp_path, content)).startswith(reason)


def test_a_first_line_that_never_ends_is_no_header(tmp_path: Path) -> None:
    path = written(tmp_path, "1" * 70_000)
    with path.open("r+b") as file:
        file.truncate(2**40)
    assert refusal(path).startswith("the first line is '1111111111")


def test_more_rows_than_the_limit_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fer_core.data.readers.pixel_csv.MOST_ROWS", 2)
    path = written(tmp_path, "\n".join([HEADER, GOOD, GOOD, GOOD]))
    assert refusal(path) == "more than 2 rows; import a part of them"


def test_a_file_that_claims_to_be_huge_takes_no_memory(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}\n{GOOD}\n")
    with path.open("r+b") as file:
        file.truncate(2**42)
    assert refusal(path).startswith("row 1 (line 3): longer than 65,536 bytes")
