from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fer_core.data.classes import class_index
from fer_core.data.formats import read
from fer_core.data.pictures import grey_face
from fer_core.data.readers import Read, ReadOptions
from fer_core.errors import InputError
from fer_core.records import TEST, TRAIN, VALIDATION

from .writers import FOLDERS, encoded, folder_members, png, random_splits, write_folder, write_zip

Write = Callable[[Path, Mapping[str, bytes]], Path]
FACE = png(np.arange(2304, dtype=np.uint8).reshape(48, 48))
both = pytest.mark.parametrize("write", [write_zip, write_folder])


def refusal(path: Path, **options: str) -> str:
    with pytest.raises(InputError) as caught:
        read(path, options=ReadOptions(**options))
    message = str(caught.value)
    assert message.isprintable()
    return message.removeprefix(f"{path}: ")


def summary(found: Read) -> dict[str, dict[str, int]]:
    return {
        split: dict(zip(arrays.names, arrays.labels.tolist(), strict=True))
        for split, arrays in found.splits.items()
    }


@both
@pytest.mark.parametrize("top", ["", "faces/", "./", "a/b/"])
@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP"])
def test_images_come_back_sorted_by_path(tmp_path: Path, write: Write, top: str, kind: str) -> None:
    splits = random_splits()
    members = dict(reversed(folder_members(splits, top, kind).items()))
    found = read(write(tmp_path / "data", members))
    assert (found.form, found.notes) == ("class-folders", ())
    assert list(found.splits) == [TRAIN, VALIDATION, TEST]
    for name, split in splits.items():
        assert np.array_equal(found.splits[name].images, split.images)
        assert np.array_equal(found.splits[name].labels, split.labels)
        names = folder_members({name: split}, kind=kind)
        assert found.splits[name].names == tuple(names)
        assert list(names) == sorted(names)


@both
@pytest.mark.parametrize("top", ["", "faces/"])
def test_without_folders_for_splits_all_is_train(tmp_path: Path, write: Write, top: str) -> None:
    names = ["Angry/1.png", "sadness/2.PNG", "高興/3", "害怕/4.x", "SURPRISE/Training_5.png"]
    found = read(write(tmp_path / "data", {top + name: FACE for name in names}))
    assert summary(found) == {TRAIN: dict(zip(names, [0, 4, 3, 2, 5], strict=True))}
    assert list(found.splits[TRAIN].names) == sorted(names)


@pytest.mark.parametrize(
    ("split", "spellings"),
    [
        (TRAIN, ("train", "Training")),
        (VALIDATION, ("validation", "valid", "VAL", "dev", "PublicTest")),
        (TEST, ("test", "testing", "PrivateTest")),
    ],
)
def test_splits_go_by_the_usual_names(
    tmp_path: Path, split: str, spellings: tuple[str, ...]
) -> None:
    for spelling in spellings:
        path = write_folder(tmp_path / spelling, {f"{spelling}/fear/a.png": FACE})
        assert summary(read(path)) == {split: {f"{spelling}/fear/a.png": 2}}


def test_pictures_of_any_size_and_colour_become_grey_faces(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 130, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    members = {
        "happy/1.bmp": encoded(image, "BMP"),
        "happy/2.png": encoded(image, "PNG"),
        "happy/3.webp": encoded(image, "WEBP", lossless=True),
        "happy/4.jpg": encoded(image, "JPEG", quality=100, subsampling=0),
    }
    images = read(write_zip(tmp_path / "a.zip", members)).splits[TRAIN].images
    expected = grey_face(image)
    assert all(np.array_equal(found, expected) for found in images[:3])
    assert np.abs(images[3].astype(int) - expected).max() <= 3


@both
def test_read_mes_and_what_systems_leave_behind_are_passed_over(
    tmp_path: Path, write: Write
) -> None:
    names = ["README.md", "train/labels.txt", "code/run.py", "angry/.DS_Store", "a/b/c/d.json"]
    path = write(tmp_path / "data", {"train/sad/a.png": FACE} | dict.fromkeys(names, b"x"))
    if path.is_dir():
        (path / "train/sad/folder.png").mkdir()
    assert summary(read(path)) == {TRAIN: {"train/sad/a.png": 4}}


@both
@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["bored/a.png"], "bored/a.png: class 'bored' is unknown; use angry, disgust"),
        (["holiday/2/x.png"], "folders of classes in './' and 'holiday/'; import one of them, or"),
        (["more/happy/x.png"], "folders of classes in './' and 'more/'; import one of them, or"),
        (["train/happy/x.png"], "happy/1.png: some folders of classes lie in a folder for a spl"),
        (["happy/x.png/y.png"], "folders of classes in './' and 'happy/'; import one of them, or"),
    ],
)
def test_what_fits_no_such_folder_is_refused(
    tmp_path: Path, write: Write, names: list[str], reason: str
) -> None:
    members = dict.fromkeys(["happy/1.png", "sad/2.png", *names], FACE)
    assert refusal(write(tmp_path / "data", members)).startswith(reason)


