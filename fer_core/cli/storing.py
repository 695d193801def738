"""What commands that compute arrays of a run and store them have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fer_core.cli.output import counting, stderr, tells_events
from fer_core.errors import InputError

if TYPE_CHECKING:
    from fer_core.records import Run


def parts(what: str, text: str | None) -> tuple[str, ...]:
    """Read ``a,b``; () where nothing was given."""
    if text is None:
        return ()
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not found:
        raise InputError(f"--{what} is {text!r}; name one or several, or leave it out")
    return found


def heading(run: "Run", weights: str, epoch: int) -> str:
    """Say which run and weights a line is about."""
    synthetic = " (synthetic faces)" if run.synthetic else ""
    return f"{run.name}{synthetic}, {weights} weights, epoch {epoch}"


def counted(count: int, noun: str) -> str:
    """Return ``1 image``, ``2 images``."""
    return f"{count:,} {noun}" + "s" * (count != 1)


@contextmanager
def storing(label: str, announcement: str, *, force: bool) -> Iterator[Any]:
    """Announce what will be stored, and show progress; yields the function (done, total) that
    moves it. Ctrl-C says that what is done is stored."""
    if not tells_events():
        stderr.print(announcement)
    try:
        with counting(label) as progress:
            yield progress
    except KeyboardInterrupt:
        if not tells_events():
            rest = "" if force else ", the same command does the rest"
            stderr.print(f"interrupted; what is done is stored{rest}")
        raise


def head(run: "Run", weights: str, epoch: int, sha256: str) -> dict[str, Any]:
    """Return how a document about a run begins."""
    return {
        "run": run.name,
        "id": run.id,
        "synthetic": run.synthetic,
        "weights": weights,
        "epoch": epoch,
        "checkpoint_sha256": sha256,
    }
