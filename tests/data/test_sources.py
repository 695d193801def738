import os
import sys
from pathlib import Path

import numpy as np
import pytest

from fer_core.data.formats import open_source, read
from fer_core.data.sources import quoted
from fer_core.errors import InputError

from .writers import png, write_folder, write_zip

FACE = png(np.zeros((48, 48), np.uint8))
GOOD = {"train/sad/Training_1.png": FACE, "train/sad/Training_2.png": FACE}


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert message.isprintable()
    return message.removeprefix(f"{path}: ")


def test_one_file_a_folder_and_a_zip_give_the_same_members_and_bytes(tmp_path: Path) -> None:
    members = {"b/2": b"two", "a": b"one", "b/.hidden": b"", "b/1": b""}
    for path in (
        write_zip(tmp_path / "a.zip", members),
        write_folder(tmp_path / "folder", members),
    ):
        source = open_source(path)
        assert source.members == ("a", "b/1", "b/2")
        assert source.read("b/2", 3) == b"two"
        assert source.size("b/2") == 3
        with source.open("b/2") as file:
            assert file.readline() == b"two"
        with pytest.raises(InputError, match=r"b/2: .*more than 2"):
            source.read("b/2", 2)
        source.close()
    single = open_source(tmp_path / "folder" / "a")
    assert (single.members, single.read("a", 3)) == (("a",), b"one")


def test_missing_and_empty_things_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.zip") == "no such file or folder; check the path"
    (tmp_path / "empty.zip").touch()
    assert refusal(tmp_path / "empty.zip") == "the file is empty; download it again"
    (tmp_path / "folder").mkdir()
    assert refusal(tmp_path / "folder").startswith("nothing in it; expected the Kaggle archive")
    assert refusal(write_zip(tmp_path / "a.zip", {})).startswith("nothing in it; expected")
    assert refusal(write_zip(tmp_path / "b.zip", {"a/": b""})).startswith("nothing in it; exp")
    with pytest.raises(InputError, match=r"cannot be read: .*; check the path"):
        read(Path("a\0b"))
    with pytest.raises(InputError, match=r"cannot be read: File name too long; check the path"):
        read(Path("x" * 5000))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_pipes_and_devices_are_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").startswith("neither a file nor a folder; name a zip")
    assert refusal(Path("/dev/zero")).startswith("neither a file nor a folder")
    assert refusal(tmp_path) == "pipe: not a file that can be read; take it away"


def test_names_that_differ_by_case_alone_are_refused_in_a_zip_and_read_from_a_folder(
    tmp_path: Path,
) -> None:
    members = {**GOOD, "train/Sad/Training_1.png": FACE}
    assert refusal(write_zip(tmp_path / "a.zip", members)) == (
        "train/Sad/Training_1.png: differs from 'train/sad/Training_1.png' by case alone: "
        "unpacked, one is lost; rename it"
    )
    folder = write_folder(tmp_path / "folder", members)
    if len([path for path in folder.rglob("*") if path.is_file()]) < 3:
        pytest.skip("this file system does not tell upper from lower case")
    assert read(folder).splits["train"].names[0] == "train/Sad/Training_1.png"


@pytest.mark.parametrize("write", [write_zip, write_folder])
def test_what_changes_while_it_is_read_is_refused(tmp_path: Path, write) -> None:
    path = write(tmp_path / "data", GOOD)
    touched = path if path.is_file() else path / "train/sad/Training_1.png"

    def progress(done: int, total: int) -> None:
        os.utime(touched, ns=(1, 1))

    with pytest.raises(InputError, match=r"data: it changed while it was read; import it again"):
        read(path, progress=progress)
    assert len(read(path).splits["train"].labels) == 2


def test_a_file_that_goes_away_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "data", GOOD)
    gone = path / "train/sad/Training_2.png"
    with pytest.raises(InputError, match=r"data: cannot be read: No such file or directory; ch"):
        read(path, progress=lambda done, total: gone.unlink(missing_ok=True))


def test_links_out_of_a_folder_are_refused_and_links_inside_are_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes(FACE)
    folder = write_folder(tmp_path / "data", GOOD)
    link = folder / "train/sad/Training_3.png"
    link.symlink_to("Training_1.png")
    assert len(read(folder).splits["train"].labels) == 3
    link.unlink()
    link.symlink_to(outside)
    name = "train/sad/Training_3.png"
    out = "a link that leads out of the folder; put a copy in its place"
    assert refusal(folder) == f"{name}: {out}"
    link.unlink()
    link.symlink_to("Training_3.png")  # to itself
    assert refusal(folder).startswith(name)
    link.unlink()
    (folder / "loop").symlink_to(folder)
    assert refusal(folder) == "loop: a link to a folder; put a copy in its place"


def test_a_file_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "data", GOOD)
    try:
        (Path(os.fsdecode(os.fsencode(folder) + b"/train/\xff.png"))).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert refusal(folder).startswith(r"train/\udcff.png: control characters, or bytes that are")


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("sources", "zip_source"):
        monkeypatch.setattr(f"fer_core.data.{module}.MOST_MEMBERS", 1)
    assert refusal(write_zip(tmp_path / "a.zip", GOOD)).startswith("more than 1 members; download")
    assert refusal(write_folder(tmp_path / "b", GOOD)).startswith("more than 1 files; name the da")


def test_a_read_error_of_the_system_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_folder(tmp_path / "b", GOOD)

    def broken(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", broken)
    assert refusal(path) == (
        "train/sad/Training_1.png: cannot be read: Permission denied; check its permissions"
    )


def test_long_and_odd_names_are_shown_short_and_escaped() -> None:
    assert quoted("a" * 500) == "a" * 80 + "..." + "a" * 80
    assert quoted("a\nb") == r"a\nb"
    assert quoted("笑.png") == "笑.png"
