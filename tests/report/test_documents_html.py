from html.parser import HTMLParser

import pytest
from playwright.sync_api import Browser
from plotly.offline import get_plotlyjs

from fer_core.report.documents import html
from tests.report import written


class Page(HTMLParser):
    """Tags, attributes and texts in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags, self.texts, self.attributes = [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        if data.strip():
            self.texts.append(data.strip())


def page(name: str = "cnn", language: str = "en") -> tuple[str, Page]:
    source = html.render(written.content(name, language), {}).decode()
    assert source.count(get_plotlyjs()) == 1
    own = source.replace(get_plotlyjs(), "")
    return own, Page(own)


def test_a_report_has_its_parts_in_order():
    _, found = page()
    wanted = [
        "Report on cnn",
        "Report on cnn",
        "Of synthetic data: cnn.",
        "Runs",
        "1. Build a model: cnn",
        "Draft, from the stored numbers:",
        "cnn has 1,129,895 parameters.",
        "By hand.",
        "Figure 1: Accuracy of cnn.",
        "Table 1: Of cnn.",
        "65.4 %",
        "Missing:",
        "fer-core explain cnn --method saliency",
        "Missing:",
        "Figure 2: A wide figure.",
        "Table 2: All epochs.",
    ]
    assert [line for line in found.texts if line in wanted] == wanted
    assert ("aria-label", "Two bars.\ncnn: 0.654") in found.attributes
    assert ("lang", "en") in found.attributes


def test_names_are_text_and_nothing_is_loaded():
    _, found = page(written.HOSTILE)
    _, harmless = page()
    assert found.tags == harmless.tags, "no name makes a tag"
    assert written.SHOWN in found.texts
    assert "{{" in written.SHOWN  # and no template ran in it
    names = {name for name, _ in found.attributes}
    assert not names & {"src", "href", "srcset", "action", "data", "poster"}
    assert not {name for name in names if name.startswith("on")}
    [policy] = [value for _, value in found.attributes if value and "default-src" in value]
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


@pytest.mark.browser
def test_charts_are_drawn_with_the_network_cut(browser: Browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_bytes(html.render(written.content(written.HOSTILE), {}))
    requests, complaints = [], []
    context = browser.new_context(offline=True)
    shown = context.new_page()
    shown.on("request", lambda request: requests.append(request.url))
    shown.on("console", lambda message: complaints.append(message.text))
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.goto(path.as_uri())
    shown.wait_for_selector("#chart-2-wide .barlayer path", state="attached")
    assert shown.evaluate("window.alerted") is None
    assert shown.locator("svg.main-svg").count() >= 2
    context.close()
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert complaints == []
