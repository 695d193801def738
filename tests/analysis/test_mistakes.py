import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from fer_core.analysis.mistakes import confused_pairs, mistakes
from fer_core.errors import InputError
from tests.analysis.answers import answers, labels_of, probabilities_of


def made_up(seed, runs=3, count=12):
    rng = np.random.default_rng(seed)
    labels = labels_of((count,) * 7)
    return labels, [
        answers(labels, probabilities_of(labels, rng), name=str(number)) for number in range(runs)
    ]


def test_one_run_s_mistakes_are_its_wrong_answers_the_surest_first():
    labels, [run] = made_up(0, runs=1)
    found = mistakes([run])
    assert {each.index for each in found} == set(np.flatnonzero(run.predicted != labels))
    for each in found:
        assert each.said == run.predicted[each.index]
        assert each.probability == pytest.approx(run.probabilities[each.index].max())
    assert [each.probability for each in found] == sorted(
        (each.probability for each in found), reverse=True
    )


def test_pairs_are_the_cells_of_the_confusion_matrix():
    labels, [run] = made_up(1, runs=1)
    pairs = confused_pairs(mistakes([run]), labels)
    matrix = confusion_matrix(labels, run.predicted, labels=range(7))
    np.fill_diagonal(matrix, 0)
    assert {(p.true, p.said): p.count for p in pairs} == {
        (int(i), int(j)): int(matrix[i, j]) for i, j in zip(*np.nonzero(matrix), strict=True)
    }
    assert all(p.share == p.count / 12 for p in pairs)
    assert [p.count for p in pairs] == sorted((p.count for p in pairs), reverse=True)


@given(seed=st.integers(0, 50), least=st.integers(1, 4))
def test_so_many_runs_agree_on_the_same_wrong_class(seed, least):
    labels, runs = made_up(seed)
    found = {each.index: each for each in mistakes(runs, least=least)}
    for index, label in enumerate(labels):
        said = [int(run.predicted[index]) for run in runs if run.predicted[index] != label]
        most = max((said.count(each) for each in said), default=0)
        assert (index in found) == (most >= least)
        if index in found:
            assert found[index].votes == most == said.count(found[index].said)


def test_of_equal_votes_it_is_the_more_probable_class():
    labels = labels_of((1, 0, 0, 0, 0, 0, 0))
    a, b = (np.full((1, 7), 0.05, np.float32) for _ in range(2))
    a[0, 3], b[0, 5] = 0.7, 0.6
    a[0, 5] = 0.1
    [found] = mistakes([answers(labels, a), answers(labels, b, name="b")])
    assert (found.said, found.votes) == (3, 1)
    assert found.probability == pytest.approx(0.375)


def test_runs_on_different_images_are_refused():
    labels, [a, b] = made_up(2, runs=2)
    other = answers(labels, b.probabilities, fingerprint="other")
    for runs in ([a, other], []):
        with pytest.raises(InputError, match="on the same images"):
            mistakes(runs)
