"""A photo of one's own in a real browser: what it shows is what the command prints."""

import base64
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from fer_core.records import CLASS_NAMES, VALIDATION, DatasetArrays
from fer_core.store import RunStore
from tests.data.test_pictures import png_of_size
from tests.data.writers import encoded
from tests.e2e.conftest import Server
from tests.e2e.test_dashboard import open_page, settle

pytestmark = pytest.mark.browser

PAGE = "/photo?runs=first&runs=second"
PAINTED = "image => getComputedStyle(image).imageRendering"


@pytest.fixture
def face(tiny_faces: DatasetArrays) -> np.ndarray:
    return tiny_faces.splits[VALIDATION].images[5]


def choose(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": content}
    )


def start(page: Page) -> None:
    page.get_by_role("button", name="Show probabilities").click()


def printed(server: Server, picture: Path, *arguments: str) -> Any:
    """What `fer-core predict ... --json` prints."""
    command = [sys.executable, "-m", "fer_core", "predict", *arguments, str(picture), "--json"]
    environment = {**os.environ, "FER_STORE": str(server.store)}
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    return json.loads(done.stdout)


def jobs_of_predict(server: Server) -> list[Path]:
    logs = (server.store.parent / "jobs").glob("*.log")
    return [log for log in logs if '"command": "predict"' in log.read_text(encoding="utf-8")]


def test_an_uploaded_face_gets_the_command_s_probabilities(
    page: Page, server: Server, face: np.ndarray, tmp_path: Path
) -> None:
    content = encoded(Image.fromarray(face), "PNG")
    (tmp_path / "my face.png").write_bytes(content)
    (expected,) = printed(server, tmp_path / "my face.png", "first", "--with=second")["faces"]
    open_page(page, PAGE)
    choose(page, "my face.png", content)
    command = page.get_by_test_id("stCode")
    expect(command).to_contain_text("fer-core predict first 'my face.png' --with=second")
    start(page)
    card = page.locator("figure.photo")
    expect(card).to_have_count(1)
    heads = card.locator("thead th").all_inner_texts()
    assert heads == ["first (synthetic)", "second (synthetic)", "Ensemble"]
    columns = [*expected["probabilities"].values(), expected["ensemble"]]
    for name in CLASS_NAMES:
        row = card.locator("tr", has=page.get_by_role("rowheader", name=name))
        shares = [float(text.removesuffix(" %")) for text in row.locator("td").all_inner_texts()]
        # The tables round to a tenth; sums in bfloat16 and their order may turn the last digit.
        np.testing.assert_allclose(shares, [100 * each[name] for each in columns], atol=0.11)
    image = card.get_by_role("img")
    assert image.evaluate(PAINTED) == "pixelated"
    source = image.get_attribute("src") or ""
    with Image.open(io.BytesIO(base64.b64decode(source.split("base64,")[1]))) as shown:
        np.testing.assert_array_equal(np.asarray(shown), face)
    assert image.evaluate("image => [image.naturalWidth, image.width]") == [48, 240]
    assert not jobs_of_predict(server), "nothing is left"


def test_a_face_is_kept_only_when_the_box_is_ticked(
    page: Page, server: Server, face: np.ndarray
) -> None:
    open_page(page, "/photo?runs=third")
    choose(page, "mine.png", encoded(Image.fromarray(face), "PNG"))
    start(page)
    expect(page.locator("figure.photo")).to_have_count(1)
    with RunStore.open(server.store, read_only=True) as store:
        assert store.tensors("third", "photo") == ()
        page.get_by_text("Keep the faces and the result").click()
        settle(page)
        start(page)
        expect(page.get_by_text("Kept: the faces and the result")).to_be_visible()
        (kept,) = store.tensors("third", "photo")
        assert kept.sample == "mine.png#1"
        np.testing.assert_array_equal(kept.array, face)


def test_wrong_uploads_are_said_and_a_right_one_works_afterwards(
    page: Page, face: np.ndarray
) -> None:
    open_page(page, PAGE)
    for name, content, sentence in (
        ("note.jpg", b"a text, renamed", "note.jpg: not a JPEG, PNG, WebP or BMP picture"),
        ("bomb.png", png_of_size(16_000, 16_000), "bomb.png: 16000x16000 pixels; resize it"),
    ):
        choose(page, name, content)
        # The button is there already: it must not be clicked for the picture before.
        expect(page.get_by_test_id("stCode")).to_contain_text(name)
        start(page)
        expect(page.get_by_text(sentence)).to_be_visible()
        settle(page)
    choose(page, "big.png", bytes(20 * 2**20))
    expect(page.get_by_text("File must be 10.0MB or smaller.")).to_be_visible()
    page.reload()
    page.get_by_role("heading", name="Try a photo").wait_for()
    choose(page, "face.png", encoded(Image.fromarray(face), "PNG"))
    start(page)
    expect(page.locator("figure.photo")).to_have_count(1)


def test_a_reload_while_a_job_is_under_way_finds_its_result(page: Page, face: np.ndarray) -> None:
    open_page(page, PAGE)
    choose(page, "face.png", encoded(Image.fromarray(face), "PNG"))
    start(page)
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.reload()
    expect(page.locator("figure.photo")).to_have_count(1)
    expect(page.get_by_text("face.png: face 1 of 1")).to_be_visible()


def test_markup_in_a_file_s_name_is_text(page: Page, face: np.ndarray) -> None:
    open_page(page, PAGE)
    name = "<b>x<b> ![z](http:evil.example) <img src=q onerror=alert(1)>.png"
    choose(page, name, encoded(Image.fromarray(face), "PNG"))
    start(page)
    card = page.locator("figure.photo")
    expect(card).to_contain_text(f"{name}: face 1 of 1")
    assert page.locator('img[src*="evil"], img[src="q"]').count() == 0
    assert card.locator("b").count() == 1
