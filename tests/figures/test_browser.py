import os
import signal
import threading

import plotly.graph_objects as go
import pytest

from fer_core.figures import browser

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the signals are POSIX ones")


def figure(word: str = "word") -> dict:
    return go.Figure(layout={"annotations": [{"text": word}]}).to_dict()


def draw(word: str = "word", **options) -> bytes:
    return browser.draw(figure(word), formats=["svg"], width=200, height=100, **options)["svg"]


@pytest.fixture
def starts(monkeypatch):
    """Counts the browsers that are started."""
    count = []
    original = browser._Browser.__init__

    def counted(self, path):
        count.append(path)
        original(self, path)

    monkeypatch.setattr(browser._Browser, "__init__", counted)
    return count


def wrapper_pid() -> int:
    return browser._browser._kaleido.subprocess.pid


@pytest.mark.browser
def test_one_browser_serves_every_thread_its_own_figure(drawing, starts):
    browser.stop()
    drawn = {}
    threads = [
        threading.Thread(target=lambda word=f"word{k}": drawn.update({word: draw(word)}))
        for k in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(starts) == 1
    assert len(drawn) == 6
    for word, svg in drawn.items():
        assert f">{word}<" in svg.decode()


@pytest.mark.browser
def test_a_killed_browser_is_started_again_once(drawing, starts, capfd):
    draw()
    before = len(starts)
    os.killpg(wrapper_pid(), signal.SIGKILL)
    assert b">after<" in draw("after")
    assert len(starts) == before + 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.browser
def test_a_browser_that_does_not_answer_is_given_up_in_time_and_replaced(drawing, remaining):
    draw()
    stopped = wrapper_pid()
    os.killpg(stopped, signal.SIGSTOP)
    with pytest.raises(browser.ExportError, match="took longer than 1 s"):
        draw(timeout=1)
    assert remaining(stopped) == []
    assert b">after<" in draw("after")


@pytest.mark.browser
def test_a_closed_browser_leaves_no_process(drawing, remaining):
    draw()
    pid = wrapper_pid()
    browser.stop()
    assert remaining(pid) == []
    browser.stop()  # twice is once


@pytest.fixture
def fake_browser(tmp_path, monkeypatch):
    def make(script):
        path = tmp_path / "chromium"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("BROWSER_PATH", str(path))

    return make


def test_a_browser_that_ends_at_once_is_tried_twice(fake_browser, starts):
    fake_browser("exit 0")
    with pytest.raises(browser.ExportError, match=r"chromium failed twice \(BrowserFailedError\)"):
        draw()
    assert len(starts) == 2


def test_a_browser_that_never_starts_is_given_up_in_time(fake_browser, monkeypatch):
    monkeypatch.setattr(browser, "START_TIMEOUT", 1.0)
    fake_browser("exec sleep 100")
    with pytest.raises(browser.ExportError, match=r"starting the browser .* longer than 1 s"):
        draw()
