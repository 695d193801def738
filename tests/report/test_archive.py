import hashlib
import io
import json
import re
import subprocess
import zipfile
from types import SimpleNamespace

import pandas as pd
import pytest
from pypdf import PdfReader

from fer_core.errors import InputError
from fer_core.figures import browser
from fer_core.records import Epoch
from fer_core.report import archive
from fer_core.store import RunStore
from tests.report import written

SOURCE = {"command": "fer-core report cnn dnn"}
PT_PER_MM = 72 / 25.4


@pytest.fixture
def no_browser(monkeypatch):
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setattr(
        "choreographer.browsers.chromium.Chromium.find_browser", lambda *_, **__: None
    )


def test_without_a_browser_there_are_html_csv_and_markdown_and_one_line_on_the_rest(no_browser):
    found = archive.files(written.content(), SOURCE)
    assert list(found) == [
        "SHA256SUMS",
        "figures/1-bars.csv",
        "figures/2-wide.csv",
        "provenance.json",
        "report.html",
        "report.md",
        "tables/1-accuracy.csv",
        "tables/1-accuracy.tex",
        "tables/2-epochs.csv",
        "tables/2-epochs.tex",
    ]
    line = archive.lacking()
    assert "\n" not in line
    assert line.startswith("left out: pictures of figures, report.docx, report.tex; no browser")
    assert "apt-get install chromium" in line
    assert archive.lacking(("md",)).startswith("left out: pictures of figures; no browser")


def test_with_a_browser_nothing_is_left_out(monkeypatch):
    monkeypatch.setattr(browser, "find_browser", lambda: "/usr/bin/chromium")
    assert archive.lacking() == ""


def test_csv_is_what_was_drawn_in_full_precision(no_browser):
    content = written.content('表情, "quoted"')
    found = archive.files(content, SOURCE, formats=("md",))
    read = pd.read_csv(io.BytesIO(found["figures/1-bars.csv"]))
    pd.testing.assert_frame_equal(read, content.figures[0].built.table)
    assert list(read["accuracy"]) == list(content.figures[0].built.figure.data[0].y)
    read = pd.read_csv(io.BytesIO(found["tables/2-epochs.csv"]))
    pd.testing.assert_frame_equal(read, content.tables[1].data)
    assert b"epoch" not in found["tables/2-epochs.tex"]
    assert rb"Epoch & Loss \\" in found["tables/2-epochs.tex"]


def test_sums_verify(no_browser, tmp_path):
    packed = archive.pack(archive.files(written.content(), SOURCE))
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        opened.extractall(tmp_path)
        sums = opened.read("SHA256SUMS").decode().splitlines()
        assert len(sums) == len(opened.namelist()) - 1
        for line in sums:
            digest, name = line.split("  ")
            assert digest == hashlib.sha256(opened.read(name)).hexdigest()
    checked = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_a_zip_has_sorted_names_fixed_dates_and_permissions(no_browser):
    packed = archive.pack(archive.files(written.content(), SOURCE))
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert opened.namelist() == sorted(opened.namelist())
        for member in opened.infolist():
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
            assert member.external_attr >> 16 == 0o100644
            assert member.create_system == 3


def test_progress_counts_figures_and_documents(no_browser):
    told = []
    archive.files(written.content(), SOURCE, progress=lambda *step: told.append(step))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_format_that_there_is_not_is_named():
    with pytest.raises(InputError, match="format 'pdf' is none of: docx, md, tex, html"):
        archive.files(written.content(), SOURCE, formats=("md", "pdf"))


@pytest.fixture
def store(tmp_path):
    (tmp_path / "store").mkdir()
    with RunStore.open(tmp_path / "store" / "runs.db") as store:
        with store.start_run("cnn", config={"epochs": 2, "seed": 0}, epochs_planned=3) as run:
            for number, accuracy in enumerate((0.5, 0.6, 0.4), start=1):
                run.add_epoch(
                    Epoch(number, 1.0, 0.5, 1.0, accuracy, 1.0, weights_sha256=f"{number}" * 64)
                )
        yield store


