"""`data audit` and `train --drop` as a person types them."""

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fer_core.data.audit import audited
from fer_core.records import DatasetArrays, SplitArrays
from fer_core.store import RunStore

Command = Callable[..., tuple[int, str, str]]


def _json(result: tuple[int, str, str]) -> Any:
    code, out, _ = result
    assert code == 0
    return json.loads(out)


@pytest.fixture
def flawed(tiny_store: RunStore, tiny_faces: DatasetArrays) -> DatasetArrays:
    """A data set `flawed` in the command's store: 60 black images of one class, a twin."""
    train, test = tiny_faces.splits["train"], tiny_faces.splits["test"]
    images, labels = train.images.copy(), train.labels.copy()
    images[:60], labels[:60] = 0, 2
    images[70] = test.images[1]
    names = ("\x1b[31mred[/]", *train.names[1:])
    splits = {**tiny_faces.splits, "train": SplitArrays(images, labels, names)}
    splits["test"] = dataclasses.replace(test, labels=np.full_like(test.labels, -1), regions=None)
    splits["validation"] = dataclasses.replace(splits["validation"], regions=None)
    arrays = audited("folder", splits)
    tiny_store.add_dataset("flawed", arrays)
    return arrays


def test_data_audit_counts_what_was_found(command: Command, flawed: DatasetArrays) -> None:
    found = _json(command("data", "audit", "flawed", "--json"))
    assert (found["name"], found["black"], found["flat"], found["text_like"]) == (
        "flawed",
        60,
        0,
        0,
    )
    assert found["identical"] == {"groups": 2, "surplus": 60, "conflicting": 0}
    assert found["near_identical"] == found["identical"]
    assert found["twins"] == {"validation": 0, "test": 1}
    assert list(found["splits"]) == ["train", "validation", "test"]
    assert found["splits"]["train"] == {
        "images": 112,
        "black": 60,
        "flat": 0,
        "text_like": 0,
        "copy": 59,
        "conflict": 0,
        "near_copy": 59,
        "near_conflict": 0,
        "twin": 1,
    }
    assert found["splits"]["test"]["copy"] == 1
    code, out, _ = command("data", "audit", "flawed")
    assert code == 0
    rows = [re.findall(r"[\w-]+", line) for line in out.splitlines()]
    assert ["near-copy", "59", "0", "1"] in rows
    assert ["identical", "to", "one", "in", "train", "0", "1"] in rows
    assert "identical: 2 pictures that are there more than once, 60 surplus images, 0" in out


def test_data_audit_lists_the_images_of_a_finding(command: Command, flawed: DatasetArrays) -> None:
    code, out, _ = command("data", "audit", "flawed", "--show", "black")
    assert code == 0
    assert "\x1b" not in out
    assert "red[/]" in out  # text, not markup
    assert "train:49 " in out
    assert "train:50 " not in out
    assert out.splitlines()[-1] == "60 images, the first 50 shown; all: --json"
    shown = _json(command("data", "audit", "flawed", "--show", "black", "--json"))["show"]
    assert (shown["kind"], shown["count"], len(shown["samples"])) == ("black", 60, 60)
    assert shown["samples"][59] == {
        "sample": "train:59",
        "name": flawed.splits["train"].names[59],
        "class": "Fear",
    }
    shown = _json(command("data", "audit", "flawed", "--show", "near_copy", "--json"))["show"]
    assert shown["kind"] == "near-copy"
    assert [row["sample"] for row in shown["samples"][-2:]] == ["train:59", "test:1"]
    assert shown["samples"][-1]["class"] is None
    assert shown["samples"][-1]["group"] == flawed.near_groups["train"][70]
    code, out, _ = command("data", "audit", "flawed", "--show", "flat")
    assert (code, out) == (0, "0 images\n")


def test_a_data_set_without_an_audit_says_how_to_get_one(
    command: Command, tiny_store: RunStore, tiny_faces: DatasetArrays
) -> None:
    for path in (tiny_store.folder / "datasets" / tiny_faces.fingerprint).glob("*.flags.npy"):
        path.unlink()
    code, out, err = command("data", "audit", "tiny", "--json")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "import the data set again with: fer-core data import" in err
    small = ("train", "e-dnn", "--data", "tiny", "--epochs", "1", "--set", "batch_size=16")
    code, _, err = command(*small, "--drop", "black")
    assert code == 1
    assert "import the data set again" in err
    assert tiny_store.runs() == ()
    assert command(*small)[0] == 0  # dropping nothing, it needs no audit


def test_train_drops_findings_and_tells_how_many(command: Command, flawed: DatasetArrays) -> None:
    small = ("--data", "flawed", "--epochs", "1", "--set", "batch_size=16")
    arguments = ("train", "e-dnn", "--name", "clean", "--drop", "twin,black", *small)
    code, _, err = command(*arguments)
    assert code == 0
    assert "left out of training: 61 images (60 black, 1 twin)" in err
    shown = _json(command("runs", "show", "clean", "--json"))
    assert (shown["dropped_images"], shown["dropped"]) == (61, {"black": 60, "twin": 1})
    assert shown["config"]["drop"] == "black,twin"
    code, out, _ = command("runs", "show", "clean")
    assert code == 0
    assert "61 images (60 black, 1 twin)" in out
    assert command("train", "e-dnn", "--name", "whole", *small)[0] == 0
    shown = _json(command("runs", "show", "whole", "--json"))
    assert (shown["dropped_images"], shown["dropped"], shown["config"]["drop"]) == (0, {}, "")
    assert "left out" not in command("runs", "show", "whole")[1]
