"""The stored answers that paragraphs of facts are about."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fer_core.analysis.answers import Answers, read_answers
from fer_core.errors import InputError
from fer_core.records import VALIDATION, Run

if TYPE_CHECKING:
    from fer_core.store import RunStore


def answers_of(store: "RunStore", runs: Sequence[Run]) -> list[Answers]:
    """Read what runs answered on validation with their best weights; runs without such answers are
    left out."""
    found = []
    for run in runs:
        if run.score(VALIDATION) is not None:
            try:
                found += read_answers(store, [run.id], split=VALIDATION)
            except InputError:  # the images that it was judged on are not in this store
                continue
    return found
