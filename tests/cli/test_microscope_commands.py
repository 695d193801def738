"""`fer-core filters`, `outputs`, `adversarial`, `dream`: what they say about small runs."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core.cli import attacking, microscope
from fer_core.records import (
    ADVERSARIAL,
    CLASS_IMAGES,
    DREAM,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    KERNELS,
    LAYER_OUTPUTS,
    ROBUSTNESS,
    TOP_IMAGES,
)
from fer_core.store import RunStore
from tests.cli.conftest import Command

SHORT = ("--ascent-steps", "4", "--record-every", "2")
OF_FILTERS = (FILTERS, FILTER_ACTIVATIONS, KERNELS, TOP_IMAGES, FILTER_SIMILARITY, CLASS_IMAGES)
KINDS = (*OF_FILTERS, LAYER_OUTPUTS, ADVERSARIAL, ROBUSTNESS, DREAM)


@pytest.fixture(autouse=True)
def store(trained_store: RunStore) -> RunStore:
    return trained_store


def document(result: tuple[int, str, str]) -> Any:
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


def heading(store: RunStore) -> str:
    return f"first (synthetic faces), best weights, epoch {store.run('first').best_epoch}: "


def test_the_document_says_what_was_stored_and_what_was_there(
    command: Command, store: RunStore
) -> None:
    arguments = ("filters", "first", *SHORT, "--layers", "conv1", "--json")
    told = document(command(*arguments))
    run = store.run("first")
    assert (told["run"], told["id"], told["synthetic"]) == ("first", run.id, True)
    assert (told["weights"], told["epoch"]) == ("best", run.best_epoch)
    assert told["stored"] == [
        {"kind": kind, "method": method, "layer": layer, "sample": sample, "target": ""}
        for kind, method, layer, sample in (
            (FILTERS, "plain", "conv1", ""),
            (FILTER_ACTIVATIONS, "plain", "conv1", ""),
            (KERNELS, "", "conv1", ""),
            (TOP_IMAGES, "", "conv1", "train"),
            (FILTER_SIMILARITY, "", "conv1", "train"),
            (CLASS_IMAGES, "plain", "", "noise"),
            (CLASS_IMAGES, "plain", "", "mean-face"),
        )
    ]
    assert (told["present"], told["skipped"]) == ([], [])
    again = document(command(*arguments))
    assert (again["stored"], again["present"]) == ([], told["stored"])
    assert document(command(*arguments, "--force"))["stored"] == told["stored"]


def test_runs_show_counts_what_is_stored_by_kind(command: Command) -> None:
    assert document(command("runs", "show", "first", "--json"))["microscope"] == {}
    document(command("filters", "first", *SHORT, "--layers", "conv1", "--json"))
    assert document(command("runs", "show", "first", "--json"))["microscope"] == {
        **dict.fromkeys(OF_FILTERS, 1),
        CLASS_IMAGES: 2,
    }
    assert "2 class-images" in command("runs", "show", "first")[1]


def test_count_and_size_are_said_before_and_what_was_done_after(
    command: Command, store: RunStore
) -> None:
    arguments = ("filters", "first", *SHORT, "--layers", "conv1,last", "--filters", "0,2")
    code, out, err = command(*arguments)
    assert code == 0
    assert err.splitlines() == [
        f"{heading(store)}7 arrays to compute and store, about 0.16 MB ({', '.join(OF_FILTERS)}); "
        "0 there already"
    ]
    assert out.startswith(f"{heading(store)}7 arrays stored, 0 there already, ")
    code, out, err = command(*arguments)
    assert err.splitlines() == [f"{heading(store)}nothing lacks; 7 there already"]
    assert out.startswith(f"{heading(store)}0 arrays stored, 7 there already, ")


def test_what_attacks_did_is_shown(command: Command, store: RunStore) -> None:
    arguments = ("adversarial", "first", "--sample", "test:3", "--robustness", "--images", "9")
    told = document(command(*arguments, "--json"))
    (attack,), (curve,) = told["attacks"], told["robustness"]
    assert (attack["kind"], attack["sample"], attack["epsilon"]) == (ADVERSARIAL, "test:3", 8.0)
    assert sum(attack["before"]) == pytest.approx(1, abs=1e-5)
    assert (curve["sample"], curve["n"]) == ("validation", 9)
    (record,) = store.tensors("first", ROBUSTNESS)
    assert curve["accuracy"] == record.array.tolist()
    code, out, _ = command(*arguments)
    lines = out.splitlines()
    assert code == 0
    assert re.fullmatch(
        r"test:3: [A-Z][a-z]+ \d+%; with epsilon 8 [A-Z][a-z]+ \d+%; from [A-Z][a-z]+: "
        r"(it is wrong already|no epsilon to 64 does|epsilon [\d.]+ does)",
        lines[0],
    )
    assert lines[1].startswith("accuracy on 9 images of validation by epsilon: 0: ")
    assert lines[2].startswith(f"{heading(store)}0 arrays stored, 2 there already, ")
    everything = (
        "adversarial",
        "first",
        "--robustness",
        "--images",
        "all",
        "--split",
        "validation",
    )
    assert document(command(*everything, "--json"))["robustness"][0]["n"] == 14


def test_outputs_and_dreams_of_several_images(command: Command, store: RunStore) -> None:
    samples = ("--sample", "test:3", "--sample", "train:9")
    assert len(document(command("outputs", "first", *samples, "--json"))["stored"]) == 2
    told = document(command("dream", "first", *samples, "--steps", "2", "--json"))
    assert [key["layer"] for key in told["stored"]] == ["conv1", "conv1"]
    assert [key.sample for key in store.tensor_keys("first", DREAM)] == ["test:3", "train:9"]


def test_a_program_that_reads_us_gets_progress_and_the_document_as_events(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_EVENTS", "1")
    code, out, err = command("filters", "first", *SHORT, "--json")
    assert (code, out) == (0, "")
    *progress, last = [json.loads(line) for line in err.splitlines()]
    done = [event["done"] for event in progress]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, progress[-1]["total"])
    assert len({event["total"] for event in progress}) == 1
    assert len(set(done)) > 8, "hardly any progress is told"
    assert len(last["result"]["stored"]) == 7
    code, out, err = command("filters", "first", "--layers", "conv7", "--json")
    (told,) = err.splitlines()
    assert code == 2
    assert json.loads(told)["error"].startswith("no layer 'conv7'; use last or one of conv1")


def test_ctrl_c_says_that_what_is_done_is_stored(
    command: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = RunStore.add_tensors

    def interrupted(self: RunStore, *arguments: Any) -> None:
        add(self, *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(RunStore, "add_tensors", interrupted)
    code, _, err = command("filters", "first", *SHORT)
    assert code == 130
    assert "interrupted; what is done is stored, the same command does the rest" in err
    assert len(store.tensor_keys("first", FILTERS)) == 1
    assert store.tensor_keys("first", TOP_IMAGES) == ()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("filters", "nobody"), "no run 'nobody'"),
        (("filters", "first", "--layers", ","), "--layers is ','; name one or several"),
        (("filters", "first", "--layers", "conv9"), "no layer 'conv9'; use last or one of conv1"),
        (("filters", "first", "--filters", "first"), "--filters is 'first'; give all, or numbers"),
        (("filters", "first", "--filters", "1,-2"), "--filters is '-2'; give all, or numbers, as"),
        (("filters", "first", "--filters", ","), "--filters is ','; name one or several"),
        (("filters", "first", "--filters", "9" * 30), "no filter 999999999999999999999999999999"),
        (("filters", "first", "--style", "x"), "style is 'x'; use one of plain, natural"),
        (("filters", "first", "--ascent-steps", "0"), "ascent-steps is 0; use a whole number from"),
        (("filters", "first", "--record-every", "7"), "which does not divide 200 steps; use 8"),
        (("filters", "first", "--start", "x"), "no image 'x'; give split:index, as test:12"),
        (("filters", "first", "--top-split", "x"), "run 'first' has no split 'x'"),
        (("filters", "first", "--class-images", "x"), "class-images is 'x'; use one of noise"),
        (("filters", "first", "--weights", "epoch-9"), "run 'first' has epochs 1 to 4"),
        (("filters", "first", "--device", "tpu"), "device is 'tpu'; use one of auto, cpu, cuda"),
        (("filters", "first", "--seed", "-1"), "seed is -1; use 0 or more"),
        (("outputs", "first"), "no image is named; name one with --sample, as --sample test:12"),
        (("outputs", "first", "--sample", ""), "samples is ''; name images, as test:12"),
        (("outputs", "first", "--sample", "test:99"), "no image test:99; test has 0 to 13"),
        (("dream", "first"), "no image is named; name one with --sample"),
        (("dream", "first", "--sample", "test:1", "--octaves", "7"), "shrinks to (6, 6), and 12"),
        (("dream", "first", "--sample", "test:1", "--layer", "dense1"), "has no maps; name a conv"),
        (("adversarial", "first"), "name one with --sample, or ask for --robustness"),
        (("adversarial", "first", "--robustness", "--epsilon", "2"), "--epsilon is about images"),
        (("adversarial", "first", "--robustness", "--target", "sad"), "--target is about images"),
        (
            ("adversarial", "first", "--sample", "test:1", "--images", "3"),
            "--images is about --rob",
        ),
        (
            ("adversarial", "first", "--sample", "test:1", "--split", "test"),
            "--split is about --ro",
        ),
        (
            ("adversarial", "first", "--robustness", "--images", "few"),
            "--images is 'few'; give a n",
        ),
        (
            ("adversarial", "first", "--robustness", "--images", "0"),
            "images is 0; use a whole numb",
        ),
        (
            ("adversarial", "first", "--robustness", "--attack", "x"),
            "attack is 'x'; use one of fgs",
        ),
        (
            ("adversarial", "first", "--sample", "test:1", "--epsilon", "999"),
            "epsilon is 999; use ",
        ),
        (
            ("adversarial", "first", "--sample", "test:1", "--target", "x"),
            "target is 'x'; use a cl",
        ),
        (
            ("adversarial", "first", "--sample", "test:1", "--epsilon", "x"),
            "Invalid value for '--e",
        ),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    command: Command, store: RunStore, arguments: tuple[str, ...], line: str
) -> None:
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert line in err
    assert not any(store.tensor_keys("first", kind) for kind in KINDS)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("filters", microscope.filters),
        ("outputs", microscope.outputs),
        ("dream", microscope.dream),
        ("adversarial", attacking.adversarial),
    ],
)
def test_the_help_fits_80_columns_with_an_example(
    command: Command, monkeypatch: pytest.MonkeyPatch, name: str, function: Any
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = command(name, "--help")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    written = inspect.getdoc(function) or ""
    assert f"Example: fer-core {name} fast-1" in written
    assert "Example: " in out


@pytest.mark.fer2013
def test_filters_of_real_faces(command: Command, few_real_faces: Path) -> None:
    """A network that saw a few of them once."""
    assert command("data", "import", str(few_real_faces), "--name", "few")[0] == 0
    train = ("train", "fast", "--data", "few", "--name", "real", "--set", "batch_size=32")
    assert command(*train, "--epochs", "1", "--device", "cpu")[0] == 0
    short = (*SHORT, "--layers", "conv1", "--device", "cpu", "--json")
    assert len(document(command("filters", "real", *short))["stored"]) == 7
    attack = ("adversarial", "real", "--sample", "test:0", "--device", "cpu", "--json")
    assert document(command(*attack))["attacks"][0]["true"] is not None
    with RunStore.open(read_only=True) as store:
        (images,) = store.tensors("real", FILTERS)
        (top,) = store.tensors("real", TOP_IMAGES)
        assert images.array.shape == (32, 3, 48, 48)
        assert np.isfinite(images.array).all()
        assert (top.array[..., 0] >= 0).all()
        assert len(images.provenance["dead"]) < 32
