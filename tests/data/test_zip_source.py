import struct
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from fer_core.data.formats import open_source, read
from fer_core.data.sources import quoted
from fer_core.errors import InputError

from .writers import png, write_zip

FACE = png(np.zeros((48, 48), np.uint8))
GOOD = {"train/sad/Training_1.png": FACE, "train/sad/Training_2.png": FACE}


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert message.isprintable()
    return message.removeprefix(f"{path}: ")


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
