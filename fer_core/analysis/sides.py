"""What is compared: runs, each with one of its weights or with several of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from fer_core.errors import InputError
from fer_core.records import ANY_WEIGHTS, Run


class Runs(Protocol):
    """What this part asks of a run store."""

    def run(self, reference: str) -> Run: ...


class Side(NamedTuple):
    """A run with one of its weights. subject: the run, under a name that also says the weights
    where several are compared."""

    run: Run
    weights: str
    subject: Run

    @property
    def own(self) -> dict[str, object]:
        """What each row of a table says of it."""
        return {
            "run_id": self.run.id,
            "run": self.run.name,
            "synthetic": self.run.synthetic,
            "weights": self.weights,
        }


def chosen_weights(weights: str) -> tuple[str, ...]:
    """Return the weights that ``best,epoch-1`` names, each once. InputError for others."""
    named = tuple(dict.fromkeys(each.strip() for each in weights.split(",") if each.strip()))
    if not named or not all(ANY_WEIGHTS.fullmatch(each) for each in named):
        raise InputError(
            f"weights is {weights!r}; use best, last, average or epoch-N, or several with commas "
            "between"
        )
    return named


def sides(store: Runs, references: Sequence[str], weights: str) -> list[Side]:
    """Return each run (id, unique prefix or name) with each of the weights, ``best,epoch-1``."""
    chosen = chosen_weights(weights)
    return [
        Side(run, each, replace(run, name=f"{run.name}, {each}") if len(chosen) > 1 else run)
        for run in map(store.run, references)
        for each in chosen
    ]
