from itertools import combinations

import numpy as np
import pytest

from fer_core.analysis import ensembles
from fer_core.analysis.selection import (
    COMBINATIONS,
    combined_accuracy,
    forward_selection,
    mean_accuracy,
    read_candidates,
)
from fer_core.errors import InputError
from fer_core.store import RunStore
from tests.analysis.answers import labels_of, probabilities_of

COUNTS = (30, 6, 25, 45, 35, 20, 30)


@pytest.fixture
def candidates():
    rng = np.random.default_rng(0)
    labels = labels_of(COUNTS)
    skills = (1.0, 1.6, 0.4, 1.5, 1.2)
    return np.stack([probabilities_of(labels, rng, skill=skill) for skill in skills]), labels


def right(probabilities, labels):
    return int((probabilities.mean(axis=0, dtype=float).argmax(axis=1) == labels).sum())


def test_the_accuracy_of_any_set_is_that_of_the_mean(candidates):
    probabilities, labels = candidates
    for size in (1, 2, 3):
        for members in combinations(range(5), size):
            found = mean_accuracy(probabilities[list(members)], labels)
            assert found.correct == right(probabilities[list(members)], labels)
            assert found.count == len(labels)


def test_each_step_takes_the_member_that_helps_most(candidates):
    probabilities, labels = candidates
    found = forward_selection(probabilities, labels)
    assert sorted(found.order) == [0, 1, 2, 3, 4]
    chosen = []
    for step, member in enumerate(found.order.tolist()):
        others = [k for k in range(5) if k not in chosen]
        reached = {k: right(probabilities[[*chosen, k]], labels) for k in others}
        assert reached[member] == max(reached.values())
        chosen.append(member)
        assert found.accuracies[step].correct == reached[member]
        mean = ensembles.mean_probabilities(
            probabilities[chosen], np.full(len(chosen), 1 / len(chosen))
        )
        assert found.log_losses[step] == pytest.approx(ensembles.log_loss(mean, labels))
    curve = [each.correct for each in found.accuracies]
    assert found.best == curve.index(max(curve)) + 1


def test_ties_go_to_the_lower_log_loss_then_to_the_first():
    labels = np.array([0, 1, 2])
    sure, unsure = (np.full((3, 7), (1 - p) / 6) for p in (0.9, 0.5))
    for shares, p in ((sure, 0.9), (unsure, 0.5)):
        shares[np.arange(3), labels] = p
    found = forward_selection(np.stack([unsure, sure, sure]).astype(np.float32), labels)
    assert found.order.tolist() == [1, 2, 0]
    assert found.best == 1


def test_candidates_are_read_on_validation_and_never_on_test(
    trained_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    read = RunStore.predictions
    monkeypatch.setattr(
        RunStore, "predictions", lambda self, run, split, *a: asked.append(split) or read(
            self, run, split, *a)
    )  # fmt: skip
    found = read_candidates(trained_store, ("first", "second", "third"))
    assert [each.run.name for each in found] == ["first", "second", "third"]
    assert set(asked) == {"validation"}


def test_candidates_on_different_images_are_refused(trained_store, tiny_config) -> None:
    from fer_core.experiment import train_run

    config = tiny_config.replace(validation=0.3, epochs=1)
    train_run(trained_store, config, name="held-out", device="cpu")
    with pytest.raises(InputError, match="'first' and 'held-out' are judged on different"):
        read_candidates(trained_store, ("first", "held-out"))


def test_members_are_combined_as_the_stored_ensemble_combines_them():
    rng = np.random.default_rng(5)
    labels = labels_of((20,) * 7)
    stacked = np.stack([probabilities_of(labels, rng, skill=skill) for skill in (2.0, 0.5, 0.5)])
    expected = {
        "equal": stacked.mean(axis=0, dtype=np.float64),
        "validation": ensembles.mean_probabilities(
            stacked, ensembles.validation_weights(stacked, labels)
        ),
        "vote": ensembles.vote_shares(stacked),
    }
    assert set(expected) == set(COMBINATIONS)
    for combine, shares in expected.items():
        found = combined_accuracy(stacked, labels, combine)
        assert (found.correct, found.count) == ((shares.argmax(axis=1) == labels).sum(), 140)
    # They are three ways: the vote of two poor members outweighs the good one.
    assert combined_accuracy(stacked, labels, "vote").correct < (
        combined_accuracy(stacked, labels, "validation").correct
    )
