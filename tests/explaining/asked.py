"""What the tests of stored explanations ask for and look at."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from fer_core.errors import InputError
from fer_core.explaining import Outcome, Request, carry_out, plan
from fer_core.records import (
    EXPLANATION,
    VALIDATION,
)
from fer_core.store import RunStore


class Calls(NamedTuple):
    """How many images each call of a method was given."""

    segmented: list[int]
    seeing: list[int]


def explained(store: RunStore, run: str = "first", **request: Any) -> Outcome:
    return carry_out(store, plan(store, run, Request(**request), device="cpu"))


def refused(store: RunStore, run: str = "first", **request: Any) -> str:
    """The line with which a request is refused; nothing is stored."""
    before = len(store.tensor_keys(run, EXPLANATION))
    with pytest.raises(InputError) as error:
        explained(store, run, **request)
    assert len(store.tensor_keys(run, EXPLANATION)) == before
    assert "\n" not in str(error.value)
    return str(error.value)


def predicted(store: RunStore, run: str = "first", split: str = VALIDATION) -> np.ndarray:
    return store.predictions(run, split).probabilities.argmax(1)


def drawn(store: RunStore, run: str = "first", **request: Any) -> list[str]:
    planned = plan(store, run, Request(methods=("saliency",), **request), device="cpu")
    return [sample.name for sample in planned.samples]


def blobs(store: RunStore) -> tuple[int, int]:
    """How many arrays there are, and how many should be there."""
    with store._database.read() as connection:
        own = [
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in ("blobs", "predictions", "tensors")
        ]
    return own[0], own[1] + own[2]
