"""Page Try a photo: what it shows is what the command prints."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut
from streamlit.testing.v1 import AppTest

from dashboard import jobs, texts
from fer_core.records import CLASS_NAMES, VALIDATION, DatasetArrays
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.conftest import HOSTILE
from tests.dashboard.test_hostile_text import rendered
from tests.dashboard.test_pages import commands, words
from tests.data.test_pictures import png_of_size
from tests.data.writers import encoded

Open = Callable[..., AppTest]
PATIENCE = 120.0  # seconds; for a machine that does other things as well


@pytest.fixture
def picture(tiny_faces: DatasetArrays) -> bytes:
    return encoded(Image.fromarray(tiny_faces.splits[VALIDATION].images[0]), "PNG")


def upload(app: AppTest, content: bytes, name: str = "face.png") -> None:
    app.file_uploader(key="photo").set_value((name, content, "image/png")).run()
    assert not app.exception, app.exception


def press(app: AppTest) -> None:
    app.button(key="photo-start").click().run()
    assert not app.exception, app.exception


def wait(app: AppTest) -> None:
    """Look at the page until no job is under way: as a browser does twice a second."""
    give_up = time.monotonic() + PATIENCE
    while "job-predict" in app.session_state and time.monotonic() < give_up:
        time.sleep(0.1)
        app.run()
        assert not app.exception, app.exception
    assert "job-predict" not in app.session_state


def shown(app: AppTest) -> list[list[float]]:
    """The percentages of each face's table, a list a row of the table."""
    bodies = [each.proto.body for each in app.get("html")]
    html = "".join(body for body in bodies if '<figure class="photo"' in body)
    rows = html.split('<th scope="row">')[1:]
    return [[float(share) for share in re.findall(r">([\d.]+) %</td>", row)] for row in rows]