@pytest.fixture
def plan(store):
    return SimpleNamespace(
        template=SimpleNamespace(name="comparison"),
        runs=(store.run("cnn"),),
        slots={"cnn": (store.run("cnn"),)},
        sections=(SimpleNamespace(key="1-model"),),
        language="en",
        width_mm=85.0,
        font_size=9.0,
        with_faces=False,
        edits=SimpleNamespace(to_json=lambda: {"title": "By hand"}),
    )


def written_to(path, store, plan, **options):
    return archive.write(
        store, plan, path, command="fer-core report cnn", content=written.content(), **options
    )


def test_provenance_names_runs_weights_options_and_versions_but_no_time(
    no_browser, store, plan, tmp_path
):
    path = written_to(tmp_path / "report.zip", store, plan, formats=("md",), dpi=150)
    with zipfile.ZipFile(path) as opened:
        text = opened.read("provenance.json").decode()
    source = json.loads(text)
    assert source["command"] == "fer-core report cnn"
    assert source["options"]["formats"] == ["md"]
    assert source["options"]["dpi"] == 150
    assert source["options"]["edits"] == {"title": "By hand"}
    [run] = source["runs"]
    run_id = store.run("cnn").id
    assert (run["id"], run["name"]) == (run_id, "cnn")
    config = '{"epochs":2,"seed":0}'
    assert run["configuration_sha256"] == hashlib.sha256(config.encode()).hexdigest()
    assert run["checkpoints_sha256"] == {"2": "2" * 64, "3": "3" * 64}
    assert source["versions"]["plotly"]
    assert source["versions"]["browser"] is None
    assert not re.search(r"_at\b|seconds|\d\d:\d\d:\d\d", text)
    assert str(tmp_path) not in text


def test_writing_twice_gives_the_same_bytes(no_browser, store, plan, tmp_path):
    first = written_to(tmp_path / "a.zip", store, plan).read_bytes()
    assert written_to(tmp_path / "b.zip", store, plan).read_bytes() == first


def test_what_cannot_be_written_is_one_line_and_leaves_nothing(no_browser, store, plan, tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        written_to(tmp_path / "missing" / "report.zip", store, plan)
    path = written_to(tmp_path / "report.zip", store, plan, formats=("md",))
    before = path.read_bytes()
    with pytest.raises(InputError, match="format 'gif' is none of"):
        written_to(path, store, plan, formats=("gif",))
    assert path.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["report.zip", "store"]


@pytest.mark.browser
def test_the_whole_report_twice_in_two_browsers(chromium, monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", chromium)
    content = written.content(written.HOSTILE, "zh-TW")
    found = archive.files(content, SOURCE, dpi=150)
    browser.stop()
    assert archive.pack(found) == archive.pack(archive.files(content, SOURCE, dpi=150))
    browser.stop()
    assert {name for name in found if name.startswith("report.")} == {
        "report.docx",
        "report.html",
        "report.md",
        "report.tex",
    }
    for key, width in (("1-bars", 85), ("2-wide", 170)):
        [page] = PdfReader(io.BytesIO(found[f"figures/{key}.pdf"])).pages
        assert float(page.mediabox.width) / PT_PER_MM == pytest.approx(width, abs=0.1)
        assert f'width="{width}mm"' in found[f"figures/{key}.svg"].decode()
    words = PdfReader(io.BytesIO(found["figures/2-wide.pdf"])).pages[0].extract_text().split()
    assert {"cnn", "other"} <= set(words)
    for name, file in found.items():
        if name.endswith(".svg"):
            loaded = re.findall(r'(?:href|src)="([^"]{0,20})|url\(([^)]{0,20})', file.decode())
            assert {each[0] or each[1] for each in loaded if not each[1].startswith("#")} <= set()
            assert b"<a " not in file
