import os
import struct
import sys
import zipfile
from contextlib import closing
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


@pytest.mark.parametrize("part", [0.05, 0.5, 0.9, 0.999])
def test_a_truncated_zip_is_refused(tmp_path: Path, part: float) -> None:
    content = write_zip(tmp_path / "a.zip", GOOD).read_bytes()
    path = tmp_path / "cut.zip"
    path.write_bytes(content[: int(len(content) * part)])
    assert refusal(path).startswith("the zip is truncated or damaged (File is not a zip file); do")


def test_a_member_whose_bytes_changed_is_refused_by_its_name(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", GOOD)
    content = bytearray(path.read_bytes())
    content[content.index(FACE[:8]) + 60] ^= 1
    path.write_bytes(content)
    message = refusal(path)
    assert message.startswith("train/sad/Training_1.png: the zip is truncated or damaged (Bad CRC")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../train/sad/Training_3.png", "'..' leads out of the folder; get the file from where"),
        ("train/../../Training_3.png", "'..' leads out of the folder; get the file from where"),
        ("../up/", "'..' leads out of the folder; get the file from where it was published"),
        ("/etc/passwd", "an absolute path; get the file from where it was published, or pack it"),
        ("C:/train/sad/Training_3.png", "an absolute path; get the file from where it was"),
        ("train\\sad\\Training_3.png", "a backslash in the name; pack it again with / between"),
        ("train/" + "x" * 500, "the name is 506 characters long; shorten it"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str, reason: str) -> None:
    message = refusal(write_zip(tmp_path / "a.zip", {**GOOD, name: FACE}))
    assert message.startswith(f"{quoted(name)}: {reason}")


@pytest.mark.parametrize("name", ["train/a\nb", "train/\x1b[31m", "train/a\0b", "a\u202eb"])
def test_names_with_control_characters_are_refused_and_shown_escaped(
    tmp_path: Path, name: str
) -> None:
    stand_in = name.translate(dict.fromkeys((0, 10), "#"))
    path = write_zip(tmp_path / "a.zip", {**GOOD, stand_in: FACE})
    path.write_bytes(path.read_bytes().replace(stand_in.encode(), name.encode()))
    assert refusal(path).startswith(
        f"{ascii(name)[1:-1]}: control characters, or bytes that are not"
    )


def test_the_same_member_twice_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {**GOOD, "train/sad/Training_3.png": FACE})
    path.write_bytes(path.read_bytes().replace(b"Training_3", b"Training_2"))
    assert refusal(path) == "train/sad/Training_2.png: is there 2 times; download or pack it again"


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


@pytest.mark.parametrize("name", ["", ".", "./."])
def test_a_member_without_a_name_is_passed_over(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "a.zip", {**GOOD, name or "#": FACE})
    if not name:  # the one byte of the name becomes a field behind it
        content = bytearray(path.read_bytes())
        for header, length in ((b"PK\x03\x04", 26), (b"PK\x01\x02", 28)):
            struct.pack_into("<HH", content, content.rindex(header) + length, 0, 1)
        path.write_bytes(content)
        with zipfile.ZipFile(path) as archive:
            assert archive.namelist() == [*GOOD, ""]
    with closing(open_source(path)) as source:
        assert source.members == tuple(GOOD)


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


def entry_with(tmp_path: Path, **values: int) -> Path:
    info = zipfile.ZipInfo("train/sad/Training_3.png")
    info.compress_type = values.pop("compress_type", zipfile.ZIP_STORED)
    for name, value in values.items():
        setattr(info, name, value)
    path = write_zip(tmp_path / "a.zip", GOOD)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, FACE)
    return path


def test_links_passwords_and_rare_packings_in_a_zip_are_refused(tmp_path: Path) -> None:
    linked = entry_with(tmp_path, external_attr=0o120777 << 16)
    assert refusal(linked).endswith("Training_3.png: a symbolic link; pack the file itself")
    packed = entry_with(tmp_path, compress_type=zipfile.ZIP_LZMA)
    assert refusal(packed).endswith("packed with method 14; pack it with deflate")
    content = bytearray(write_zip(tmp_path / "b.zip", GOOD).read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "b.zip").write_bytes(content)
    assert refusal(tmp_path / "b.zip").endswith("needs a password; pack it again without one")


def test_a_zip_that_would_unpack_to_hundreds_of_times_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fer2013.csv", bytes(70 * 2**20))
    message = refusal(path)
    assert message.startswith("would unpack to 73,400,320 bytes, over 100 times its size; unpack")


def test_a_directory_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    content = bytearray(write_zip(tmp_path / "a.zip", GOOD).read_bytes())
    struct.pack_into("<I", content, len(content) - 10, 2**31)
    (tmp_path / "a.zip").write_bytes(content)
    assert refusal(tmp_path / "a.zip").startswith("the zip is truncated or damaged (")


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
