"""`fer-core explain`: what it says before, while and after; in a store with small trained runs."""

import inspect
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fer_core.cli import explaining
from fer_core.explain import EXPLAINERS
from fer_core.explain.maps import Maps
from fer_core.explain.subject import Subject
from fer_core.records import CLASS_NAMES, EXPLANATION, EXPLANATION_METHODS
from fer_core.store import RunStore
from tests.cli.conftest import Command


@pytest.fixture(autouse=True)
def store(trained_store: RunStore) -> RunStore:
    return trained_store


@pytest.fixture(autouse=True)
def method(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the real methods one with options of each kind."""

    def explain(
        subject: Subject,
        *,
        samples: int = 10,
        share: float = 0.5,
        grid: str = "8x8",
        fold: bool = True,
        level: float | None = None,
    ) -> Maps:
        return Maps(subject.images[:, 0] * samples)

    monkeypatch.setitem(EXPLAINERS, "fake", SimpleNamespace(explain=explain, SIGNED=False))


def document(result: tuple[int, str, str]) -> Any:
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


def lines(err: str) -> list[str]:
    return err.splitlines()


def test_the_document_says_what_was_stored_what_was_there_and_what_was_skipped(
    command: Command, store: RunStore
) -> None:
    arguments = (
        "explain",
        "first",
        "--methods",
        "saliency",
        "--samples",
        "test:3,test:0",
        "--json",
    )
    told = document(command(*arguments))
    run = store.run("first")
    assert (told["run"], told["id"], told["synthetic"]) == ("first", run.id, True)
    assert (told["weights"], told["epoch"], told["seed"]) == ("best", run.best_epoch, 0)
    assert told["output"] is None
    assert {key.provenance["output"] for key in store.tensor_keys(run.id, EXPLANATION)} == {"logit"}
    assert [image["sample"] for image in told["images"]] == ["test:3", "test:0"]
    for image, key in zip(told["images"], told["stored"], strict=True):
        assert image["target"] == image["predicted"] in CLASS_NAMES
        assert image["true"] in CLASS_NAMES
        assert 1 / 7 <= image["probability"] <= 1
        assert key == {
            "method": "saliency",
            "layer": "",
            "sample": image["sample"],
            "target": image["target"],
        }
    assert (told["present"], told["skipped"]) == ([], [])
    again = document(command(*arguments))
    assert (again["stored"], again["present"]) == ([], told["stored"])
    assert document(command(*arguments, "--force"))["stored"] == told["stored"]
    assert document(command("runs", "show", "first", "--json"))["explanations"] == {"saliency": 2}
    assert "2 saliency" in command("runs", "show", "first")[1]
    assert "explanations" not in command("runs", "show", "second")[1]


def test_count_and_size_are_said_before_and_what_was_done_after(
    command: Command, store: RunStore
) -> None:
    arguments = ("explain", "first", "--methods", "saliency,fake", "--samples", "test:0,test:1")
    code, out, err = command(*arguments)
    assert code == 0
    start = f"first (synthetic faces), best weights, epoch {store.run('first').best_epoch}: "
    assert lines(err) == [
        f"{start}4 explanations to compute and store, about 0.04 MB (2 images; saliency, fake); "
        "0 there already"
    ]
    assert out.startswith(f"{start}4 explanations stored, 0 there already, ")
    code, out, err = command(*arguments)
    assert lines(err) == [f"{start}nothing lacks; 4 there already"]
    assert out.startswith(f"{start}0 explanations stored, 4 there already, ")


def test_by_default_classes_with_too_few_images_are_named(command: Command) -> None:
    code, _, err = command("explain", "first", "--methods", "fake")
    assert code == 0
    skipped = lines(err)[1:]
    assert skipped
    assert all(line.startswith("skipped: images: ") for line in skipped)
    assert all(line.endswith(" images on validation, not 1") for line in skipped)


def test_a_program_that_reads_us_gets_progress_and_the_document_as_events(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("explain", "first", "--methods", "fake", "--samples", "test:0,test:1,test:2")
    shown = document(command(*arguments, "--json"))
    monkeypatch.setenv("FER_EVENTS", "1")
    code, out, err = command(*arguments, "--json", "--force")
    assert (code, out) == (0, "")
    *progress, last = [json.loads(line) for line in lines(err)]
    assert progress == [{"done": done, "total": 3} for done in (0, 1, 3)]
    assert last["result"] | {"seconds": 0} == shown | {"seconds": 0}
    code, out, err = command("explain", "first", "--samples", "test:99", "--json")
    assert (code, json.loads(err)) == (2, {"error": "no image test:99; test has 0 to 13"})


def test_ctrl_c_says_that_what_is_done_is_stored(
    command: Command, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = RunStore.add_tensors

    def interrupted(self: RunStore, *arguments: Any) -> None:
        add(self, *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(RunStore, "add_tensors", interrupted)
    code, _, err = command("explain", "first", "--methods", "fake", "--samples", "test:0,test:1")
    assert code == 130
    assert "interrupted; what is done is stored, the same command does the rest" in err
    assert [key.sample for key in store.tensor_keys("first", EXPLANATION)] == ["test:0"]


def test_options_of_methods_are_read_as_their_defaults_are(
    command: Command, store: RunStore
) -> None:
    given = ("samples=20", "share=1", "grid=6", "fold=false", "level=0.25")
    options = [word for text in given for word in ("--method-option", f"fake.{text}")]
    told = document(
        command("explain", "first", "--methods", "fake", "--samples", "test:0", *options, "--json")
    )
    assert len(told["stored"]) == 1
    (key,) = store.tensor_keys("first", EXPLANATION)
    found = key.provenance["options"]
    assert found == {"samples": 20, "share": 1.0, "grid": "6", "fold": False, "level": 0.25}
    assert isinstance(found, dict)
    assert isinstance(found["share"], float)


ASKED = ("--methods", "fake", "--samples", "test:0")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--method-option", "samples=3"), "--method-option takes METHOD.OPTION=VALUE, got "),
        (("--method-option", "fake.samples"), "got 'fake.samples'; e.g. lime.samples=2000"),
        (("--method-option", "fake.samples=3.5"), "fake.samples is '3.5'; give a whole number"),
        (("--method-option", "fake.samples=many"), "'many'; give a whole number, as the default"),
        (("--method-option", "fake.share=true"), "fake.share is 'true'; give a number"),
        (("--method-option", "fake.fold=1"), "fake.fold is '1'; give true or false"),
        (
            ("--method-option", "fake.size=1"),
            "fake has no option 'size'; use one of samples, share, grid, fold, level",
        ),
        (("--method-option", "limes.size=1"), "method is 'limes'; use one of saliency, "),
        (("--method-option", "saliency.size=1"), "saliency has no option 'size'; it has none"),
        (("--layers", ","), "--layers is ','; name one or several, or leave it out"),
        (("--layers", "conv1"), "layers are conv1, but fake know none"),
        (("--per-class", "0"), "samples test:0 are named, so none are drawn; leave out --per-cl"),
        (("--device", "tpu"), "device is 'tpu'; use one of auto, cpu, cuda"),
        (("--targets", "x"), "targets is 'x'; use predicted, true, or a class: angry, disgust"),
        (("--seed", "one"), "Invalid value for '--seed'"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    command: Command, store: RunStore, arguments: tuple[str, ...], line: str
) -> None:
    code, out, err = command("explain", "first", *ASKED, *arguments)
    assert (code, out) == (2, "")
    assert len(lines(err)) == 1
    assert line in err
    assert store.tensor_keys("first", EXPLANATION) == ()


def test_methods_left_empty_and_images_of_none_are_refused(command: Command) -> None:
    for arguments, line in (
        (("--methods", ""), "--methods is ''; name one or several, or leave it out"),
        (("--samples", ""), "samples is ''; name images, as test:12,train:5566"),
        (("--per-class", "0"), "per-class is 0; give 1 or more"),
        (("--correct", "--split", "test"), "make them with: fer-core evaluate first --split test"),
    ):
        code, _, err = command("explain", "first", *arguments)
        assert code == 2
        assert line in err


def test_the_help_fits_80_columns_and_names_every_method(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = command("explain", "--help")
    assert code == 0
    assert all(name in out for name in EXPLANATION_METHODS)
    shown = [line.strip() for line in out.splitlines()]
    assert max(map(len, out.splitlines())) <= 80
    written = inspect.getdoc(explaining.explain) or ""
    assert "Example: fer-core explain fast-1" in written
    assert {line for line in written.splitlines() if line != "\b"} <= set(shown)


@pytest.mark.fer2013
def test_real_faces_are_explained(command: Command, few_real_faces: Path) -> None:
    """A network that saw a few of them once."""
    assert command("data", "import", str(few_real_faces), "--name", "few")[0] == 0
    train = ("train", "fast", "--data", "few", "--name", "real", "--set", "batch_size=32")
    assert command(*train, "--epochs", "1", "--device", "cpu")[0] == 0
    arguments = ("explain", "real", "--methods", "saliency", "--per-class", "2", "--device", "cpu")
    told = document(command(*arguments, "--json"))
    assert (len(told["stored"]), told["skipped"], told["synthetic"]) == (14, [], False)
    with RunStore.open(read_only=True) as store:
        maps = [record.array for record in store.tensors("real", EXPLANATION)]
    assert all(each.shape == (48, 48) and each.max() > each.min() >= 0 for each in maps)
