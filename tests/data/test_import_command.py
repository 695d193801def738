"""``fer-core data import`` in processes of its own: what it prints, and what can get in its way."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from .writers import (
    csv_text,
    folder_members,
    parquet_bytes,
    png,
    random_splits,
    write_folder,
)

FACE = png(np.arange(2304, dtype=np.uint8).reshape(48, 48))
Process = subprocess.Popen[str]
Start = Callable[..., Process]

# SIGXFSZ would end the process; Python ignores it from the start.
_FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
from fer_core.cli.main import run
run()
"""


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start `fer-core data ...`; with `room`, where no file can grow beyond it."""

    def call(*arguments: object, room: int | None = None) -> Process:
        program = ["-m", "fer_core"] if room is None else ["-c", _FULL, str(room)]
        return subprocess.Popen(
            [sys.executable, *program, "data", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env=os.environ | {"FER_STORE": str(tmp_path / "store" / "runs.db")},
        )

    return call


def ended(process: Process) -> tuple[int, str, str]:
    """Wait for exit code, stdout, stderr."""
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err
    return process.returncode, out, err


def test_what_is_left_out_and_missing_is_said_in_a_line_each(tmp_path: Path, start: Start) -> None:
    members = {"happy/1.png": FACE, "sad/1.png": FACE, "contempt/1.png": FACE}
    write_folder(tmp_path / "faces", members)
    code, out, err = ended(start("import", "faces", "--classes", "contempt=none", "--json"))
    assert code == 0
    assert err.splitlines() == [
        "note: class contempt: 1 image left out",
        "note: no images of Angry, Disgust, Fear, Surprise, Neutral: fewer classes than seven",
    ]
    stored = json.loads(out)
    assert (stored["name"], stored["form"]) == ("faces", "class-folders")
    assert stored["splits"]["train"]["classes"]["Happy"] == 1
    assert stored["splits"]["train"]["count"] == 2


def test_a_data_set_without_labels_misses_no_class(tmp_path: Path, start: Start) -> None:
    (tmp_path / "test.parquet").write_bytes(parquet_bytes([FACE], None))
    code, out, err = ended(start("import", "test.parquet", "--json"))
    assert (code, err) == (0, "")
    assert json.loads(out)["splits"]["test"]["count"] == 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--classes", "x"), "--classes: 'x' is no class; use official, alphabetical, or classes"),
        (("--splits", "x"), "--splits is 'x'; use names or folders"),
        ((), "class 3 is a number, and people number the classes in two orders"),
    ],
)
def test_what_is_wrong_is_one_line_and_leaves_no_store(
    tmp_path: Path, start: Start, arguments: tuple[str, ...], named: str
) -> None:
    write_folder(tmp_path / "faces", {"train/3/1.png": FACE})
    code, out, err = ended(start("import", "faces", *arguments))
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert named in err
    assert not (tmp_path / "store").exists()


def test_the_help_names_every_form_and_both_options(start: Start) -> None:
    code, out, _ = ended(start("import", "--help"))
    assert code == 0
    for word in ("emotion,pixels,Usage", "label,feature", "train_img", "parquet", "angry/*"):
        assert word in out
    for word in ("--classes", "alphabetical", "--splits", "ITU-R 601-2", "bicubic"):
        assert word in out


def test_two_imports_of_the_same_at_once_store_it_once(tmp_path: Path, start: Start) -> None:
    (tmp_path / "a.csv").write_text(csv_text(random_splits({"train": 40, "test": 20})))
    write_folder(tmp_path / "b", folder_members(random_splits({"train": 40, "test": 20})))
    both = [start("import", path, "--name", "faces") for path in ("a.csv", "b")]
    for process in both:
        code, _, err = ended(process)
        assert code == 0, err
    (stored,) = json.loads(ended(start("list", "--json"))[1])
    assert stored["splits"]["train"]["count"] == 40
    assert len(list((tmp_path / "store" / "datasets").iterdir())) == 1


def test_two_imports_of_different_images_at_once_under_one_name_store_one(
    tmp_path: Path, start: Start
) -> None:
    for seed in (1, 2):
        (tmp_path / f"{seed}.csv").write_text(csv_text(random_splits({"train": 40}, seed)))
    results = [ended(p) for p in [start("import", f"{s}.csv", "--name", "faces") for s in (1, 2)]]
    assert sorted(code for code, _, _ in results) == [0, 2]
    (refused,) = (err for code, _, err in results if code == 2)
    assert "there is a data set 'faces' with other images" in refused
    assert len(refused.splitlines()) == 1
    assert len(list((tmp_path / "store" / "datasets").iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no RLIMIT_FSIZE on Windows")
def test_a_full_disk_is_one_line_and_leaves_no_half_of_a_data_set(
    tmp_path: Path, start: Start
) -> None:
    (tmp_path / "a.csv").write_text(csv_text(random_splits({"train": 200})))
    (tmp_path / "first.csv").write_text(csv_text(random_splits({"train": 3})))
    assert ended(start("import", "first.csv"))[0] == 0
    before = json.loads(ended(start("list", "--json"))[1])
    code, out, err = ended(start("import", "a.csv", room=300_000))
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert "disk is full" in err
    assert json.loads(ended(start("list", "--json"))[1]) == before
    assert len(list((tmp_path / "store" / "datasets").iterdir())) == 1
    assert ended(start("import", "a.csv"))[0] == 0
