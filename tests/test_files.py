from pathlib import Path

import numpy as np
import pytest

from fer_core.errors import InputError
from fer_core.files import check_writable, write_atomically
from fer_core.fingerprints import dataset_fingerprint, split_fingerprint


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"old")
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_after_an_error_the_old_file_is_there_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_atomically(tmp_path / "a", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_fingerprints_tell_pixels_labels_and_order_apart() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 48), dtype=np.uint8)
    labels = np.array([1, 2], dtype=np.int8)
    other = images.copy()
    other[1, 5, 5] ^= 1
    prints = {
        split_fingerprint(images, labels),
        split_fingerprint(other, labels),
        split_fingerprint(images, labels[::-1]),
        split_fingerprint(images[::-1], labels),
        split_fingerprint(images[:1], labels[:1]),
    }
    assert len(prints) == 5
    assert split_fingerprint(images.copy(), labels.astype(np.int64)) in prints
    with pytest.raises(TypeError, match="float64"):
        split_fingerprint(images / 255, labels)
    assert dataset_fingerprint({"a": "1", "b": "2"}) == dataset_fingerprint({"b": "2", "a": "1"})
    assert dataset_fingerprint({"a": "1"}) != dataset_fingerprint({"b": "1"})


def test_where_a_file_can_be_written_is_known_without_writing_it(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "old").write_text("as it was")
    check_writable(tmp_path / "new")
    check_writable(tmp_path / "old")
    for path, reason in (
        (tmp_path / "folder", "a folder; name a file in it"),
        (Path(), "a folder; name a file in it"),
        (tmp_path / "nowhere" / "a", "cannot be written: No such file or directory"),
        (tmp_path / "old" / "a", "cannot be written: Not a directory"),
        (tmp_path / ("a" * 300), "cannot be written: File name too long"),
    ):
        with pytest.raises(InputError, match=reason):
            check_writable(path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "old"]
    assert (tmp_path / "old").read_text() == "as it was"
