"""Archives that are made to do harm, or no shared files: one line, and the store as it was."""

import struct
import zipfile

import pytest

from tests.store.bundles import shared
from tests.store.bundles.shared import Tampered


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../outside.npy", "no such file has"),
        ("/tmp/outside.npy", "no such file has"),
        ("arrays/../../outside.npy", "no such file has"),
        ("arrays\\outside.npy", "no such file has"),
        ("C:outside.npy", "no such file has"),
        ("arrays/", "no such file has"),
        (f"arrays/{'a' * 64}.npy\x00.png", "no such file has"),
        (f"arrays/{'A' * 64}.npy", "no such file has"),
        ("<b>x</b>", "no such file has"),
        (f"arrays/{'a' * 64}.npy", "its manifest lacks"),
    ],
)
def test_a_member_with_another_name_is_refused(name, told, whole, refused, tmp_path):
    def add(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("x")
        info.filename = name  # as written: the constructor would clean it
        archive.writestr(info, b"x")

    assert told in refused(Tampered(whole).write(tmp_path / "named.ferlab", change=add))


def test_a_link_is_refused(whole, refused, tmp_path):
    add = shared.link(f"arrays/{'a' * 64}.npy", "/etc/passwd")
    path = Tampered(whole).write(tmp_path / "link.ferlab", change=add)
    assert "a link or a folder" in refused(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("of", ["manifest.json", "arrays"])
def test_a_name_twice_is_refused(of, whole, refused, tmp_path):
    name = next(each for each in [*Tampered(whole).members, "manifest.json"] if of in each)
    path = Tampered(whole).write(
        tmp_path / "twice.ferlab", change=lambda archive: archive.writestr(name, b"{}")
    )
    assert "twice" in refused(path)


def test_a_bomb_is_refused_before_it_is_read(whole, refused, tmp_path):
    bomb = Tampered(whole)
    bomb.members[f"arrays/{'a' * 64}.npy"] = bytes(50_000_000)
    path = bomb.write(tmp_path / "bomb.ferlab", compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1_000_000
    assert "is compressed" in refused(path)


def test_members_that_lie_over_each_other_are_refused(whole, refused, tmp_path):
    """Without compression a bomb needs many entries for one place."""
    path = tmp_path / "overlap.ferlab"
    size = 1_000_000
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", b"{}")
        archive.writestr(f"arrays/{0:064x}.npy", bytes(size))
        first = archive.getinfo(f"arrays/{0:064x}.npy")
        for number in range(1, 100):
            info = zipfile.ZipInfo(f"arrays/{number:064x}.npy")
            info.header_offset, info.CRC = first.header_offset, first.CRC
            info.compress_size = info.file_size = size
            archive.filelist.append(info)
    assert "claim more than" in refused(path)


def test_a_size_that_lies_is_refused(whole, refused, tmp_path):
    content = bytearray(whole.read_bytes())
    place = content.rfind(b"PK\x01\x02")
    struct.pack_into("<II", content, place + 20, 2**31, 2**31)
    (tmp_path / "size.ferlab").write_bytes(content)
    assert "claim" in refused(tmp_path / "size.ferlab")


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 200_000, b"1" * 9_999]
)
def test_a_manifest_that_is_none_is_refused(text, refused, tmp_path):
    path = tmp_path / "manifest.ferlab"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", text)
    assert "manifest" in refused(path)


def test_no_file_at_all_and_files_of_other_kinds(refused, tmp_path):
    assert "no such file" in refused(tmp_path / "none.ferlab")
    assert "no such file" in refused(tmp_path)
    for name, content in (("empty", b""), ("text", b"hello"), ("npy", b"\x93NUMPY\x01\x00")):
        path = tmp_path / f"{name}.ferlab"
        path.write_bytes(content)
        assert "no file of shared runs" in refused(path)
    with zipfile.ZipFile(tmp_path / "other.ferlab", "w") as archive:
        archive.writestr("manifest.csv", "x")
    assert "no such file has" in refused(tmp_path / "other.ferlab")
