import pytest
import streamlit as st

from dashboard import sidebar


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    class State(dict):
        __getattr__ = dict.__getitem__
        __setattr__ = dict.__setitem__

    state = State()
    monkeypatch.setattr(st, "session_state", state)
    return state


def ticked(*rows: int) -> dict[str, object]:
    return {"selection": {"rows": list(rows), "columns": [], "cells": []}}


def test_ticks_follow_the_picked_runs(state: dict[str, object]) -> None:
    state["runs"] = ["c", "hidden", "a"]
    sidebar.tick_rows("table", ["a", "b", "c"])
    assert state["table"] == ticked(2, 0)


@pytest.mark.parametrize(
    ("picked", "rows", "expected"),
    [
        ([], (1,), ["b"]),
        (["c", "a"], (0, 1, 2), ["c", "a", "b"]),  # the order of picking is that of the colours
        (["c", "a"], (2,), ["c"]),
        (["hidden", "c"], (0,), ["hidden", "a"]),  # the filter hides it; it stays picked
        (["a"], (), []),
    ],
)
def test_picks_follow_the_ticked_rows(
    state: dict[str, object], picked: list[str], rows: tuple[int, ...], expected: list[str]
) -> None:
    state["runs"], state["table"] = picked, ticked(*rows)
    sidebar.pick_rows("table", ["a", "b", "c"])
    assert state["runs"] == expected


def test_the_details_are_those_of_the_run_ticked_last(state: dict[str, object]) -> None:
    state["runs"], state["table"] = ["a"], ticked(0, 2)
    sidebar.pick_rows("table", ["a", "b", "c"])
    assert state["details_of"] == "c"


def test_no_more_runs_are_picked_than_can_be_told_apart(state: dict[str, object]) -> None:
    names = [str(number) for number in range(1000)]
    state["runs"], state["table"] = [], ticked(*range(1000))
    sidebar.pick_rows("table", names)
    assert state["runs"] == names[: sidebar.MOST_PICKED]
    assert state["details_of"] in state["runs"]
