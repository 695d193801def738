"""One prediction from several: the mean of probabilities, a vote, and weights for the mean."""

import numpy as np

from fer_core.analysis.metrics import image_log_losses


def mean_probabilities(probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean: (M, N, 7) of M members, weights (M,) that sum to 1 -> (N, 7)
    float32, rows sum to 1."""
    mean = np.tensordot(weights, probabilities.astype(np.float64), axes=1)
    return (mean / mean.sum(axis=1, keepdims=True)).astype(np.float32)


def vote_shares(probabilities: np.ndarray) -> np.ndarray:
    """Return the share of the members that find each class most probable: (M, N, 7) -> (N, 7)
    float32, rows sum to 1.

    The most voted class is the row's largest: of those that tie, the one with the highest mean
    probability has a share larger by one step of float32, so that whoever takes the largest
    value takes that one.
    """
    members, _, classes = probabilities.shape
    voted = probabilities.argmax(axis=2)  # the first class on ties, as everywhere
    votes = (voted[:, :, None] == np.arange(classes)).sum(axis=0)
    shares = (votes / members).astype(np.float32)
    most = votes == votes.max(axis=1, keepdims=True)
    mean = probabilities.mean(axis=0, dtype=np.float64)
    winners = np.where(most, mean, -1.0).argmax(axis=1)
    tied = np.flatnonzero(most.sum(axis=1) > 1)
    shares[tied, winners[tied]] = np.nextafter(shares[tied, winners[tied]], np.float32(np.inf))
    return shares


def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean cross entropy in nats: (N, 7) probabilities, labels (N,) in 0..6.

    A probability below float32's smallest normal number counts as that, as in training.
    """
    return float(image_log_losses(probabilities, labels).mean())


def validation_weights(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the weights of the mean with the least log loss on these images.

    probabilities: (M, N, 7) of M members; labels: (N,) in 0..6. Returns (M,) float64, each at
    least 0, their sum 1. This is stacking of predictive distributions with the logarithmic
    score (Yao, Vehtari, Simpson & Gelman 2018, "Using Stacking to Average Bayesian Predictive
    Distributions", equation 4): a convex problem, so that the result does not depend on where the
    search starts; it starts from equal weights, and members that are alike keep them.
    """
    from scipy.optimize import minimize  # takes long to import: not before the first page

    members, count, _ = probabilities.shape
    own = probabilities[:, np.arange(count), labels].astype(np.float64)
    own = np.maximum(own, np.finfo(np.float32).tiny)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        mixed = np.maximum(weights @ own, np.finfo(np.float32).tiny)
        return float(-np.log(mixed).mean()), -(own / mixed).mean(axis=1)

    found = minimize(
        loss,
        np.full(members, 1 / members),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * members,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        options={"ftol": 1e-12, "maxiter": 500},
    )
    weights = np.where(found.x > 1e-9, found.x, 0.0)
    return weights / weights.sum()
