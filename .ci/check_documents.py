"""Open the documents of one report as readers do, turn them into pages, and say what is wrong.

python .ci/check_documents.py FOLDER PAGES: FOLDER is an unpacked report; PAGES gets the pictures.
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from fer_core.figures.browser import find_browser

OVERFULL = 5.0  # pt; so much nobody sees
LIMIT = 300  # seconds for one program


def main(folder: Path, pages: Path) -> int:
    """Check all documents of a report; return 1 if anything is wrong with them."""
    pages.mkdir(parents=True, exist_ok=True)
    problems = [*word(folder, pages), *latex(folder, pages), *page(folder, pages)]
    problems += [*figures(folder, pages), *outside(folder)]
    for problem in problems:
        print(f"{folder.name}: {problem}", file=sys.stderr)
    return 1 if problems else 0


def word(folder: Path, pages: Path) -> Iterator[str]:
    """Convert the Word document with LibreOffice."""
    with tempfile.TemporaryDirectory() as profile:
        command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless"]
        made = folder / "word"
        run([*command, "--convert-to", "pdf", "--outdir", made, folder / "report.docx"])
    yield from paper(made / "report.pdf", pages / "docx", "docx")


def latex(folder: Path, pages: Path) -> Iterator[str]:
    """Compile the LaTeX with the program that its first line names, twice."""
    source = (folder / "report.tex").read_text(encoding="utf-8")
    program = "xelatex" if "XeLaTeX" in source.split("\n", 1)[0] else "pdflatex"
    for _ in range(2):
        done = run([program, "-interaction=nonstopmode", "-halt-on-error", "report.tex"], folder)
        if done.returncode:
            yield f"{program}: {[line for line in done.stdout.splitlines() if line[:1] == '!']}"
            return
    log = (folder / "report.log").read_text(encoding="utf-8", errors="replace")
    for line in sorted(set(re.findall(r"^Missing character: .*|^LaTeX Warning: .*", log, re.M))):
        yield f"{program}: {line}"
    for points, rest in re.findall(r"^Overfull \\[hv]box \(([\d.]+)pt too (.*)", log, re.M):
        if float(points) > OVERFULL:
            yield f"{program}: box {points} pt too {rest}"
    yield from paper(folder / "report.pdf", pages / "tex", program)


def page(folder: Path, pages: Path) -> Iterator[str]:
    """Open the HTML in Chromium with the network cut, on the screen and as printed."""
    asked: list[str] = []
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-background-networking"]
        )
        context = browser.new_context(offline=True, viewport={"width": 1000, "height": 1400})
        shown = context.new_page()
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("console", lambda message: complaints.append(message.text))
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.goto((folder / "report.html").as_uri())
        shown.wait_for_load_state("load")
        charts = shown.locator(".chart").count()
        drawn = shown.locator(".chart:has(svg.main-svg)").count()
        wide = shown.evaluate("document.documentElement.scrollWidth > innerWidth")
        shown.screenshot(path=pages / "html.png", full_page=True)
        shown.pdf(path=folder / "html.pdf", format="A4", prefer_css_page_size=True)
        browser.close()
    yield from (f"html asks for {url}" for url in asked if not url.startswith(("file:", "data:")))
    yield from (f"html: {complaint}" for complaint in complaints)
    if drawn < charts:
        yield f"html: {charts - drawn} of {charts} charts are not drawn"
    if wide:
        yield "html: wider than the window"
    yield from paper(folder / "html.pdf", pages / "html", "html")


def figures(folder: Path, pages: Path) -> Iterator[str]:
    """Turn each figure's PDF into pixels, as a printer does."""
    (pages / "figures").mkdir(exist_ok=True)
    for path in sorted((folder / "figures").glob("*.pdf")):
        if len(PdfReader(path).pages) != 1:
            yield f"{path.name} has not one page"
        run(["pdftoppm", "-r", "150", "-png", "-singlefile", path, pages / "figures" / path.stem])


def outside(folder: Path) -> Iterator[str]:
    """Look for what a document would load from elsewhere."""
    for path in (folder / "report.md", folder / "report.tex", *folder.glob("figures/*.svg")):
        source = path.read_text(encoding="utf-8")
        for found in re.findall(r"(?:\]\(|href=\"|src=\"|\\(?:url|href)\{)https?:[^)\"}]*", source):
            yield f"{path.name} points to {found}"
    with zipfile.ZipFile(folder / "report.docx") as package:
        for name in package.namelist():
            if b'TargetMode="External"' in package.read(name):
                yield f"report.docx: {name} points outside"


def paper(path: Path, pages: Path, name: str) -> Iterator[str]:
    """Turn a PDF into pictures of its pages; say which have nothing on them."""
    if not path.is_file():
        yield f"{name}: no pages"
        return
    for number, each in enumerate(PdfReader(path).pages, start=1):
        text = each.extract_text()
        if not text.strip() and not each.images:
            yield f"{name}: page {number} is empty"
        if "\N{REPLACEMENT CHARACTER}" in text:
            yield f"{name}: page {number} has a letter that is none"
    run(["pdftoppm", "-r", "70", "-png", path, pages])


def run(command: list[str | Path], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=LIMIT,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
