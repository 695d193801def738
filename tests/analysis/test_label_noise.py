from dataclasses import replace

import numpy as np
import pytest

from fer_core.analysis.label_noise import confident_classes, suspects
from fer_core.errors import InputError
from tests.analysis.answers import answers, labels_of, probabilities_of


def test_thresholds_are_the_mean_confidence_of_each_class():
    labels = np.array([0, 0, 1, 1])
    probabilities = np.zeros((4, 7), np.float32)
    probabilities[0, [0, 1]] = 0.9, 0.1
    probabilities[1, [0, 1]] = 0.3, 0.7  # labelled 0; class 1 has 0.6 on average: called 1
    probabilities[2, [0, 1]] = 0.2, 0.8
    probabilities[3, [0, 1, 2]] = 0.5, 0.4, 0.1  # 0.5 is below the 0.6 of class 0: called nothing
    assert confident_classes(probabilities, labels).tolist() == [0, 1, 1, -1]


def test_confident_classes_are_those_of_the_definition_image_by_image():
    rng = np.random.default_rng(0)
    labels = labels_of((30, 5, 30, 40, 30, 20, 0))
    probabilities = probabilities_of(labels, rng)
    thresholds = {k: probabilities[labels == k, k].mean() for k in range(6)}
    for row, called in zip(probabilities, confident_classes(probabilities, labels), strict=True):
        reached = [k for k in thresholds if row[k] >= thresholds[k]]
        assert called == (max(reached, key=lambda k: row[k]) if reached else -1)


@pytest.fixture
def noisy():
    """Three good runs, and labels of which 20 were changed."""
    rng = np.random.default_rng(1)
    true = labels_of()
    changed = rng.choice(len(true), 20, replace=False)
    given = true.copy()
    given[changed] = (given[changed] + rng.integers(1, 7, 20)) % 7
    runs = [answers(given, probabilities_of(true, rng, skill=8.0), name=str(k)) for k in range(3)]
    return runs, true, set(changed.tolist())


def test_changed_labels_stand_first_with_the_class_they_had(noisy):
    runs, true, changed = noisy
    found = suspects(runs)
    first = [each.index for each in found[:20]]
    assert len(changed & set(first)) >= 18
    assert all(each.suggested == true[each.index] for each in found if each.index in changed)
    assert all(each.label != each.suggested for each in found)
    order = [(-each.votes, -each.margin) for each in found]
    assert order == sorted(order)


def test_more_than_half_of_the_runs_agree_unless_others_are_asked_for(noisy):
    runs, _, _ = noisy
    assert {each.votes for each in suspects(runs)} <= {2, 3}
    assert {each.votes for each in suspects(runs, least_votes=3)} == {3}
    assert len(suspects(runs, least_votes=1)) >= len(suspects(runs))


def test_runs_that_cannot_judge_are_refused(noisy):
    runs, _, _ = noisy
    with pytest.raises(InputError, match="trained on them"):
        suspects([replace(runs[0], split="train")])
    with pytest.raises(InputError, match="same images"):
        suspects([runs[0], replace(runs[1], fingerprint="other")])
    with pytest.raises(InputError, match="same images"):
        suspects([])
