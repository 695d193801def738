"""LIME against the package `lime`: the same weights, intercepts and R2."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from lime.lime_image import LimeImageExplainer
from lime.wrappers.scikit_image import SegmentationAlgorithm
from torch import nn

from fer_core.explain import explain
from fer_core.explain.subject import Subject
from fer_core.explain.untouched import untouched
from fer_core.models import Classifier, Normalise, build, preset_config

CLASSES = range(7)


def classifier(preset: str, normalise: str) -> nn.Module:
    torch.manual_seed(0)
    config = preset_config(preset, data="synthetic")
    side = int(config.architecture.get("side", 48))
    model = Classifier(Normalise(normalise), build(config.architecture), side)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, -1, 2)
    return model


def blobs() -> torch.Tensor:
    """An image (1, 1, 48, 48) with edges that slic can follow."""
    random = torch.Generator().manual_seed(2)
    coarse = torch.rand(1, 1, 8, 8, generator=random, dtype=torch.float64)
    return nn.functional.interpolate(coarse, size=(48, 48), mode="bicubic").clamp(0, 1)


def package(
    model: nn.Module,
    image: torch.Tensor,
    segmentation: Callable[[np.ndarray], np.ndarray],
    *,
    samples: int,
    output: str,
    seed: int,
) -> dict[int, tuple[np.ndarray, float, float]]:
    """Return weights, intercept and score by class."""
    subject = Subject(model, image, torch.zeros(1, dtype=torch.int64), output)

    def classify(pictures: np.ndarray) -> np.ndarray:
        changed = torch.from_numpy(pictures[..., 0]).to(image.dtype)[:, None]
        with torch.no_grad():
            return subject.scores(changed, torch.zeros(len(changed), dtype=torch.int64)).numpy()

    explainer = LimeImageExplainer(random_state=seed)
    regress, scores = explainer.base.explain_instance_with_data, []

    def noted(*arguments: object, **options: object) -> tuple:
        """Keep the score of each class: the package's explanation has that of the last alone."""
        found = regress(*arguments, **options)
        scores.append(found[2])
        return found

    explainer.base.explain_instance_with_data = noted
    with untouched(model):
        explanation = explainer.explain_instance(
            image[0, 0].numpy(),
            classify,
            labels=CLASSES,
            top_labels=None,
            num_samples=samples,
            segmentation_fn=segmentation,
        )
    assert explanation.score == scores[-1]
    found = {}
    for label in CLASSES:
        weights = dict(explanation.local_exp[label])
        in_order = np.array([weights[segment] for segment in range(len(weights))])
        found[label] = (in_order, explanation.intercept[label], scores[label])
    return found


def slic(image: np.ndarray) -> np.ndarray:
    return SegmentationAlgorithm("slic", n_segments=64, compactness=10, start_label=0)(image)


def grid(image: np.ndarray) -> np.ndarray:
    return np.kron(np.arange(64).reshape(8, 8), np.ones((6, 6), int))


@pytest.mark.parametrize("output", ["probability", "logit"])
@pytest.mark.parametrize("segments", ["grid", "slic"])
@pytest.mark.parametrize(("preset", "normalise"), [("fast", "per-image"), ("e-dnn", "dataset")])
def test_weights_intercepts_and_r2_are_the_package_s_in_float64(
    preset: str, normalise: str, segments: str, output: str
) -> None:
    model, image = classifier(preset, normalise).double(), blobs()
    theirs = package(
        model,
        image,
        {"grid": grid, "slic": slic}[segments],
        samples=40,
        output=output,
        seed=5,
    )
    ours = explain(
        "lime", model, image, targets=[0], samples=40, segments=segments, output=output, seed=5
    ).extras
    for label, (weights, intercept, score) in theirs.items():
        assert np.ptp(weights) > 1e-4
        np.testing.assert_allclose(ours["weights"][0, label], weights, rtol=0, atol=1e-7)
        assert ours["intercept"][0, label] == pytest.approx(intercept, abs=1e-7)
        assert ours["r2"][0, label] == pytest.approx(score, abs=1e-7)


def test_in_float32_they_differ_by_rounding_alone() -> None:
    model, image = classifier("fast", "per-image"), blobs().float()
    theirs = package(model, image, grid, samples=80, output="probability", seed=0)
    ours = explain("lime", model, image, targets=[0], samples=80).extras
    for label, (weights, intercept, _score) in theirs.items():
        np.testing.assert_allclose(ours["weights"][0, label], weights, rtol=0, atol=1e-5)
        assert ours["intercept"][0, label] == pytest.approx(intercept, abs=1e-5)


@pytest.mark.parametrize("side", [1, 2, 6])
def test_so_few_segments_that_masks_hide_all_of_them(side: int) -> None:
    """The cosine distance of a mask of zeros is 1."""
    model, image = classifier("e-dnn", "unit").double(), blobs()
    labels = np.kron(np.arange(side**2).reshape(side, side), np.ones((48 // side,) * 2, int))
    theirs = package(model, image, lambda _: labels, samples=60, output="probability", seed=1)
    ours = explain("lime", model, image, targets=[0], samples=60, grid=side, seed=1).extras
    for label, (weights, intercept, score) in theirs.items():
        np.testing.assert_allclose(ours["weights"][0, label], weights, rtol=0, atol=1e-7)
        assert ours["intercept"][0, label] == pytest.approx(intercept, abs=1e-7)
        assert ours["r2"][0, label] == pytest.approx(score, abs=1e-7)