def printed(store: Path, *arguments: str, cwd: Path) -> dict[str, list[dict]]:
    """What `fer-core predict ... --json` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "fer_core", "predict", *arguments, "--json"],
        env={**os.environ, "FER_STORE": str(store)},
        cwd=cwd,
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("runs", [["second"], ["third", "first", "second"]])
def test_the_page_shows_what_the_command_prints(
    open_app: Open, trained_store: RunStore, picture: bytes, tmp_path: Path, runs: list[str]
) -> None:
    app = open_app(trained_store.path, "photo", *runs)
    upload(app, picture)
    expected_words = ["fer-core", "predict", runs[0], "face.png"]
    assert commands(app) == [" ".join(expected_words + [f"--with={run}" for run in runs[1:]])]
    press(app)
    wait(app)
    (tmp_path / "face.png").write_bytes(picture)
    with_ = [f"--with={run}" for run in runs[1:]]
    (face,) = printed(trained_store.path, runs[0], "face.png", *with_, cwd=tmp_path)["faces"]
    columns = [face["probabilities"][run] for run in runs]
    if len(runs) > 1:
        columns.append(face["ensemble"])
    expected = [[round(100 * column[name], 1) for column in columns] for name in CLASS_NAMES]
    np.testing.assert_allclose(shown(app), expected, atol=0.11)
    assert "face.png: face 1 of 1" in rendered_html(app)
    assert not list((trained_store.folder / "jobs").iterdir()), "the log was read"
    assert "not for photos" in words(app)
    [link] = app.get("page_link")
    assert link.proto.page == "explanations"
    for run in runs:
        assert trained_store.tensors(run, "photo") == ()


def rendered_html(app: AppTest) -> str:
    return "".join(each.proto.body for each in app.get("html"))


def test_every_choice_is_the_command_s(
    open_app: Open, trained_store: RunStore, tmp_path: Path
) -> None:
    content = encoded(Image.fromarray(astronaut()), "PNG")
    app = open_app(trained_store.path, "photo", "first")
    upload(app, content, "-portrait.png")
    for key, value in (("crop", "none"), ("weights", "last"), ("average", "flip")):
        app.button_group(key=f"photo-{key}").set_value(value)
    app.checkbox(key="photo-keep").check().run()
    options = ("--weights=last", "--average=flip", "--crop=none", "--keep")
    assert commands(app) == [f"fer-core predict first ./-portrait.png {' '.join(options)}"]
    press(app)
    wait(app)
    assert "first (synthetic): last weights, epoch 4, averaged with its mirror image" in words(app)
    assert "Kept: the faces and the result are stored with each run." in words(app)
    (kept,) = trained_store.tensors("first", "photo")
    assert (kept.sample, kept.weights, kept.method) == ("-portrait.png#1", "last", "flip")
    assert kept.provenance["box"] == [0, 0, 512]
    rows = [100 * share for share in kept.provenance["probabilities"].values()]
    np.testing.assert_allclose([row[0] for row in shown(app)], rows, atol=0.051)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("note.jpg", b"a text, renamed", "note.jpg: not a JPEG, PNG, WebP or BMP picture"),
        ("bomb.png", png_of_size(16_000, 16_000), "bomb.png: 16000x16000 pixels; resize it to"),
        ("empty.png", b"", "empty.png: empty"),
        ("flat.png", encoded(Image.new("L", (300, 300), 90), "PNG"), "flat.png: no face found"),
    ],
)
def test_a_wrong_upload_is_said_in_one_sentence(
    open_app: Open, trained_store: RunStore, name: str, content: bytes, sentence: str
) -> None:
    app = open_app(trained_store.path, "photo", "first")
    upload(app, content, name)
    press(app)
    wait(app)
    (said,) = [text.value for text in app.text if sentence in text.value]
    assert "\n" not in said
    assert shown(app) == []
    assert not list((trained_store.folder / "jobs").iterdir())


def test_an_upload_of_20_mb_is_refused_by_the_server_as_well(
    open_app: Open, trained_store: RunStore, picture: bytes
) -> None:
    app = open_app(trained_store.path, "photo", "first")
    upload(app, picture + bytes(20 * 2**20))
    assert "more than 10 MB; make it smaller" in [text.value for text in app.text]
    assert "photo-start" not in [button.key for button in app.button]


def test_what_came_of_a_picture_is_forgotten_with_it(
    open_app: Open, trained_store: RunStore, picture: bytes
) -> None:
    app = open_app(trained_store.path, "photo", "first")
    upload(app, picture)
    press(app)
    wait(app)
    assert shown(app)
    app.file_uploader(key="photo").set_value(None).run()
    assert shown(app) == []
    assert "ended-predict" not in app.session_state


def test_a_cancelled_job_leaves_nothing(
    open_app: Open, trained_store: RunStore, picture: bytes
) -> None:
    app = open_app(trained_store.path, "photo", "first")
    upload(app, picture)
    press(app)
    job = jobs.read(app.session_state["job-predict"])
    assert job
    app.button(key="cancel-predict").click().run()
    assert "job-predict" not in app.session_state
    assert shown(app) == []
    assert job.process.is_gone(time.time())
    assert not list((trained_store.folder / "jobs").iterdir())


def test_after_a_reload_the_job_under_way_is_found_again(
    open_app: Open, trained_store: RunStore, picture: bytes
) -> None:
    first = open_app(trained_store.path, "photo", "first", "second")
    upload(first, picture)
    press(first)
    log = first.session_state["job-predict"]
    job = jobs.read(log)
    assert job
    os.kill(job.process.pid, signal.SIGSTOP)  # so that it does not end before the reload
    reloaded = open_app(trained_store.path, "photo", "second")
    assert reloaded.session_state["job-predict"] == log
    os.kill(job.process.pid, signal.SIGCONT)
    wait(reloaded)
    assert len(shown(reloaded)) == 7


def test_a_job_that_was_killed_is_said(
    open_app: Open, trained_store: RunStore, picture: bytes
) -> None:
    app = open_app(trained_store.path, "photo", "first")
    upload(app, picture)
    press(app)
    log = app.session_state["job-predict"]
    job = jobs.read(log)
    assert job
    log.write_text(json.dumps({"job": {
        "command": "predict", "runs": job.runs,
        "process": {"host": job.process.host, "pid": job.process.pid, "started": 0.0},
    }}))  # fmt: skip
    app.run()
    assert "The command ended without a result; start it again." in words(app)
    assert not log.exists()


def test_runs_that_cannot_predict_say_so_and_the_others_still_do(
    open_app: Open, trained_store: RunStore, picture: bytes
) -> None:
    with trained_store.start_run("young", config={}, preset="fast"):
        pass
    folder = trained_store.checkpoint_folder(trained_store.run("second").id)
    for path in folder.iterdir():
        path.unlink()
    app = open_app(trained_store.path, "photo", "young", "second", "third")
    assert "young: it has finished no epoch." in words(app)
    assert "second: its checkpoints are not on this disk." in words(app)
    assert commands(app) == ["fer-core resume young", "fer-core train tiny"]
    upload(app, picture)
    assert commands(app)[-1] == "fer-core predict third face.png"


def test_without_any_run_that_can_predict_there_is_nothing_to_upload(
    open_app: Open, three_runs: Path
) -> None:
    app = open_app(three_runs, "photo", "a", "b")
    assert "a: its checkpoints are not on this disk." in words(app)
    assert not app.file_uploader


def test_a_run_in_its_first_epoch_is_not_offered(open_app: Open, tmp_path: Path) -> None:
    with RunStore.open(tmp_path / "runs.db") as store:
        stores.add_faces(store, 70)
        with stores.training(store, "live", epochs=0, planned=3, best=0.5):
            app = open_app(tmp_path / "runs.db", "photo", "live")
            assert "live: its first epoch is not over yet." in words(app)
            assert commands(app) == []


def test_markup_in_names_of_files_and_runs_is_shown_as_text(
    open_app: Open, trained_store: RunStore, picture: bytes
) -> None:
    trained_store.rename("first", HOSTILE)
    name = '<img src=x onerror="alert(1)"> **bold**.png'
    app = open_app(trained_store.path, "photo", HOSTILE)
    upload(app, picture, name)
    press(app)
    wait(app)
    assert len(shown(app)) == 7
    html = rendered_html(app)
    for markup in ("<b>x</b>", "<img src=x", 'onerror="'):
        assert markup not in html
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt; **bold**.png: face 1 of 1" in html
    for text in rendered(app):
        if "<figure" not in text:
            assert "**bold**" not in text
            assert "evil.example" not in text


def test_a_file_s_name_is_never_an_option() -> None:
    assert texts.file_argument("-o") == "./-o"
    assert texts.file_argument("-") == "./-"
    assert texts.file_argument("a photo.jpg") == "a photo.jpg"
