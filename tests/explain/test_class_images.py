"""Tests of images that most activate a class."""

import numpy as np
import pytest
import torch

from fer_core.errors import InputError
from fer_core.explain.class_images import class_images
from fer_core.models import Classifier, Normalise
from tests.explain.small_networks import comes_back_as_it_was, convolutional, faces


@pytest.mark.parametrize("style", ["plain", "natural"])
@pytest.mark.parametrize("start", ["noise", "face"])
def test_each_image_raises_its_class_s_probability(style: str, start: str) -> None:
    model = Classifier(Normalise("per-image"), convolutional())
    face = faces(1)[0, 0] * 0.8 + 0.1
    given = start if start == "noise" else face
    done = []
    found = class_images(
        model, start=given, steps=40, style=style, progress=lambda *each: done.append(each)
    )
    assert found.images.shape == (7, 48, 48)
    assert done == [(step, 40) for step in range(1, 41)]
    model.eval()
    with torch.no_grad():
        asked = model(torch.from_numpy(found.images)[:, None]).softmax(1)
        before = model(face[None, None]).softmax(1)[0]
    np.testing.assert_allclose(found.probabilities, asked, atol=1e-5)
    assert (found.probabilities.argmax(1) == np.arange(7)).all()
    assert (found.probabilities.diagonal() > before.numpy()).all()


def test_classes_climb_independently_and_repeatably() -> None:
    model = convolutional()
    first, again = (class_images(model, steps=3, seed=2) for _ in range(2))
    assert first.images.tobytes() == again.images.tobytes()
    for number, image in enumerate(first.images):
        noise = np.random.default_rng([2, number]).random((48, 48), np.float32)
        moved = np.sqrt(((image - noise) ** 2).mean())
        assert 0 < moved <= 3 * 0.02 + 1e-6


def test_the_model_comes_back_as_it_was_and_wrong_input_is_one_line() -> None:
    model = convolutional()
    with comes_back_as_it_was(model):
        class_images(model, steps=1)
    with pytest.raises(InputError, match="steps is 0; use 1 or more"):
        class_images(model, steps=0)
    with pytest.raises(InputError, match="start is 'mean-face'; use noise or an image"):
        class_images(model, start="mean-face")
    with pytest.raises(InputError, match="style is 'neat'; use one of plain, natural"):
        class_images(model, style="neat")
