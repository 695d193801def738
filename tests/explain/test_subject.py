"""The score that is explained, with the normalisation of the unchanged image held fixed."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_core.explain import explain
from fer_core.explain.subject import Subject
from fer_core.models import Classifier, Normalise
from tests.explain.networks import classifier, convnet, images, linear_net, targets


@pytest.mark.parametrize("kind", ["none", "unit", "dataset", "per-image"])
@pytest.mark.parametrize("side", [48, 36])
def test_unchanged_images_get_the_models_own_logits(kind: str, side: int) -> None:
    model = classifier(kind, side)
    subject = Subject(model, images(), targets())
    torch.testing.assert_close(subject.logits(subject.images, subject.every), model(images()))


def test_scores_are_logits_or_probabilities_of_the_target() -> None:
    model = convnet()
    logits = model(images())
    for output, scores in (("logit", logits), ("probability", logits.softmax(1))):
        subject = Subject(model, images(), targets(), output)
        found = subject.target_scores(subject.images, subject.every)
        torch.testing.assert_close(found, scores[torch.arange(4), targets()])


def test_changed_images_are_normalised_by_the_image_they_were_made_from() -> None:
    model = classifier("per-image")
    subject = Subject(model, images(), targets())
    of = torch.tensor([2, 0, 2])
    pixels = images()[of]
    deviation, mean = torch.std_mean(pixels, dim=(1, 2, 3), correction=0, keepdim=True)
    dark = pixels / 2
    expected = model.network((dark - mean) / deviation)
    torch.testing.assert_close(subject.logits(dark, of), expected)
    assert not torch.allclose(expected, model(dark))  # which cannot tell dark from bright


def test_an_occluded_patch_changes_nothing_far_from_it() -> None:
    network = linear_net()
    with torch.no_grad():  # it looks at the upper half only
        network[1].weight.view(7, 48, 48)[:, 24:] = 0
    model = Classifier(Normalise("per-image"), network).double()
    found = explain("occlusion", model, images(), targets=targets(), patch=8, stride=8)
    assert np.abs(found.maps[:, :24]).max() > 0.01
    np.testing.assert_allclose(found.maps[:, 24:], 0, atol=1e-12)


def test_integrated_gradients_from_black_do_not_sum_to_zero() -> None:
    model = Classifier(Normalise("per-image"), linear_net()).double()
    found = explain("integrated_gradients", model, images(), targets=targets(), steps=4)
    deviation = images().std((1, 2, 3), correction=0, keepdim=True)
    weight = model.network[1].weight.view(7, 1, 48, 48)[targets()]
    np.testing.assert_allclose(
        found.maps, (weight * images() / deviation)[:, 0].detach(), rtol=1e-6
    )
    assert (np.abs(found.maps.sum((1, 2))) > 0.1).all()


def test_a_model_may_begin_with_an_inplace_operation() -> None:
    first = nn.Sequential(nn.LeakyReLU(0.5, inplace=True), convnet())
    for method in ("saliency", "occlusion", "gradcam"):
        found = explain(method, first, images(), targets=targets())
        expected = explain(method, convnet(), images(), targets=targets())
        np.testing.assert_array_equal(found.maps, expected.maps)
