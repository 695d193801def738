"""Commands as a person types them, in a store of their own."""

import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from fer_core.cli.main import run

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run `fer-core ARGUMENTS`; returns exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FER_STORE", str(tmp_path / "runs.db"))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["fer-core", *arguments])
        with pytest.raises(SystemExit) as ended:
            run()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


@pytest.fixture
def few_real_faces(fer2013_zip: Path, tmp_path: Path) -> Path:
    """An archive of the first few images of each class and split."""
    taken: dict[tuple[str, str], int] = defaultdict(int)
    with zipfile.ZipFile(fer2013_zip) as whole, zipfile.ZipFile(tmp_path / "few.zip", "w") as few:
        for name in whole.namelist():
            folder, _, file = name.rpartition("/")
            key = (folder, file.partition("_")[0])
            taken[key] += 1
            if file and taken[key] <= 12:
                few.writestr(name, whole.read(name))
    return tmp_path / "few.zip"
