"""Every paragraph that a report drafts from stored numbers, and nothing but them: no causes.

A new one is a new file with `paragraphs` and a line in FACTS.
"""

from collections.abc import Callable
from typing import Protocol

__all__ = ["FACTS", "Facts"]


class Facts(Protocol):
    """What a module of facts has.

    ``paragraphs(store, runs, *, language="en", **options) -> list[str]``, plain texts. It raises
    InputError for what cannot be said, NotStored for what a command would make.
    """

    @property
    def paragraphs(self) -> Callable[..., list[str]]: ...


FACTS: dict[str, Facts] = {}
