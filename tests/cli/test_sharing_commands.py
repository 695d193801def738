"""``runs export`` and ``runs import`` as a person types them: thirty students, one teacher."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core.store import RunStore

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def student(trained_folder: Path, tmp_path: Path) -> Iterator[RunStore]:
    """The store of a student with the runs `first`, `second` and `third`."""
    shutil.copytree(trained_folder, tmp_path / "student")
    with RunStore.open(tmp_path / "student" / "runs.db") as store:
        yield store


def _json(result: tuple[int, str, str]) -> Any:
    code, out, _ = result
    assert code == 0
    return json.loads(out)


def test_a_run_is_exported_and_imported_elsewhere(
    command: Command, student: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_STORE", str(student.path))
    written = _json(command("runs", "export", "first", "third", "-o", "runs.ferlab", "--json"))
    names = written["runs"]  # in the order of their ids
    assert (written["path"], sorted(names)) == ("runs.ferlab", ["first", "third"])
    assert written["size"] == Path("runs.ferlab").stat().st_size
    monkeypatch.setenv("FER_STORE", str(tmp_path / "teacher" / "runs.db"))
    code, out, err = command("runs", "import", "runs.ferlab")
    assert (code, out) == (0, "")
    assert err == f"runs.ferlab: imported {', '.join(names)}\n"
    code, _, err = command("runs", "import", "runs.ferlab")
    told = f"runs.ferlab: here already, nothing changed: {', '.join(names)}\n"
    assert (code, err) == (0, told)
    imported = _json(command("runs", "import", "runs.ferlab", "--json"))
    (file,) = imported["files"]
    assert [(run["name"], run["new"]) for run in file["runs"]] == [(name, False) for name in names]
    listed = {run["name"]: run for run in _json(command("runs", "list", "--json"))}
    assert listed["first"]["validation_accuracy"] == student.run("first").validation_accuracy


def test_an_imported_run_predicts_as_it_did(
    command: Command, student: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    student.export_runs(["first"], tmp_path / "runs.ferlab")
    assert command("runs", "import", "runs.ferlab")[0] == 0
    assert command("evaluate", "first", "--split", "train", "--device", "cpu")[0] == 0
    monkeypatch.setenv("FER_STORE", str(student.path))
    assert command("evaluate", "first", "--split", "train", "--device", "cpu")[0] == 0
    with RunStore.open(tmp_path / "runs.db", read_only=True) as store:
        np.testing.assert_array_equal(
            store.predictions("first", "train").probabilities,
            student.predictions("first", "train").probabilities,
        )


def test_several_files_and_those_that_are_wrong(
    command: Command, student: RunStore, tmp_path: Path
) -> None:
    """One bad file of thirty does not keep the others out."""
    for name in ("first", "second"):
        student.export_runs([name], tmp_path / f"{name}.ferlab", weights=False)
    Path("bad.ferlab").write_bytes(b"no zip")
    files = ("first.ferlab", "bad.ferlab", "second.ferlab")
    code, out, err = command("runs", "import", *files)
    assert (code, out) == (2, "")
    assert [line.partition(":")[0] for line in err.splitlines()] == [
        "first.ferlab", "second.ferlab", "fer-core",
    ]  # fmt: skip
    assert "1 of 3 files were not imported: bad.ferlab: it is no file of shared runs" in err
    code, out, err = command("runs", "import", *files, "--json")
    assert code == 2
    assert [sorted(each) for each in json.loads(out)["files"]] == [
        ["datasets", "path", "pictured", "runs", "without_images"],
        ["error", "path"],
        ["datasets", "path", "pictured", "runs", "without_images"],
    ]
    assert len(err.splitlines()) == 1
    assert len(_json(command("runs", "list", "--json"))) == 2


def test_names_that_are_taken_are_told(
    command: Command, student: RunStore, tmp_path: Path, tiny_store: RunStore
) -> None:
    with tiny_store.start_run("first"):
        pass
    student.export_runs(["first"], tmp_path / "runs.ferlab")
    code, _, err = command("runs", "import", "runs.ferlab")
    assert code == 0
    assert err.splitlines() == [
        "runs.ferlab: imported first-2",
        "first is first-2 here: another run has that name",
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("export", "none", "-o", "x.ferlab"), "no run 'none'"),
        (("export", "first", "-o", "no/x.ferlab"), "cannot be written"),
        (("export", "first", "-o", "runs.db"), "runs.db does not end in .ferlab"),
        (("export", "first"), "Missing option"),
        (("export", "-o", "x.ferlab"), "Missing argument"),
        (("import",), "Missing argument"),
        (("import", "none.ferlab"), "none.ferlab: there is no such file"),
    ],
)
def test_what_is_wrong_is_one_line_and_2(
    arguments: tuple[str, ...], told: str, command: Command, trained_store: RunStore
) -> None:
    code, out, err = command("runs", *arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert told in err
    assert not Path("x.ferlab").exists()


def test_an_unfinished_imported_run_is_not_trained_from_its_start(
    command: Command, student: RunStore, tmp_path: Path
) -> None:
    """Its epochs would be gone."""
    with student._database.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET status = 'interrupted' WHERE name = 'first'")
    student.export_runs(["first"], tmp_path / "runs.ferlab")
    assert command("runs", "import", "runs.ferlab")[0] == 0
    code, _, err = command("resume", "first")
    assert code == 2
    assert err == (
        "fer-core: run 'first' was imported, and what training goes on from is not shared; train "
        "it again with: fer-core train tiny --data tiny\n"
    )
    assert _json(command("runs", "show", "first", "--json"))["epochs"] == 4
    assert command("evaluate", "first", "--device", "cpu")[0] == 0


def test_weights_that_do_not_fit_the_network_are_one_line(
    command: Command, trained_store: RunStore
) -> None:
    with trained_store._database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE run_details SET config = replace(config, '\"conv\": 4', '\"conv\": 5')"
        )
    code, _, err = command("evaluate", "first")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "its weights do not fit its network" in err


def test_without_its_images_nothing_is_trained_and_nothing_is_left(
    command: Command, student: RunStore, tmp_path: Path
) -> None:
    student.export_runs(["first"], tmp_path / "runs.ferlab")
    assert command("runs", "import", "runs.ferlab")[0] == 0
    for images in (tmp_path / "datasets").glob("*/*.images.npy"):
        images.unlink()
    for arguments in (
        ("train", "e-dnn", "--data", "tiny"),
        ("evaluate", "first", "--split", "train"),
        ("explain", "first", "--methods", "saliency", "--samples", "test:1"),
        ("adversarial", "first", "--sample", "test:1"),
        ("data", "preview", "tiny"),
        ("figure", "samples", "tiny", "-o", "x.svg"),
        ("figure", "mean_faces", "tiny", "-o", "x.csv"),
    ):
        code, _, err = command(*arguments)
        assert code == 2, (arguments, err)
        line = err.splitlines()[-1]  # some say before what they will compute
        assert line.endswith("add them with: fer-core data import PATH --name tiny"), line
    assert [run["name"] for run in _json(command("runs", "list", "--json"))] == ["first"]
    assert command("figure", "confusion_matrix", "first", "-o", "confusion.csv")[0] == 0
