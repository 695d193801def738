"""Filters that find the same thing, from how alike they answer."""

import numpy as np

ALIKE = 0.95  # from this correlation on, one filter of two is counted as a duplicate


def duplicates(similarity: np.ndarray, *, least: float = ALIKE) -> np.ndarray:
    """Return (F,) int64: for each filter the first before it that it duplicates, or -1.

    similarity: (F, F) in [-1, 1], as `explain.outputs.filter_similarity` gives it. A filter
    duplicates one before it, itself no duplicate, that it is at least `least` alike.
    """
    found = np.full(len(similarity), -1, np.int64)
    originals: list[int] = []
    for number, row in enumerate(similarity):
        same = [other for other in originals if row[other] >= least]
        if same:
            found[number] = same[0]
        else:
            originals.append(number)
    return found


def order_by_similarity(similarity: np.ndarray) -> np.ndarray:
    """Return (F,) int64: the filters so that alike ones stand side by side.

    They are clustered by average linkage of 1 - similarity, and the tree's branches turned so
    that neighbours differ least (Bar-Joseph, Gifford & Jaakkola 2001).
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(similarity) < 2:
        return np.arange(len(similarity))
    distance = np.nan_to_num(1 - (similarity + similarity.T) / 2, nan=1)  # of a diverged run
    np.fill_diagonal(distance, 0)
    tree = linkage(
        squareform(distance.clip(0), checks=False), method="average", optimal_ordering=True
    )
    return leaves_list(tree).astype(np.int64)
