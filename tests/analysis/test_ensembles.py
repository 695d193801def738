import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fer_core.analysis.ensembles import (
    log_loss,
    mean_probabilities,
    validation_weights,
    vote_shares,
)


def members(count: int, images: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Members of which each is better than the one before, and the labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 7, images)
    logits = rng.normal(0, 1, (count, images, 7))
    for member in range(count):
        logits[member, np.arange(images), labels] += 0.5 + member / 2
    shares = np.exp(logits)
    return (shares / shares.sum(axis=2, keepdims=True)).astype(np.float32), labels


def test_the_mean_is_the_weighted_mean() -> None:
    probabilities, _ = members(3)
    weights = np.array([0.2, 0.3, 0.5])
    mean = mean_probabilities(probabilities, weights)
    wanted = sum(w * p.astype(np.float64) for w, p in zip(weights, probabilities, strict=True))
    np.testing.assert_allclose(mean, wanted, rtol=1e-6)
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean.sum(axis=1), 1, rtol=1e-6)


def test_a_vote_is_the_share_of_members_for_each_class() -> None:
    probabilities, _ = members(5)
    shares = vote_shares(probabilities)
    for image in range(0, 400, 7):
        voted = [int(p[image].argmax()) for p in probabilities]
        wanted = [voted.count(label) / 5 for label in range(7)]
        np.testing.assert_allclose(shares[image], wanted, atol=1e-6)
    assert shares.dtype == np.float32


def test_a_tie_goes_to_the_higher_mean_probability() -> None:
    probabilities = np.full((4, 3, 7), 0.02, np.float32)
    # Two for class 5 and two for class 1, which is the first of the two; class 5 is surer.
    for member, label, share in ((0, 5, 0.88), (1, 5, 0.88), (2, 1, 0.5), (3, 1, 0.5)):
        probabilities[member, 0, label] = share
    # The same the other way round, and a class that all think likely but none most likely.
    for member, label, share in ((0, 5, 0.5), (1, 5, 0.5), (2, 1, 0.6), (3, 1, 0.6)):
        probabilities[member, 1, label] = share
        probabilities[member, 1, 3] = 0.49
    probabilities[:3, 2, 6], probabilities[3, 2, 0] = 0.4, 0.9  # a majority, though less sure
    shares = vote_shares(probabilities)
    assert shares.argmax(axis=1).tolist() == [5, 1, 6]
    np.testing.assert_allclose(shares[0, [1, 5]], 0.5, atol=1e-6)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)


@given(arrays(np.float32, (4, 5, 7), elements=st.floats(0.0, 1.0, width=16)))
def test_the_largest_share_is_always_a_most_voted_class(values: np.ndarray) -> None:
    shares = vote_shares(values)
    voted = values.argmax(axis=2)
    for image in range(5):
        counts = np.bincount(voted[:, image], minlength=7)
        most = np.flatnonzero(counts == counts.max())
        means = values[:, image].mean(axis=0, dtype=np.float64)
        assert shares[image].argmax() == most[means[most].argmax()]


def test_log_loss_is_the_mean_of_minus_the_logarithms() -> None:
    probabilities, labels = members(1)
    rows = zip(probabilities[0], labels, strict=True)
    wanted = -np.mean([np.log(float(row[label])) for row, label in rows])
    assert log_loss(probabilities[0], labels) == pytest.approx(wanted)
    certain = np.eye(7, dtype=np.float32)[[1, 1]]
    assert np.isfinite(log_loss(certain, np.array([1, 2])))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_validation_weights_are_those_of_maximum_likelihood(seed: int) -> None:
    """Against EM for the shares of a mixture (Dempster, Laird & Rubin 1977, section 4.3)."""
    probabilities, labels = members(5, seed=seed)
    own = probabilities[:, np.arange(400), labels].astype(np.float64)
    wanted = np.full(5, 0.2)
    for _ in range(20_000):
        wanted = wanted * (own / (wanted @ own)).mean(axis=1)
    weights = validation_weights(probabilities, labels)
    np.testing.assert_allclose(weights, wanted, atol=1e-4)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    loss = log_loss(mean_probabilities(probabilities, weights), labels)
    for other in (np.full(5, 0.2), *np.eye(5)):
        assert loss <= log_loss(mean_probabilities(probabilities, other), labels) + 1e-6


def test_members_that_are_alike_share_and_one_that_only_harms_gets_nothing() -> None:
    probabilities, labels = members(2)
    same = np.stack([probabilities[0], probabilities[0]])
    np.testing.assert_allclose(validation_weights(same, labels), 0.5)
    wrong = np.eye(7, dtype=np.float32)[(labels + 1) % 7]
    weights = validation_weights(np.stack([*probabilities, wrong]), labels)
    assert weights[2] == 0
    # All of them impossible for every image: there is nothing to choose by.
    np.testing.assert_allclose(validation_weights(np.stack([wrong, wrong]), labels), 0.5)
