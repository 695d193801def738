"""What jobs may be started with, and what their arguments then are."""

import pytest

from dashboard import commands, jobs
from fer_core.data import photo
from fer_core.errors import InputError
from fer_core.store import RunStore


@pytest.mark.parametrize(
    ("command", "choices", "reason"),
    [
        ("rm", {}, f"no command 'rm'; use one of {', '.join(commands.COMMANDS)}"),
        (
            "predict",
            {"weights": "best --keep"},
            "weights is 'best --keep'; use one of best, last, average",
        ),
        ("predict", {"average": ["none"]}, "average is ['none']; use one of none, flip, crops"),
        ("predict", {"crop": None}, "crop is None; use one of auto, none"),
    ],
)
def test_what_is_not_allowed_is_refused_before_anything_starts(
    trained_store: RunStore, command: str, choices: dict[str, object], reason: str
) -> None:
    with pytest.raises(InputError) as caught:
        jobs.start(trained_store, command, [trained_store.run("first")], picture="-", **choices)
    assert str(caught.value) == reason
    assert not (trained_store.folder / "jobs").exists()


def test_runs_that_are_gone_and_no_runs_are_refused(trained_store: RunStore) -> None:
    run = trained_store.run("first")
    trained_store.delete(run.id)
    with pytest.raises(InputError, match="no run"):
        jobs.start(trained_store, "predict", [run], picture="-")
    with pytest.raises(InputError, match="no run to predict with; pick one"):
        jobs.start(trained_store, "predict", [], picture="-")


def test_a_folder_that_cannot_be_written_is_said(trained_store: RunStore) -> None:
    (trained_store.folder / "jobs").write_text("in the way")
    with pytest.raises(InputError, match=r"no job can be started in .*jobs"):
        jobs.start(trained_store, "predict", [trained_store.run("first")], picture="-")


def test_the_command_allows_what_the_library_does() -> None:
    assert commands.CROPS == photo.CROPS


def test_arguments_leave_out_what_is_default_and_tell_the_rest() -> None:
    assert commands.predict(["a"], "x.jpg") == ["predict", "a", "x.jpg"]
    assert commands.predict(
        ["a", "-b"], "-", name="-n", weights="last", average="flip", crop="none", keep=True
    ) == [
        *("predict", "a", "-", "--with=-b", "--name=-n"),
        *("--weights=last", "--average=flip", "--crop=none", "--keep"),
    ]
