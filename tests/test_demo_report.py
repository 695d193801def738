"""The report of the demo's runs, as a stranger builds it: from `fer-core demo` to a zip."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

RUNS = ("synthetic-cnn", "synthetic-cnn-unaugmented", "synthetic-dnn")


def fer_core(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "fer_core", *arguments],
        cwd=folder,
        env={**os.environ, "FER_STORE": str(folder / "runs.db")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
def test_the_report_of_the_demo_has_its_documents_and_says_synthetic(tmp_path: Path) -> None:
    fer_core(tmp_path, "demo", "--n", "280", "--epochs", "1")
    told = fer_core(tmp_path, "report", *RUNS, "-o", "report.zip", "--dpi", "75")
    with zipfile.ZipFile(tmp_path / "report.zip") as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    assert {"report.docx", "report.md", "report.tex", "report.html"} <= {*files}
    for line in files["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(files[name]).hexdigest() == digest
    markdown = files["report.md"].decode()
    assert "synthetic data" in markdown
    drawn = [name for name in files if name.startswith("figures/") and name.endswith(".png")]
    assert len(drawn) >= 25
    assert all(f"]({name})" in markdown for name in drawn)
    # Faces that nobody has are left out of nothing.
    assert "--with-faces" not in told
    source = json.loads(files["provenance.json"])
    assert [run["name"] for run in source["runs"]] == list(RUNS)
    assert source["command"] == f"fer-core report {' '.join(RUNS)} --dpi 75"
