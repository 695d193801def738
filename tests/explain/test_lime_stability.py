"""How stable LIME is over seeds."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.explain import explain
from fer_core.explain.lime_stability import stability

TARGETS = [1, 4]


def dense() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(2304, 16), nn.Tanh(), nn.Linear(16, 7))


def images() -> torch.Tensor:
    return torch.rand(2, 1, 48, 48, generator=torch.Generator().manual_seed(1))


def test_mean_and_deviation_are_those_of_the_target_s_weights() -> None:
    model, seeds = dense(), (0, 1, 7)
    found = stability(model, images(), targets=TARGETS, seeds=seeds, samples=200, grid=4, top=3)
    weights = np.array(
        [
            [explained.extras["weights"][index, target] for index, target in enumerate(TARGETS)]
            for seed in seeds
            for explained in [
                explain("lime", model, images(), targets=TARGETS, seed=seed, samples=200, grid=4)
            ]
        ]
    )
    np.testing.assert_allclose(found.mean, weights.mean(0))
    np.testing.assert_allclose(found.deviation, weights.std(0, ddof=1))
    for index in range(2):
        tops = [set(np.abs(each[index]).argsort()[-3:]) for each in weights]
        shared = [len(tops[a] & tops[b]) / 3 for a, b in ((0, 1), (0, 2), (1, 2))]
        assert found.overlap[index] == pytest.approx(np.mean(shared))
    assert found.seeds == seeds


def test_more_samples_are_more_stable() -> None:
    few, many = (
        stability(dense(), images(), targets=TARGETS, seeds=range(3), samples=samples)
        for samples in (100, 1000)
    )
    assert (many.overlap > few.overlap).all()
    assert many.deviation.mean() < few.deviation.mean()


def test_segments_that_an_image_lacks_count_for_nothing() -> None:
    pictures = torch.cat([images()[:1], torch.linspace(0, 1, 48).expand(1, 1, 48, 48)])
    found = stability(dense(), pictures, targets=TARGETS, seeds=(0, 1), samples=50, segments="slic")
    missing = np.isnan(found.mean)
    assert missing[0].any()
    assert not missing[1].any()
    assert np.array_equal(np.isnan(found.deviation), missing)
    assert ((found.overlap >= 0) & (found.overlap <= 1)).all()
    assert found.overlap[0] == 1  # fewer segments than `top`: all of them


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seeds": [1]}, "seeds are"),
        ({"seeds": [1, 1]}, "seeds are"),
        ({"top": 0}, "top is 0"),
        ({"samples": 0}, "samples is 0"),
    ],
)
def test_wrong_arguments_are_refused(options: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        stability(dense(), images(), targets=TARGETS, **options)
