import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from fer_core.analysis.ensembles import validation_weights
from fer_core.ensembling import evaluate_ensemble, make_ensemble
from fer_core.errors import InputError
from fer_core.records import FINISHED
from fer_core.store import RunStore

Add = Callable[..., str]


@pytest.fixture
def add(tiny_store: RunStore) -> Add:
    """Store a finished run with random predictions: add("a", "validation", "test flip")."""

    def add_(name: str, *predicted: str, **settings: object) -> str:
        rng = np.random.default_rng(list(name.encode()))
        given = {"preset": "fast", "data": "tiny", "parameters": 100, "epochs_planned": 1}
        with tiny_store.start_run(name, **{**given, **settings}) as run:  # type: ignore[arg-type]
            run.add_epoch(validation_accuracy=0.5)
            for each in predicted:
                split, _, averaging = each.partition(" ")
                shares = rng.dirichlet(np.ones(7), len(run.labels(split)))
                run.add_predictions(split, shares, averaging=averaging or "none")
        return run.id

    return add_


def probabilities(store: RunStore, run: str, split: str = "validation", averaging: str = "none"):
    return store.predictions(run, split, averaging=averaging).probabilities


def test_an_ensemble_is_a_run_with_its_members_and_the_mean(tiny_store: RunStore, add: Add) -> None:
    ids = [add(name, "validation") for name in "abc"]
    made = make_ensemble(tiny_store, ["a", "b", ids[2]], name="all")
    assert (made.name, made.preset, made.status) == ("all", "ensemble", FINISHED)
    assert (made.epochs, made.epochs_planned, made.parameters) == (0, 0, 300)
    assert (made.dataset, made.synthetic, made.seconds) == ("tiny", True, 0)
    details = tiny_store.details(made.id)
    assert details.config == {
        "combine": "mean",
        "weighting": "equal",
        "members": dict.fromkeys("abc", pytest.approx(1 / 3)),
        "member_ids": dict(zip("abc", ids, strict=True)),
        "member_checkpoints": dict.fromkeys("abc", ""),
    }
    assert list(details.config["members"]) == ["a", "b", "c"]  # type: ignore[call-overload]
    wanted = np.mean([probabilities(tiny_store, name) for name in "abc"], axis=0)
    found = probabilities(tiny_store, "all")
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    labels = tiny_store.evaluation_split(made.id, "validation").labels
    assert made.validation_accuracy == (wanted.argmax(axis=1) == labels).mean()
    assert made.score("validation") is not None
    assert details.test_readings == ()


def test_a_vote_is_stored_as_shares_of_votes(tiny_store: RunStore, add: Add) -> None:
    for name in "abc":
        add(name, "validation")
    made = make_ensemble(tiny_store, "abc", vote=True)
    assert made.name == "ensemble-1"
    votes = np.stack([probabilities(tiny_store, name).argmax(axis=1) for name in "abc"])
    wanted = np.stack([(votes == label).mean(axis=0) for label in range(7)], axis=1)
    np.testing.assert_allclose(probabilities(tiny_store, made.id), wanted, atol=1e-6)


def test_weights_are_chosen_on_validation_and_used_everywhere(
    tiny_store: RunStore, add: Add
) -> None:
    for name in "abc":
        add(name, "validation", "validation flip", "test")
    made = make_ensemble(tiny_store, "abc", weighting="validation", splits=["test"])
    validation = np.stack([probabilities(tiny_store, name) for name in "abc"])
    labels = tiny_store.labels(made.dataset_fingerprint, "validation")
    weights = validation_weights(validation, labels)
    config = tiny_store.details(made.id).config
    assert list(config["members"].values()) == pytest.approx(weights)  # type: ignore[attr-defined]
    for split, averaging in (("validation", "flip"), ("test", "none")):
        each = [probabilities(tiny_store, name, split, averaging) for name in "abc"]
        np.testing.assert_allclose(
            probabilities(tiny_store, made.id, split, averaging),
            np.tensordot(weights, each, axes=1),
            rtol=1e-5,
        )


def test_what_all_members_have_is_combined_but_test_only_when_it_is_asked_for(
    tiny_store: RunStore, add: Add
) -> None:
    add("a", "validation", "validation flip", "train", "test")
    add("b", "train", "test", "validation", "test flip")
    made = make_ensemble(tiny_store, "ab")
    keys = [("validation", "best", "none"), ("train", "best", "none")]
    assert list(tiny_store.predicted(made.id)) == keys
    assert tiny_store.details(made.id).test_readings == ()
    made = make_ensemble(tiny_store, "ab", splits=["test"])
    assert ("test", "best", "none") in tiny_store.predicted(made.id)
    (reading,) = tiny_store.details(made.id).test_readings
    assert (reading.split, reading.weights, len(reading.checkpoint_sha256)) == ("test", "best", 64)
    for name in "ab":  # nobody else's readings grow
        predicted = [key for key in tiny_store.predicted(name) if key[0] == "test"]
        assert len(tiny_store.details(name).test_readings) == len(predicted)


