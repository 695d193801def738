from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_core.data.formats import read
from fer_core.data.readers import ReadOptions
from fer_core.errors import InputError
from fer_core.records import TEST, TRAIN, VALIDATION

from .writers import encoded, member, members_of, png, random_splits, write_folder, write_zip

Write = Callable[[Path, dict[str, bytes]], Path]
FACE = png(np.arange(2304, dtype=np.uint8).reshape(48, 48))
both = pytest.mark.parametrize("write", [write_zip, write_folder])


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@both
@pytest.mark.parametrize("top", ["", "archive/", "./", "a/train/b/"])
def test_images_come_back_sorted_by_path(tmp_path: Path, write: Write, top: str) -> None:
    splits = random_splits()
    members = dict(reversed(members_of(splits, top).items()))
    form, found, notes = read(write(tmp_path / "data", members))
    assert (form, notes) == ("kaggle-archive", ())
    assert list(found) == [TRAIN, VALIDATION, TEST]
    for name, split in splits.items():
        assert found[name].names == split.names
        assert np.array_equal(found[name].images, split.images)
        assert np.array_equal(found[name].labels, split.labels)


@both
def test_the_prefix_gives_the_split_and_the_folder_s_name_the_class(
    tmp_path: Path, write: Write
) -> None:
    names = ["train/Joy/Training_9.jpg", "test/Anger/PublicTest_1.jpg", "test/sad/PrivateTest_2.x"]
    found = read(write(tmp_path / "data", dict.fromkeys(names, FACE))).splits
    assert {name: (split.labels.tolist(), split.names) for name, split in found.items()} == {
        TRAIN: ([3], (names[0],)),
        VALIDATION: ([0], (names[1],)),
        TEST: ([4], (names[2],)),
    }


@both
def test_what_systems_leave_behind_and_read_mes_are_passed_over(
    tmp_path: Path, write: Write
) -> None:
    extra = [
        "__MACOSX/train/angry/._Training_1.jpg",
        "train/angry/.DS_Store",
        "train/Thumbs.db",
        "README.md",
    ]
    members = {"train/angry/Training_1.jpg": FACE} | dict.fromkeys(extra, b"x")
    assert len(read(write(tmp_path / "data", members)).splits[TRAIN].labels) == 1


def test_colour_becomes_grey_by_the_documented_weights(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)
    image = Image.fromarray(colours)
    members = {
        "train/happy/Training_1.png": encoded(image, "PNG"),
        "train/happy/Training_2.png": encoded(image.convert("RGBA"), "PNG"),
    }
    found = read(write_zip(tmp_path / "a.zip", members)).splits[TRAIN].images
    weighed = colours @ np.array([0.299, 0.587, 0.114])
    assert np.abs(found - weighed).max() <= 1


def test_progress_counts_images(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    members = {member(TRAIN, 0, i): FACE for i in range(300)}
    read(write_zip(tmp_path / "a.zip", members), progress=lambda d, t: told.append((d, t)))
    assert told == [(256, 300), (300, 300)]


@both
@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("train/bored/Training_1.jpg", FACE, "class 'bored' is unknown; use angry, disgust, fe"),
        ("train/3/Training_1.jpg", FACE, "class 3 is a number, and people number the classes in"),
        ("train/sad/PublicTest_1.jpg", FACE, "a PublicTest image in train/; add --splits names t"),
        ("test/sad/Training_1.jpg", FACE, "a Training image in test/; add --splits names to bel"),
        ("train/sad/photo.jpg", FACE, "does not fit train/<class>/Training_<id>.jpg and test/"),
        ("train/sad/Holiday_1.jpg", FACE, "does not fit train/<class>/Training_<id>.jpg and te"),
        ("train/sad/more/Training_1.jpg", FACE, "does not fit train/<class>/Training_<id>.jpg"),
        ("holiday.png", FACE, "does not fit train/<class>/Training_<id>.jpg and test/"),
        ("train/sad/Training_1.jpg", b"", "empty; replace it or take it out"),
        ("train/sad/Training_1.jpg", b"GIF89a", "not a JPEG, PNG, WebP or BMP picture; re"),
        ("train/sad/Training_1.jpg", FACE[:90], "a damaged picture ("),
        ("train/sad/Training_1.jpg", FACE[:8], "a damaged picture ("),
        ("train/sad/Training_1.jpg", b"\xff\xd8\xff\xe0", "a damaged picture ("),
        (
            "train/sad/Training_1.jpg",
            png(np.zeros((48, 48), np.uint16)),
            "pixels of mode I;16; save it as 8-bit grey",
        ),
    ],
)
def test_a_wrong_member_is_refused_by_its_name(
    tmp_path: Path, write: Write, name: str, content: bytes, reason: str
) -> None:
    members = {"train/angry/Training_0.jpg": FACE, name: content}
    message = refusal(write(tmp_path / "data", members))
    assert message.startswith(f"{name}: {reason}")


@both
def test_two_data_sets_in_one_are_refused(tmp_path: Path, write: Write) -> None:
    members = {"a/train/sad/Training_1.jpg": FACE, "b/train/sad/Training_2.jpg": FACE}
    message = refusal(write(tmp_path / "data", members))
    assert message == "two data sets, in 'a/' and 'b/'; import one of them"


@both
def test_unknown_contents_are_refused_with_what_was_expected(tmp_path: Path, write: Write) -> None:
    message = refusal(write(tmp_path / "data", {"a/1.txt": b"x", "a/2.txt": b"y"}))
    assert message.startswith("2 files such as 'a/1.txt', of no known form; expected the Kaggle")
    assert "train/<class>/Training_<id>.jpg" in message
    assert message.endswith("see: fer-core data import --help")


@both
def test_an_option_decides_where_folder_and_prefix_disagree(tmp_path: Path, write: Write) -> None:
    names = ["train/sad/PublicTest_1.jpg", "train/sad/Training_1.jpg", "test/sad/Training_2.jpg"]
    path = write(tmp_path / "data", dict.fromkeys(names, FACE))
    assert "--splits names" in refusal(path)
    by_names = read(path, options=ReadOptions(splits="names"))
    assert {k: split.names for k, split in by_names.splits.items()} == {
        TRAIN: (names[2], names[1]),
        VALIDATION: (names[0],),
    }
    by_folders = read(path, options=ReadOptions(splits="folders"))
    assert by_folders.form == "class-folders"
    assert {k: split.names for k, split in by_folders.splits.items()} == {
        TRAIN: (names[0], names[1]),
        TEST: (names[2],),
    }


def test_a_wrong_option_is_refused() -> None:
    with pytest.raises(InputError, match=r"--splits is 'both'; use names or folders"):
        ReadOptions(splits="both")


@both
def test_classes_of_other_names_are_named_or_left_out(tmp_path: Path, write: Write) -> None:
    names = ["train/wut/Training_1.jpg", "train/contempt/Training_2.jpg", "train/3/Training_3.jpg"]
    path = write(tmp_path / "data", dict.fromkeys(names, FACE))
    found = read(path, options=ReadOptions("wut=angry,contempt=none,3=sad"))
    assert found.splits[TRAIN].labels.tolist() == [4, 0]
    assert found.notes == ("class contempt: 1 image left out",)
    with pytest.raises(InputError, match=r"--classes leaves out all images; leave some in"):
        read(path, options=ReadOptions("wut=none,contempt=none,3=none"))
