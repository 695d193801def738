"""`fer-core compare` as a person types it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar

from fer_core.records import DatasetArrays
from fer_core.store import RunStore
from tests.store.samples import make_arrays, make_predictions

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def right(tiny_store: RunStore, tiny_faces: DatasetArrays) -> dict[str, np.ndarray]:
    """Runs in the command's store, and which of the 14 validation images each gets right.

    `plain-0`, `plain-1` and `full-0`, `full-1` are two configurations with two seeds; `full-0` has
    predictions on test, `elsewhere` is of other images, `silent` has predicted nothing.
    """
    rng = np.random.default_rng(0)
    found = {}
    for name, share in (("plain-0", 0.5), ("plain-1", 0.4), ("full-0", 0.9), ("full-1", 0.8)):
        config = {"augment": name[:-2], "seed": int(name[-1])}
        with tiny_store.start_run(
            name, config=config, preset="tiny", data="tiny", seed=config["seed"]
        ) as run:
            labels = run.labels("validation")
            found[name] = rng.random(len(labels)) < share
            classes = np.where(found[name], labels, (labels + 1) % 7)
            run.add_predictions(make_predictions(tiny_store, run.id, "validation", classes))
            if name == "full-0":
                last = make_predictions(tiny_store, run.id, "validation", weights="last")
                run.add_predictions(last)
                run.add_predictions(make_predictions(tiny_store, run.id, "test"))
    tiny_store.add_dataset("others", replace(make_arrays(), synthetic=False))
    with tiny_store.start_run("elsewhere", preset="tiny", data="others") as run:
        run.add_predictions(make_predictions(tiny_store, run.id, "validation"))
    with tiny_store.start_run("silent", preset="tiny", data="tiny"):
        pass
    return found


def _json(result: tuple[int, str, str]) -> Any:
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


def test_the_document_has_the_numbers_of_independent_references(
    command: Command, right: dict[str, np.ndarray], tiny_store: RunStore
) -> None:
    found = _json(command("compare", "plain-0", "full-0", "--json"))
    assert (found["split"], found["n"], found["paired"]) == ("validation", 14, True)
    assert [run["name"] for run in found["runs"]] == ["plain-0", "full-0"]
    for run in found["runs"]:
        own = right[run["name"]]
        assert run["id"] == tiny_store.run(run["name"]).id
        assert run["accuracy"] == pytest.approx(own.mean())
        wilson = binomtest(int(own.sum()), 14).proportion_ci(method="wilson")
        assert run["interval"] == pytest.approx([wilson.low, wilson.high])
        assert run["synthetic"]
        for name in ("balanced_accuracy", "macro_f1", "log_loss", "calibration_error"):
            low, high = run[name]["interval"]
            assert low <= run[name]["value"] <= high
        labels = tiny_store.evaluation_split(run["id"], "validation").labels
        happy = run["classes"]["Happy"]
        assert happy["support"] == (labels == 3).sum()
        assert happy["recall"]["value"] == pytest.approx(own[labels == 3].mean())
    [pair] = found["pairs"]
    a, b = right["plain-0"], right["full-0"]
    table = [[(a & b).sum(), (a & ~b).sum()], [(b & ~a).sum(), (~a & ~b).sum()]]
    assert (pair["a"], pair["b"]) == tuple(run["id"] for run in found["runs"])
    assert (pair["a_only"], pair["b_only"]) == (table[0][1], table[1][0])
    assert pair["difference"] == pytest.approx(a.mean() - b.mean())
    assert pair["mcnemar_p"] == pytest.approx(mcnemar(table, exact=True).pvalue)
    low, high = pair["interval"]
    assert low <= pair["difference"] <= high
    assert set(pair["classes"]) == {
        "Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral",
    }  # fmt: skip
    weights = found["runs"][1]["by_weights"]
    assert [each["weights"] for each in weights] == ["best", "last"]
    assert weights[1]["accuracy"] == 1
    assert found["groups"] == found["group_differences"] == []


def test_groups_of_seeds_are_found_and_their_factor_named(
    command: Command, right: dict[str, np.ndarray]
) -> None:
    found = _json(command("compare", "plain-0", "full-0", "plain-1", "full-1", "--json"))
    ids = {run["name"]: run["id"] for run in found["runs"]}
    assert [group["runs"] for group in found["groups"]] == [
        [ids["plain-0"], ids["plain-1"]],
        [ids["full-0"], ids["full-1"]],
    ]
    means = [right["plain-0"].mean() + right["plain-1"].mean(), 0]
    assert found["groups"][0]["mean"] == pytest.approx(means[0] / 2)
    [difference] = found["group_differences"]
    assert difference["factor"] == {"augment": ["plain", "full"]}
    assert len(found["pairs"]) == 6
    assert all(pair["p_holm"] >= pair["mcnemar_p"] for pair in found["pairs"])
    code, out, _ = command("compare", "plain-0", "full-0", "plain-1", "full-1")
    assert code == 0
    assert "like plain-0" in out
    assert "They differ in augment: plain / full." in out


def test_weights_of_one_run_are_compared_as_runs_are(
    command: Command, right: dict[str, np.ndarray]
) -> None:
    found = _json(command("compare", "full-0", "--weights", "last,best", "--json"))
    assert found["weights"] == "last,best"
    assert [(run["name"], run["weights"]) for run in found["runs"]] == [
        ("full-0", "last"),
        ("full-0", "best"),
    ]
    best = right["full-0"]
    assert [run["accuracy"] for run in found["runs"]] == pytest.approx([1, best.mean()])
    [pair] = found["pairs"]
    assert (pair["a_weights"], pair["b_weights"]) == ("last", "best")
    assert (pair["a_only"], pair["b_only"]) == ((~best).sum(), 0)
    table = [[best.sum(), (~best).sum()], [0, 0]]
    assert pair["mcnemar_p"] == pytest.approx(mcnemar(table, exact=True).pvalue)
    code, out, err = command("compare", "full-0", "--weights", "last,best")
    assert (code, err) == (0, "")
    assert "validation, last / best weights (best: chosen on validation), averaging" in out
    points = 100 * (1 - best.mean())
    assert f"full-0, last is {points:.2f} points more accurate than full-0, best" in out
    assert f"only full-0, last right: {(~best).sum()}, only full-0, best right: 0 images" in out
    assert "the best epoch of each run was chosen on these images" in out


def test_seeds_are_grouped_by_their_weights(
    command: Command, right: dict[str, np.ndarray], tiny_store: RunStore
) -> None:
    given = make_predictions(tiny_store, "full-1", "validation", weights="last")
    tiny_store.add_predictions("full-1", given)
    found = _json(command("compare", "full-0", "full-1", "--weights", "best,last", "--json"))
    ids = [found["runs"][place]["id"] for place in (0, 2)]
    assert [(group["runs"], group["weights"]) for group in found["groups"]] == [
        (ids, "best"),
        (ids, "last"),
    ]
    means = [(right["full-0"].mean() + right["full-1"].mean()) / 2, 1]
    assert [group["mean"] for group in found["groups"]] == pytest.approx(means)
    [difference] = found["group_differences"]
    assert difference["factor"] == {"weights": ["best", "last"]}
    assert len(found["pairs"]) == 6


def test_the_text_says_split_weights_images_and_what_the_data_support(
    command: Command, right: dict[str, np.ndarray]
) -> None:
    code, out, err = command("compare", "plain-0", "full-0")
    assert (code, err) == (0, "")
    assert "validation, best weights (chosen on validation), averaging: none, synthetic" in out
    assert "chosen on these images, which flatters it here" in out
    points = 100 * (right["full-0"].mean() - right["plain-0"].mean())
    assert f"full-0 is {points:.2f} points more accurate than plain-0" in out
    assert "on the same 14 images; exact McNemar test" in out
    assert "stored weights: best" in out
    assert "last 100.00%" in out


def test_runs_on_different_images_are_compared_unpaired_and_it_says_so(
    command: Command, right: dict[str, np.ndarray]
) -> None:
    found = _json(command("compare", "plain-0", "elsewhere", "--json"))
    assert (found["n"], found["paired"]) == (None, False)
    assert [run["n"] for run in found["runs"]] == [14, 12]
    [pair] = found["pairs"]
    assert (pair["mcnemar_p"], pair["a_only"], pair["kappa"]) == (None, None, None)
    assert 0 <= pair["z_test_p"] <= 1
    out = command("compare", "plain-0", "elsewhere")[1]
    assert "different images (12 and 14), so that they are not compared one by one" in out
    assert "plain-0 (synthetic)" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("plain-0",), "compare takes two or more different runs, got plain-0; see: fer-core runs"),
        (("plain-0", "plain-0"), "two or more different runs, got plain-0, plain-0"),
        (("plain-0", "nobody"), "no run 'nobody' in"),
        (("plain-0", "silent"), "make them with: fer-core evaluate silent --split validation"),
        (("full-0", "full-1", "--split", "test"), "fer-core evaluate full-1 --split test"),
        (("full-0", "full-1", "--split", "nowhere"), "has no split 'nowhere'; use one of test"),
        (("full-0", "full-1", "--average", "flip"), "--split validation --average flip"),
        (("full-0", "full-1", "--average", "five"), "average is 'five'; use one of none, flip"),
        (("full-0", "full-1", "--weights", "worst"), "weights is 'worst'; use best, last, average"),
        (("full-0", "--weights", "best,best"), "or compare weights of one: --weights best,last"),
        (("full-0", "--weights", "best,worst"), "weights is 'best,worst'; use best, last, average"),
        (("full-0", "--weights", ","), "weights is ','; use best, last, average"),
        (("full-0", "--weights", "best,epoch-3"), "split validation --weights epoch-3"),
        (("full-0", "full-1", "--weights", "last"), "evaluate full-1 --split validation --weights"),
    ],
)
def test_what_cannot_be_compared_says_so_in_one_line(
    command: Command, right: dict[str, np.ndarray], arguments: tuple[str, ...], message: str
) -> None:
    code, out, err = command("compare", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_comparing_writes_nothing(
    command: Command, right: dict[str, np.ndarray], tiny_store: RunStore
) -> None:
    before = [(run.id, run.revision) for run in tiny_store.runs()]
    readings = tiny_store.details("full-0").test_readings
    assert command("compare", "plain-0", "full-0")[0] == 0
    assert [(run.id, run.revision) for run in tiny_store.runs()] == before
    assert tiny_store.details("full-0").test_readings == readings


def test_without_a_store_it_says_what_to_do(command: Command) -> None:
    code, out, err = command("compare", "a", "b")
    assert (code, out) == (2, "")
    assert "no run store at" in err
    assert err.count("\n") == 1