def test_a_stored_ensemble_is_evaluated_from_its_members(tiny_store: RunStore, add: Add) -> None:
    for name in "ab":
        add(name, "validation", "test", "test flip")
    made = make_ensemble(tiny_store, "ab", name="e")
    score = evaluate_ensemble(tiny_store, "e", "test", averaging="flip")
    wanted = np.mean([probabilities(tiny_store, name, "test", "flip") for name in "ab"], axis=0)
    labels = tiny_store.labels(made.dataset_fingerprint, "test")
    assert (score.count, score.correct) == (14, int((wanted.argmax(axis=1) == labels).sum()))
    assert len(tiny_store.details("e").test_readings) == 1
    with pytest.raises(InputError, match="'e' is an ensemble of the best weights of its members"):
        evaluate_ensemble(tiny_store, "e", "test", weights="last")
    with pytest.raises(InputError, match=r"fer-core evaluate a --split train$"):
        evaluate_ensemble(tiny_store, "e", "train")
    tiny_store.delete("a")
    with pytest.raises(InputError, match="'a', a member of 'e', was deleted"):
        evaluate_ensemble(tiny_store, "e", "test")


def test_an_ensemble_may_be_a_member(tiny_store: RunStore, add: Add) -> None:
    for name in "abc":
        add(name, "validation")
    make_ensemble(tiny_store, "ab", name="two")
    made = make_ensemble(tiny_store, ["two", "c"])
    assert made.parameters == 300
    each = [probabilities(tiny_store, name) for name in "abc"]
    np.testing.assert_allclose(
        probabilities(tiny_store, made.id),
        np.tensordot([0.25, 0.25, 0.5], each, axes=1),
        rtol=1e-5,
    )


def test_twins_are_those_of_what_any_member_trained_on(tiny_store: RunStore, add: Add) -> None:
    held_out = np.arange(20)
    add("a", "validation", held_out=held_out, dropped=np.array([30, 31, 32]))
    add("b", "validation", held_out=held_out, dropped=np.array([32, 30, 40]))
    made = make_ensemble(tiny_store, "ab")
    assert tiny_store.held_out(made.id).tolist() == held_out.tolist()
    assert tiny_store.dropped(made.id).tolist() == [30, 32]


def test_wrong_ensembles_store_nothing(tiny_store: RunStore, add: Add) -> None:
    add("a", "validation")
    add("b", "validation")
    add("held out", "validation", held_out=np.arange(14))
    add("flip", "validation flip")
    with tiny_store.start_run("logged", data="tiny"):
        pass
    with pytest.raises(KeyboardInterrupt), tiny_store.start_run("cut", data="tiny"):
        raise KeyboardInterrupt
    before = tiny_store.runs()
    for runs, settings, words in (
        (["a"], {}, "two or more different runs, got a; see: fer-core runs list"),
        (["a", "a"], {}, "two or more different runs, got a, a"),
        ([], {}, "got none"),
        (["a", "x"], {}, "no run 'x'"),
        (["a", "cut"], {}, "run 'cut' is interrupted; an ensemble takes finished runs"),
        (["a", "b"], {"weighting": "test"}, "weights are 'test'; use one of equal, validation"),
        (["a", "b"], {"weighting": "validation", "vote": True}, "leave out --vote or --weights"),
        (["a", "b"], {"splits": ["test"]}, "fer-core evaluate a --split test$"),
        (["a", "b"], {"splits": ["tset"]}, "'a' has no split 'tset'; use one of test, train, val"),
        (["a", "flip"], {}, "fer-core evaluate flip --split validation$"),
        (["a", "logged"], {}, "'logged' has no predictions .*store.add_predictions"),
        (["a", "held out"], {}, "a, held out are judged on different validation images"),
        (["a", "b"], {"name": "a"}, "'a' is the name of another run"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            make_ensemble(tiny_store, runs, **settings)  # type: ignore[arg-type]
        assert "\n" not in str(caught.value)
    assert tiny_store.runs() == before


def test_runs_of_two_data_sets_are_refused(tiny_store: RunStore, add: Add) -> None:
    from fer_core.data.synthetic import synthesise

    tiny_store.add_dataset("other", synthesise(70, seed=9))
    add("a", "validation")
    add("b", "validation", data="other")
    with pytest.raises(InputError, match="'b' is of data set 'other' and 'a' of 'tiny'"):
        make_ensemble(tiny_store, "ab")


def test_neither_a_model_nor_torch_is_needed() -> None:
    code = "import sys, fer_core.ensembling\nassert 'torch' not in sys.modules, 'heavy'"
    subprocess.run([sys.executable, "-c", code], check=True)
