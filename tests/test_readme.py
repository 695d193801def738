"""The README's marked commands and CONTRIBUTING's recipes, run as they stand in a clone."""

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from skimage.data import astronaut

from fer_core.records import CLASS_NAMES, DatasetArrays
from fer_core.store import RunStore

ROOT = Path(__file__).parent.parent
PREFIXES = {"train": "Training", "validation": "PublicTest", "test": "PrivateTest"}


def marked_blocks(document: str) -> dict[str, str]:
    """Return the code blocks that follow a line ``<!-- tested: NAME -->``."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.findall(r"<!-- tested: (.+?) -->\n```\w+\n(.*?)```", text, flags=re.DOTALL)
    return dict(found)


def archive(faces: DatasetArrays, path: Path) -> None:
    """Write faces in the layout of the Kaggle archive."""
    with zipfile.ZipFile(path, "w") as members:
        for split, prefix in PREFIXES.items():
            folder = "train" if split == "train" else "test"
            arrays = faces.splits[split]
            for number, (image, label) in enumerate(zip(arrays.images, arrays.labels, strict=True)):
                content = io.BytesIO()
                Image.fromarray(image).save(content, "JPEG", quality=95)
                name = CLASS_NAMES[label].lower()
                members.writestr(f"{folder}/{name}/{prefix}_{number}.jpg", content.getvalue())


@pytest.mark.browser
def test_the_readmes_commands_work_in_a_fresh_clone(
    tmp_path: Path, tiny_faces: DatasetArrays, chromium: str
) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    archive(tiny_faces, clone / "fer2013.zip")
    Image.fromarray(astronaut()).save(clone / "party.jpg")
    blocks = marked_blocks("README.md")
    named = ["main job", "filters", "flaws", "languages", "photos", "report", "sharing", "tidy"]
    named += ["my_net.py", "own model", "own loop"]
    assert sorted(blocks) == sorted(named)
    face = tiny_faces.splits["test"].images[0]
    row = " ".join(map(str, face.ravel().tolist()))
    (clone / "test.csv").write_text(f"id,feature\n7,{row}\n9,{row}\n", encoding="utf-8")
    (clone / "my_net.py").write_text(blocks["my_net.py"], encoding="utf-8")
    shown = [*named[:5], "own model", "report", "sharing", "tidy"]
    script = "\n".join(blocks[each] for each in shown)
    script = re.sub(
        r"(fer-core train .*?)(?: --epochs \d+)?$", r"\1 --epochs 1", script, flags=re.M
    )
    environment = {key: value for key, value in os.environ.items() if key != "FER_STORE"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment["PYTHONPATH"] = str(clone)
    done = subprocess.run(
        ["bash", "-euxc", script],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (clone / "curves.pdf").read_bytes().startswith(b"%PDF")
    assert (clone / "confusion.pdf").read_bytes().startswith(b"%PDF")
    assert 'width="170mm"' in (clone / "confusion.svg").read_text(encoding="utf-8")
    assert (clone / "predictions.csv").is_file()
    with zipfile.ZipFile(clone / "report.zip") as packed:
        assert {"report.docx", "report.html", "report.md", "report.tex"} <= {*packed.namelist()}
    assert zipfile.is_zipfile(clone / "anna.ferlab")
    submission = (clone / "submission.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in submission] == ["id", "7", "9"]
    with RunStore.open(clone / "runs" / "runs.db", read_only=True) as store:
        names = ["both", "mine", "cleaned", "baseline"]
        assert [run.name for run in store.runs()] == names
        assert store.run("baseline").leaderboard_public == 0.68514
        assert list(store.details("both").config["members"]) == ["fast-1", "mine"]
    # What the README says stays out of the repository stays out.
    status = ["git", "status", "--porcelain", "runs"]
    clean = subprocess.run(status, cwd=clone, capture_output=True, text=True, check=True)
    assert clean.stdout == ""


def test_the_readmes_loop_logs_a_run(
    tiny_store: RunStore, tiny_faces: DatasetArrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_store.add_dataset("fer2013", tiny_faces)
    monkeypatch.setenv("FER_STORE", str(tiny_store.path))
    exec(marked_blocks("README.md")["own loop"], {})
    run = tiny_store.run("by-hand")
    history = tiny_store.histories([run.id])[run.id]
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4, 5]
    score = run.score("validation", "last")
    assert score is not None
    assert score.accuracy == history[-1].validation_accuracy


def test_the_readmes_file_tree_names_what_there_is() -> None:
    tree = (ROOT / "README.md").read_text(encoding="utf-8").split("## Where things are")[1]
    tree = tree.split("```")[1]
    named = {line.split()[0].rstrip("/") for line in tree.splitlines() if line.strip()}
    beside = {"fingerprints.py", "translation.py", "checkpoints.py", "provenance.py"}
    for path in (ROOT / "fer_core").iterdir():
        if not path.name.startswith("__"):
            assert path.name in named | beside
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "fer_core" / name).exists(), name


def test_make_demo_does_what_the_readme_says() -> None:
    stamp = ["-o", "install", "-n", "demo"]
    make = subprocess.run(
        ["make", *stamp, "FER2013=a b.zip"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = [line for line in make.stdout.splitlines() if "fer-core" in line]
    assert lines == ['.venv/bin/fer-core demo --fer2013 "a b.zip" ', ".venv/bin/fer-core dashboard"]
    make = subprocess.run(
        ["make", *stamp, "SERVE=0"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "dashboard" not in make.stdout