def test_two_folders_for_one_split_are_refused(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "a", {"val/sad/1.png": FACE, "dev/sad/1.png": FACE})
    message = "val/sad/1.png: 'dev' and 'val' are both validation; put them into one folder"
    assert refusal(path) == message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty; replace it or take it out"),
        (b"notes", "not a JPEG, PNG, WebP or BMP picture; replace it or take it out"),
        (FACE[:100], "a damaged picture ("),
    ],
)
def test_the_first_bad_picture_in_order_is_named(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    names = [f"train/{folder}/{number:03}.png" for folder in FOLDERS for number in range(90)]
    members = dict.fromkeys(sorted(names), FACE)
    bad = ["train/happy/012.png", "train/happy/011.png", "train/sad/000.png"]
    path = write_zip(tmp_path / "a.zip", members | dict.fromkeys(bad, content))
    for _ in range(3):
        assert refusal(path).startswith(f"train/happy/011.png: {reason}")


def test_folders_named_by_numbers_need_the_order(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "a", {f"train/{n}/x.png": FACE for n in range(7)})
    assert refusal(path).startswith(
        "train/0/x.png: class 0 is a number, and people number the classes in two orders; "
        "add --classes official (4 sad"
    )
    for order, expected in (
        ("official", [0, 1, 2, 3, 4, 5, 6]),
        ("alphabetical", [0, 1, 2, 3, 6, 4, 5]),
        ("surprise,fear,disgust,happy,sad,angry,neutral", [5, 2, 1, 3, 4, 0, 6]),
    ):
        labels = read(path, options=ReadOptions(order)).splits[TRAIN].labels
        assert labels.tolist() == expected


def test_folders_of_other_names_need_pairs(tmp_path: Path) -> None:
    members = {f"{name}/{n}.png": FACE for name in ("wut", "ekel", "contempt") for n in range(3)}
    path = write_folder(tmp_path / "a", members)
    assert refusal(path) == (
        "no folder of pictures is named as a class (contempt, ekel, wut); "
        "say which are: --classes contempt=angry,..."
    )
    assert "class 'contempt' is unknown" in refusal(path, classes="wut=angry,ekel=disgust")
    found = read(path, options=ReadOptions("wut=angry,ekel=disgust,contempt=none"))
    assert found.splits[TRAIN].labels.tolist() == [1, 1, 1, 0, 0, 0]
    assert found.notes == ("class contempt: 3 images left out",)


def test_names_with_an_official_prefix_must_agree_with_their_folder(tmp_path: Path) -> None:
    agree = ["train/sad/Training_1.png", "val/sad/PublicTest_2.png", "test/sad/PrivateTest_3.png"]
    path = write_folder(tmp_path / "agree", dict.fromkeys(agree, FACE))
    assert read(path).form == "class-folders"
    assert {split: list(names) for split, names in summary(read(path)).items()} == {
        TRAIN: agree[:1],
        VALIDATION: agree[1:2],
        TEST: agree[2:],
    }
    for name, lies in (("val/sad/PrivateTest_9.png", "in val/"), ("sad/PrivateTest_9.png", "in")):
        others = {} if name.startswith("sad") else dict.fromkeys(agree, FACE)
        path = write_folder(tmp_path / lies.replace("/", ""), others | {name: FACE})
        assert refusal(path).startswith(f"{name}: its name says test, it lies {lies}")
        assert refusal(path).endswith(
            "add --splits names to believe the names, --splits folders the folders"
        )
        assert name in summary(read(path, options=ReadOptions(splits="names")))[TEST]
        believed = summary(read(path, options=ReadOptions(splits="folders")))
        assert name in believed[VALIDATION if others else TRAIN]


def test_splits_by_names_need_a_prefix_in_every_name(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "a", {"sad/PublicTest_1.png": FACE, "sad/x.png": FACE})
    message = "sad/x.png: its name does not begin with Training_, PublicTest_ or PrivateTest_; "
    assert refusal(path, splits="names").startswith(message)


NAMES = ("anger", "Disgusted", "恐惧", "开心", "sad", "Surprise", "neutral")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=st.dictionaries(
        st.sampled_from([TRAIN, VALIDATION, TEST]), st.integers(1, 5), min_size=1
    ),
    seed=st.integers(0, 999),
    kind=st.sampled_from(["PNG", "BMP", "WEBP"]),
    zipped=st.booleans(),
    top=st.sampled_from(["", "顏/", "a b/"]),
)
def test_whatever_is_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    counts: dict[str, int],
    seed: int,
    kind: str,
    zipped: bool,
    top: str,
) -> None:
    members = folder_members(random_splits(counts, seed), top, kind, NAMES)
    written = {name.removeprefix(top): data for name, data in members.items()}
    write = write_zip if zipped else write_folder
    found = read(write(tmp_path_factory.mktemp("forms") / "data", members))
    assert set(found.splits) == set(counts)
    for split, arrays in found.splits.items():
        assert list(arrays.names) == sorted(n for n in written if n.startswith(split))
        assert [class_index(name.split("/")[1]) for name in arrays.names] == arrays.labels.tolist()
    assert sum(len(arrays.names) for arrays in found.splits.values()) == len(members)
