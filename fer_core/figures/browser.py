"""One browser a process draws the figures: found first, started once, restarted once, ended.

Kaleido's own sync server waits without limit for a browser that does not start and hands two
threads each other's figures; so its event loop is run here, where every wait has an end. Kaleido
opens the browser and a page with plotly.js; its own drawing would run plotly anew for each format
and load the page, all of plotly.js, again after each: four times as long for svg, pdf and png.
"""

import asyncio
import atexit
import base64
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Coroutine
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Any

from fer_core.errors import InputError
from fer_core.figures.browser_page import DRAW, PAGE_STYLE, PRINT

START_TIMEOUT = 30.0  # seconds
TIMEOUT = 60.0


class ExportError(RuntimeError):
    """A figure could not be drawn though a browser is there; one line."""


def find_browser() -> str:
    """Return the path of a Chrome or Chromium: BROWSER_PATH, else the usual names and places.

    Raises InputError, at once, if there is none.
    """
    from choreographer.browsers.chromium import Chromium

    named = os.environ.get("BROWSER_PATH")
    if named:
        if os.access(named, os.X_OK) and Path(named).is_file():
            return named
        raise InputError(f"BROWSER_PATH={named} is no program; unset it, or name a Chromium")
    found = Chromium.find_browser(skip_local=False)
    if found:
        return found
    raise InputError(
        "no browser to draw the figure with: install Chromium (apt-get install chromium) or set "
        "BROWSER_PATH; html and csv need none"
    )


class _Browser:
    """A kaleido with one tab, in an event loop and a thread of its own."""

    def __init__(self, path: str) -> None:
        import kaleido

        class Page(kaleido.PageGenerator):
            header = kaleido.PageGenerator.header.replace("Kaleido-fier", "FER Lab") + PAGE_STYLE

        self.path, self.owner = path, os.getpid()
        self._loop = asyncio.new_event_loop()
        # Every failure reaches the caller as one exception; the libraries' own remarks on a
        # browser that ended would be noise beside it.
        self._loop.set_exception_handler(lambda *_: None)
        for library in ("choreographer", "kaleido"):
            logging.getLogger(library).setLevel(logging.CRITICAL)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._kaleido: Any = None

        async def start() -> None:
            self._kaleido = kaleido.Kaleido(
                path=path, n=1, timeout=None, page_generator=Page(mathjax=False)
            )
            await self._kaleido.open()

        try:
            self._run(start(), START_TIMEOUT)
        except BaseException:
            self.close(gently=False)
            raise

    def _run(self, work: Coroutine[Any, Any, Any], timeout: float) -> Any:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout)
        except FutureTimeout:
            future.cancel()
            raise

    @property
    def alive(self) -> bool:
        """A child of a fork has the object but neither the thread nor the browser."""
        return self.owner == os.getpid() and self._kaleido.subprocess.poll() is None

    def draw(
        self,
        figure: dict[str, Any],
        formats: Collection[str],
        size: tuple[float, float, float],
        timeout: float,
    ) -> dict[str, bytes]:
        from plotly.utils import PlotlyJSONEncoder

        others = [format for format in formats if format != "svg"]
        encoded = json.dumps(figure, cls=PlotlyJSONEncoder)
        arguments = ", ".join((encoded, *map(json.dumps, (*size, others))))

        async def drawn() -> dict[str, bytes]:
            [tab] = self._kaleido.tabs.values()
            options = {
                "expression": f"{DRAW}({arguments})",
                "awaitPromise": True,
                "returnByValue": True,
            }
            found = _result(await tab.send_command("Runtime.evaluate", params=options))
            values = found["result"]["value"]
            images = {"svg": values["svg"].encode()}
            if "png" in formats:
                images["png"] = base64.b64decode(values["png"])
            if "pdf" in formats:
                page = _result(await tab.send_command("Page.printToPDF", params=PRINT))
                images["pdf"] = base64.b64decode(page["data"])
            return {format: images[format] for format in formats}

        drawing: dict[str, bytes] = self._run(drawn(), timeout)
        return drawing

    def close(self, *, gently: bool) -> None:
        """End the browser and the thread. Never waits long: one that failed is not asked."""
        if self.owner != os.getpid():
            return
        process = getattr(self._kaleido, "subprocess", None)
        if process is not None and not gently:
            _kill(process)
        with contextlib.suppress(Exception):  # whatever is wrong with it, it ends below
            if self._kaleido is not None:
                self._run(self._kaleido.close(), 10)
        if process is not None:
            _kill(process)
        with contextlib.suppress(Exception):
            self._run(_cancel_all(), 5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()


def _result(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what a command gave; what failed is not told in detail: no person is to blame."""
    result: dict[str, Any] | None = answer.get("result")
    if result is None or "exceptionDetails" in result:
        raise RuntimeError(str(answer)[:500])
    return result


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the wrapper that started the browser, if it still runs, and all that it started."""
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)  # it leads a session
    process.wait(10)


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


_lock = threading.Lock()
_browser: _Browser | None = None


def draw(
    figure: dict[str, Any],
    *,
    formats: Collection[str],
    width: float,
    height: float,
    scale: float = 1.0,
    timeout: float = TIMEOUT,
) -> dict[str, bytes]:
    """Draw a figure (plotly's dict) of `width` x `height` px as svg, pdf or png; scale: pixels
    of a png for each px. One at a time in a process.

    A browser that died is started again, once. Raises InputError if there is no browser,
    ExportError if drawing takes longer than `timeout` seconds or the browser dies again.
    """
    global _browser
    path = find_browser()
    with _lock:
        failure: BaseException | None = None
        for _attempt in range(2):
            if _browser is not None and not (_browser.alive and _browser.path == path):
                _stop(gently=_browser.alive)
            try:
                if _browser is None:
                    _browser = _Browser(path)
                    atexit.register(stop)
                return _browser.draw(figure, formats, (width, height, scale), timeout)
            except FutureTimeout:
                doing = "starting" if _browser is None else "drawing a figure with"
                limit = START_TIMEOUT if _browser is None else timeout
                _stop(gently=False)
                raise ExportError(
                    f"{doing} the browser {path} took longer than {limit:g} s; try again, or set "
                    "BROWSER_PATH to another"
                ) from None
            except Exception as error:
                failure = error
                _stop(gently=False)
        raise ExportError(
            f"the browser {path} failed twice ({type(failure).__name__}); see whether it starts "
            "(--version), or set BROWSER_PATH to another"
        ) from failure


def stop() -> None:
    """End the browser, if one runs; the next figure starts it again."""
    with _lock:
        _stop(gently=True)


def _stop(*, gently: bool) -> None:
    global _browser
    if _browser is not None:
        _browser.close(gently=gently)
        _browser = None
        atexit.unregister(stop)
