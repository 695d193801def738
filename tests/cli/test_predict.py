"""`fer-core predict`: photos and submissions, in a store with small trained runs."""

import base64
import csv
import io
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from fer_core import predicting
from fer_core.records import CLASS_NAMES, TEST, VALIDATION, DatasetArrays
from fer_core.store import RunStore
from tests.cli.conftest import Command
from tests.data.writers import column_csv, csv_text


@pytest.fixture(autouse=True)
def store(trained_store: RunStore) -> RunStore:
    return trained_store


@pytest.fixture
def faces(tmp_path: Path, tiny_faces: DatasetArrays) -> np.ndarray:
    """Three faces, also as a.png, b.png and c.png."""
    images = tiny_faces.splits[VALIDATION].images[:3]
    for name, image in zip("abc", images, strict=True):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    return images


def document(result: tuple[int, str, str]) -> Any:
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


def contents(folder: Path) -> dict[str, bytes]:
    """All files; SQLite's shared memory and an empty log, which readers leave, hold nothing."""
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith("-shm")
    }
    return {name: data for name, data in files.items() if data or not name.endswith("-wal")}


def test_faces_are_predicted_by_each_run_and_by_their_mean(
    command: Command, store: RunStore, faces: np.ndarray
) -> None:
    shown = document(
        command("predict", "second", "a.png", "c.png", "--with", "first", "--average", "flip",
                "--device", "cpu", "--json")
    )  # fmt: skip
    assert [run["name"] for run in shown["runs"]] == ["second", "first"]
    assert {run["averaging"] for run in shown["runs"]} == {"flip"}
    assert [run["synthetic"] for run in shown["runs"]] == [True, True]
    assert [(face["file"], face["face"], face["faces"]) for face in shown["faces"]] == [
        ("a.png", 1, 1),
        ("c.png", 1, 1),
    ]
    runs = [store.run("second"), store.run("first")]
    expected = predicting.predict(store, runs, faces[[0, 2]], averaging="flip", device="cpu")
    for row, face in enumerate(shown["faces"]):
        assert list(face["ensemble"]) == list(CLASS_NAMES)
        for answer in expected:
            found = face["probabilities"][answer.run.name]
            assert list(found.values()) == answer.probabilities[row].tolist()
        mean = np.mean([answer.probabilities[row] for answer in expected], axis=0)
        np.testing.assert_allclose(list(face["ensemble"].values()), mean, atol=1e-6)
        pixels = np.frombuffer(base64.b64decode(face["pixels"]), np.uint8).reshape(48, 48)
        np.testing.assert_array_equal(pixels, faces[2 * row])


def test_the_table_shows_runs_side_by_side(command: Command, faces: np.ndarray) -> None:
    code, out, _ = command("predict", "first", "a.png", "--with", "second")
    assert code == 0
    assert "a.png: face 1 of 1" in out
    header = next(line for line in out.splitlines() if "class" in line)
    assert "first (synthetic)" in header
    assert "ensemble" in header
    shown = document(command("predict", "first", "a.png", "--with", "second", "--json"))
    happy = next(line for line in out.splitlines() if "Happy" in line)
    assert f"{shown['faces'][0]['ensemble']['Happy']:.1%}" in happy
    alone = document(command("predict", "first", "a.png", "--json"))
    assert alone["faces"][0]["ensemble"] is None
    assert "ensemble" not in command("predict", "first", "a.png")[1]


def test_the_faces_of_a_photo_are_found_and_cropped(command: Command, tmp_path: Path) -> None:
    Image.fromarray(astronaut()).save(tmp_path / "portrait.png")
    (found,) = document(command("predict", "first", "portrait.png", "--json"))["faces"]
    assert found["box"] == pytest.approx([174, 64, 102], abs=4)
    (whole,) = document(command("predict", "first", "portrait.png", "--crop", "none", "--json"))[
        "faces"
    ]
    assert whole["box"] == [0, 0, 512]


def test_nothing_is_written_unless_it_is_to_be_kept(
    command: Command, store: RunStore, faces: np.ndarray, tmp_path: Path
) -> None:
    revisions = {run.name: run.revision for run in store.runs()}
    store.close()
    before = contents(tmp_path)
    assert command("predict", "first", "a.png", "--with", "second")[0] == 0
    assert contents(tmp_path) == before
    code, _, err = command("predict", "first", "a.png", "b.png", "--keep")
    assert code == 0
    assert "kept" in err
    with RunStore.open(tmp_path / "runs.db", read_only=True) as changed:
        kept = changed.tensors("first", "photo")
        assert [record.sample for record in kept] == ["a.png#1", "b.png#1"]
        np.testing.assert_array_equal([record.array for record in kept], faces[:2])
        assert changed.tensors("second", "photo") == ()
        assert changed.run("second").revision == revisions["second"]


