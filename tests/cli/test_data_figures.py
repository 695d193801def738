"""Figures about data sets, and the preview that one of them draws, as a person types them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fer_core import figures
from fer_core.store import RunStore

Command = Callable[..., tuple[int, str, str]]


def test_a_preview_is_stored_and_drawn(command: Command, tiny_store: RunStore) -> None:
    code, _, err = command("data", "preview", "tiny", "--sample", "validation:3", "--seed", "5")
    assert code == 0
    assert "fer-core figure augmentation_preview tiny -o preview.pdf" in err
    fingerprint = tiny_store.dataset("tiny").fingerprint
    [stored] = tiny_store.dataset_tensors(fingerprint, "augmentation")
    assert (stored.sample, stored.provenance["seed"]) == ("validation:3", 5)
    assert stored.provenance["name"] == tiny_store.sample_names(fingerprint, "validation")[3]
    assert command("figure", "augmentation_preview", "tiny", "-o", "a.csv")[0] == 0
    assert Path("a.csv").read_text(encoding="utf-8").startswith("dataset,synthetic,sample,name,")
    assert command("data", "preview", "tiny", "--sample", "validation:3", "--seed", "5")[0] == 0
    [again] = tiny_store.dataset_tensors(fingerprint, "augmentation")
    assert (again.array == stored.array).all()
    assert command("data", "preview", "tiny")[0] == 0
    samples = [each.sample for each in tiny_store.dataset_tensors(fingerprint, "augmentation")]
    assert samples == ["validation:3", "train:0"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("preview", "x"), "no data set 'x'"),
        (("preview", "tiny", "--sample", "test:99"), "no image test:99; test has 0 to 13"),
        (("preview", "tiny", "--sample", "nobody"), "no image 'nobody'"),
        (("preview", "tiny", "--seed", "-1"), "'--seed'"),
    ],
)
def test_a_preview_of_nothing_is_one_line(
    command: Command, tiny_store: RunStore, arguments: tuple[str, ...], named: str
) -> None:
    code, _, err = command("data", *arguments)
    assert (code, len(err.splitlines())) == (2, 1)
    assert named in err
    assert not tiny_store.dataset_tensors(tiny_store.dataset("tiny").fingerprint, "augmentation")


def test_a_preview_without_a_store_makes_none(command: Command) -> None:
    code, _, err = command("data", "preview", "faces")
    assert code == 2
    assert "make demo" in err
    assert not Path("runs.db").exists()


def test_a_figure_of_data_takes_a_data_set_or_a_run(command: Command, tiny_store: RunStore) -> None:
    with tiny_store.start_run("first", config={}, data="tiny"):
        pass
    for name in ("tiny", "first"):
        code, _, err = command("figure", "class_counts", name, "-o", f"{name}.csv")
        assert code == 0, err
    assert Path("tiny.csv").read_bytes() == Path("first.csv").read_bytes()


def test_the_help_says_which_figures_take_what(command: Command) -> None:
    code, out, _ = command("figure", "--help")
    assert code == 0
    of_runs, of_data = (part.split(".")[0] for part in out.split("Figures of ")[1:])
    for name in figures.FIGURES:
        assert name in (of_runs if figures.subject_of(name) == "run" else of_data)


def test_a_figure_higher_than_a_page_says_so_and_how_to_make_it_lower(
    command: Command, tiny_store: RunStore
) -> None:
    code, _, err = command("figure", "class_counts", "tiny", "-o", "a.csv", "--font-size", "24")
    assert code == 0
    last = " ".join(err.split())
    assert "mm high, a page of A4 holds 235; name fewer runs, or make it wider with" in last
    assert Path("a.csv").exists()
    _, _, err = command("figure", "class_counts", "tiny", "-o", "a.csv")
    assert "page of A4" not in err
