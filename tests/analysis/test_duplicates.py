"""Tests of duplicates among filters and of their order by similarity."""

import numpy as np

from fer_core.analysis.duplicates import duplicates, order_by_similarity


def test_a_duplicate_names_the_first_filter_that_it_repeats() -> None:
    alike = np.eye(5)
    for one, other, value in ((0, 2, 0.99), (2, 4, 0.97), (1, 3, 0.94), (0, 4, 0.9)):
        alike[one, other] = alike[other, one] = value
    # 4 is like 2, which repeats 0 itself; 3 is not like enough.
    assert duplicates(alike).tolist() == [-1, -1, 0, -1, -1]
    assert duplicates(alike, least=0.9).tolist() == [-1, -1, 0, 1, 0]
    assert duplicates(-np.ones((3, 3))).tolist() == [-1, -1, -1]


def test_alike_filters_stand_side_by_side() -> None:
    group = np.array([0, 1, 2, 0, 1, 2, 0, 1])
    generator = np.random.default_rng(0)
    alike = np.where(group[:, None] == group, 0.9, 0.1) + generator.uniform(0, 0.05, (8, 8))
    np.fill_diagonal(alike, 1)
    order = order_by_similarity(alike.astype(np.float32))
    assert sorted(order) == list(range(8))
    assert np.count_nonzero(np.diff(group[order])) == 2
    assert order_by_similarity(np.ones((1, 1))).tolist() == [0]