def test_a_picture_is_read_from_standard_input(
    command: Command, faces: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (tmp_path / "a.png").read_bytes()
    for name in ("stdin", "-odd name.png"):
        stdin = SimpleNamespace(buffer=io.BytesIO(content))
        monkeypatch.setattr("sys.stdin", stdin)
        naming = [] if name == "stdin" else [f"--name={name}"]
        (face,) = document(command("predict", "first", "-", *naming, "--json"))["faces"]
        assert face["file"] == name
        from_file = document(command("predict", "first", "a.png", "--json"))["faces"][0]
        assert face["probabilities"] == from_file["probabilities"]
        assert face["sha256"] == from_file["sha256"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("first",), "name image files to predict"),
        (("fourth", "a.png"), "no run 'fourth'"),
        (("first", "a.png", "--with", "first"), "run 'first' is named twice"),
        (("first", "nothing.png"), "nothing.png: no such file"),
        (("first", "note.jpg"), "note.jpg: not a JPEG, PNG, WebP or BMP picture"),
        (("first", "a.png", "empty.jpg"), "empty.jpg: empty"),
        (("first", "flat.png"), "flat.png: no face found"),
        (("first", "a.png", "--crop", "eyes"), "crop is 'eyes'; use one of auto, none"),
        (("first", "a.png", "--weights", "worst"), "weights is 'worst'"),
        (("first", "a.png", "--average", "eyes"), "averaging is 'eyes'"),
        (("first", "-", "-"), "- stands for one picture"),
        (("first", "a.png", "-o", "s.csv"), "name image files to predict, or --test"),
        (("first", "--test", "test.csv"), "--test takes -o FILE"),
        (("first", "a.png", "--test", "test.csv", "-o", "s.csv"), "--test takes -o FILE"),
        (("first", "--test", "test.csv", "-o", "s.csv", "--keep"), "--test takes -o FILE"),
        (("first", "--test", "nothing.csv", "-o", "s.csv"), "nothing.csv: no such file"),
        (("first", "--test", "note.jpg", "-o", "s.csv"), "note.jpg"),
        (("first", "--test", "note.jpg", "-o", "./note.jpg"), "is the test file itself"),
    ],
)
def test_wrong_input_is_one_line_and_nothing_is_written(
    command: Command, faces: np.ndarray, tmp_path: Path, arguments: tuple[str, ...], named: str
) -> None:
    (tmp_path / "note.jpg").write_text("a text, renamed")
    (tmp_path / "empty.jpg").touch()
    Image.new("L", (300, 300), 90).save(tmp_path / "flat.png")
    before = contents(tmp_path)
    code, out, err = command("predict", *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("fer-core: ")
    assert named in err
    assert contents(tmp_path) == before


def test_a_submission_has_the_file_s_ids_and_the_likeliest_classes(
    command: Command, store: RunStore, tiny_faces: DatasetArrays, tmp_path: Path
) -> None:
    test = tiny_faces.splits[TEST]
    text = column_csv(test, "id,feature", pixels="feature", id="id").splitlines()
    # Ids in another order than the rows', as files may have them.
    moved = [text[0], *(line.replace(",", "7,", 1) for line in text[1:])]
    (tmp_path / "test.csv").write_text("\n".join(moved))
    code, _, err = command(
        "predict", "first", "--test", "test.csv", "-o", "s.csv", "--device", "cpu"
    )
    assert code == 0
    assert "14 images by first" in err
    rows = list(csv.reader(io.StringIO((tmp_path / "s.csv").read_text(encoding="utf-8"))))
    assert rows[0] == ["id", "label"]
    (alone,) = predicting.predict(store, [store.run("first")], test.images, device="cpu")
    assert rows[1:] == [
        [f"{number}7", str(label)] for number, label in enumerate(alone.probabilities.argmax(1))
    ]


def test_a_submission_of_several_runs_is_of_their_mean(
    command: Command, store: RunStore, tiny_faces: DatasetArrays, tmp_path: Path
) -> None:
    test = tiny_faces.splits[TEST]
    (tmp_path / "test.csv").write_text(column_csv(test, "pixels", pixels="pixels"))
    told = document(
        command("predict", "first", "--with", "second", "--test", "test.csv", "-o", "s.csv",
                "--device", "cpu", "--json")
    )  # fmt: skip
    assert (told["images"], [run["name"] for run in told["runs"]]) == (14, ["first", "second"])
    runs = [store.run("first"), store.run("second")]
    one, other = predicting.predict(store, runs, test.images, device="cpu")
    mean = (one.probabilities.astype(float) + other.probabilities) / 2
    lines = (tmp_path / "s.csv").read_text().splitlines()
    assert lines[1:] == [f"{row},{label}" for row, label in enumerate(mean.argmax(axis=1))]


def test_labels_in_a_test_file_are_not_read_and_no_reading_of_test_is_logged(
    command: Command, store: RunStore, tiny_faces: DatasetArrays, tmp_path: Path
) -> None:
    (tmp_path / "faces.csv").write_text(csv_text(tiny_faces.splits))
    assert command("predict", "first", "--test", "faces.csv", "-o", "s.csv")[0] == 0
    lines = (tmp_path / "s.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [str(row) for row in range(126, 140)]
    assert store.details(store.run("first").id).test_readings == ()


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_computed(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predicting, "predict", lambda *_, **__: pytest.fail("it computed"))
    (tmp_path / "folder").mkdir()
    for output, reason in (
        ("folder", "folder: a folder; name a file in it"),
        ("nowhere/s.csv", "nowhere/s.csv: cannot be written: No such file or directory"),
    ):
        code, _, err = command("predict", "first", "--test", "test.csv", "-o", output)
        assert code == 2
        assert reason in err
    assert not list((tmp_path / "folder").iterdir())


def test_a_failed_submission_leaves_the_former_one(
    command: Command, tiny_faces: DatasetArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s.csv").write_text("the former")
    (tmp_path / "test.csv").write_text(column_csv(tiny_faces.splits[TEST], "pixels", "pixels"))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = command("predict", "first", "--test", "test.csv", "-o", "s.csv")
    assert code == 1
    assert "No space left on device" in err
    assert (tmp_path / "s.csv").read_text() == "the former"
    assert not (tmp_path / "s.csv.tmp").exists()


def test_a_program_that_reads_us_gets_events_a_line_each(
    command: Command, faces: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = document(command("predict", "first", "a.png", "--with", "second", "--json"))
    monkeypatch.setenv("FER_EVENTS", "1")
    code, out, err = command("predict", "first", "a.png", "--with", "second", "--json")
    assert (code, out) == (0, "")
    events = [json.loads(line) for line in err.splitlines()]
    assert events == [{"done": 0, "total": 2}, {"done": 1, "total": 2}, {"result": shown}]
    code, out, err = command("predict", "first", "nothing.png", "--json")
    assert (code, out) == (2, "")
    assert json.loads(err) == {"error": "nothing.png: no such file; name a picture file"}


def test_leaderboard_scores_are_noted_and_shown_apart(command: Command) -> None:
    assert "leaderboard" not in command("runs", "list")[1]
    assert command("runs", "leaderboard", "first", "--public", "0.68514")[0] == 0
    assert command("runs", "leaderboard", "first", "--private", "0.67")[0] == 0
    _, second, first = document(command("runs", "list", "--json"))
    assert (first["leaderboard_public"], first["leaderboard_private"]) == (0.68514, 0.67)
    assert (second["leaderboard_public"], second["leaderboard_private"]) == (None, None)
    assert first["test_accuracy"] is None
    for view in (("runs", "list"), ("runs", "show", "first")):
        out = command(*view)[1]
        assert "leaderboard (noted)" in out
        assert "0.68514 public, 0.67 private" in out
    assert "leaderboard" not in command("runs", "show", "second")[1]
    assert document(command("runs", "show", "first", "--json"))["leaderboard_public"] == 0.68514
    for arguments, reason in (
        ((), "no score given; name --public, --private or both"),
        (("--public", "68.5"), "public score is 68.5; give a share from 0 to 1"),
        (("--private", "nan"), "private score is nan; give a share from 0 to 1"),
    ):
        code, _, err = command("runs", "leaderboard", "first", *arguments)
        assert code == 2
        assert reason in err
