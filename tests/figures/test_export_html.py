"""The exported page in a browser: it needs nothing from outside and shows its pictures."""

import pytest
from playwright.sync_api import Browser

from fer_core import figures


@pytest.mark.browser
def test_html_draws_offline_and_loads_nothing(known, browser: Browser, tmp_path):
    built = figures.build("learning_curves", known.store, ("cnn", known.markup))
    path = figures.write(built, tmp_path / "curves.html")
    requests, complaints = [], []
    page = browser.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector(".scatterlayer .js-line", state="attached")
    names = page.locator(".legendtext").all_text_contents()
    page.close()
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert complaints == []
    assert {"cnn", known.markup} <= set(names)


@pytest.mark.browser
def test_html_of_faces_holds_its_pictures(known, browser: Browser, tmp_path):
    built = figures.build("augmentation_preview", known.store, ("made-up",))
    path = figures.write(built, tmp_path / "faces.html")
    complaints = []
    page = browser.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector("image", state="attached")
    sources = page.evaluate("[...document.querySelectorAll('image')].map(i => i.href.baseVal)")
    page.close()
    assert sources == [picture.source for picture in built.figure.layout.images]
    assert complaints == []
