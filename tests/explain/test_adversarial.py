"""Tests of attacks: a linear model worked out by hand, the ball, the search, accuracy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from fer_core.errors import InputError
from fer_core.explain.adversarial import fgsm, pgd, robustness, smallest_epsilon
from fer_core.models import Classifier, Normalise
from tests.explain.small_networks import comes_back_as_it_was, convolutional, faces


def _linear(first: float = 1.0) -> nn.Module:
    """Logit 0 is pixel (0, 0) times `first`, logit 1 pixel (0, 1); the others are out of reach."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(2304, 7))
    with torch.no_grad():
        model[1].weight.zero_()
        model[1].weight[0, 0] = first
        model[1].weight[1, 1] = 1
        model[1].bias.copy_(torch.tensor([0.0, 0, -9, -9, -9, -9, -9]))
    return model


def _two_pixels(left: float, right: float) -> np.ndarray:
    image = np.full((1, 1, 48, 48), 0.5, np.float32)
    image[0, 0, 0, :2] = left, right
    return image


def test_fgsm_of_a_linear_model_is_what_one_works_out_by_hand() -> None:
    # The loss of class 0 has gradient p0 - 1 < 0 at the left pixel, p1 > 0 at the right, else 0.
    image = _two_pixels(0.6, 0.5)
    changed = fgsm(_linear(), image, np.array([0]), epsilon=8)
    expected = _two_pixels(0.6 - 8 / 255, 0.5 + 8 / 255)
    np.testing.assert_allclose(changed, expected, atol=1e-7)
    np.testing.assert_array_equal(changed[0, 0, 1:], image[0, 0, 1:])
    aimed = fgsm(_linear(), image, np.array([1]), epsilon=8, targeted=True)
    np.testing.assert_allclose(aimed, expected, atol=1e-7)
    stays = fgsm(_linear(), image, np.array([0]), epsilon=8, targeted=True)
    np.testing.assert_allclose(stays, _two_pixels(0.6 + 8 / 255, 0.5 - 8 / 255), atol=1e-7)


def test_images_end_at_black_and_white() -> None:
    changed = fgsm(_linear(), _two_pixels(0.01, 0.99), np.array([0]), epsilon=20)
    np.testing.assert_array_equal(changed[0, 0, 0, :2], [0.0, 1.0])


def test_pgd_goes_to_the_same_corner_of_a_linear_model_s_ball() -> None:
    image = _two_pixels(0.6, 0.5)
    by_pgd = pgd(_linear(), image, np.array([0]), epsilon=8)
    by_fgsm = fgsm(_linear(), image, np.array([0]), epsilon=8)
    np.testing.assert_allclose(by_pgd[..., 0, :2], by_fgsm[..., 0, :2], atol=1e-7)
    assert abs(by_pgd[0, 0, 1:] - 0.5).max() > 1 / 255  # where it does not matter: as it was drawn


@settings(max_examples=40)
@given(seed=st.integers(0, 2**31), epsilon=st.floats(0, 255), method=st.sampled_from([fgsm, pgd]))
def test_attacks_never_leave_the_ball_or_the_grey_levels(seed: int, epsilon: float, method) -> None:
    generator = np.random.default_rng(seed)
    images = generator.random((2, 1, 48, 48), np.float32)
    images[1] = generator.integers(0, 256, (1, 48, 48)) / np.float32(255)
    model = nn.Sequential(nn.Flatten(), nn.Linear(2304, 7))
    changed = method(model, images, np.array([1, 2]), epsilon=epsilon)
    away = abs(changed.astype(np.float64) - images.astype(np.float64)) * 255
    assert away.max() <= epsilon * (1 + 1e-15)  # float64's own last bit
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 1


def test_pgd_raises_the_loss_at_least_as_far_as_one_step_and_is_repeatable() -> None:
    model, images = convolutional(seed=4).eval(), faces(6)
    labels = np.arange(6)

    def loss(changed: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            logits = model(torch.as_tensor(changed))
            return nn.functional.cross_entropy(
                logits, torch.from_numpy(labels), reduction="none"
            ).numpy()

    one, several = (method(model, images, labels, epsilon=8) for method in (fgsm, pgd))
    assert (loss(one) > loss(images)).all()
    assert (loss(several) >= loss(one)).all()
    again = pgd(model, images.flip(0), labels[::-1].copy(), epsilon=8)
    np.testing.assert_allclose(again[::-1], several, atol=1e-6)  # wherever an image stands
    assert not np.array_equal(pgd(model, images, labels, epsilon=8, seed=1), several)


def test_statistics_of_the_changed_image_are_recomputed() -> None:
    model = Classifier(Normalise("per-image"), convolutional(seed=4)).eval()
    image = faces(1, seed=2)
    changed = fgsm(model, image, np.array([3]), epsilon=1)
    pixels = image.clone().requires_grad_()
    (-model(pixels).log_softmax(1)[0, 3]).backward()
    np.testing.assert_array_equal(np.sign(changed - image.numpy()), pixels.grad.sign().numpy())


def test_the_smallest_epsilon_of_a_linear_model_is_half_its_margin() -> None:
    images = np.concatenate([_two_pixels(0.6, 0.5), _two_pixels(0.5, 0.6), _two_pixels(0.9, 0.1)])
    found = smallest_epsilon(_linear(), images, np.zeros(3, int), precision=0.01)
    # 0.6 - e = 0.5 + e at e = 0.05, 12.75 grey levels; the second is wrong already; 102 is too far.
    assert 12.75 < found.epsilons[0] <= 12.76
    assert found.epsilons[1:].tolist() == [0.0, np.inf]
    np.testing.assert_array_equal(found.changed[1:], images[1:])
    by_hand = fgsm(_linear(), images[:1], np.array([0]), epsilon=found.epsilons[0])
    np.testing.assert_array_equal(found.changed[:1], by_hand)
    aimed = smallest_epsilon(
        _linear(), images, np.ones(3, int), targeted=True, precision=0.01, attack="pgd"
    )
    np.testing.assert_allclose(aimed.epsilons, [12.755, 0.0, np.inf], atol=0.006)


def test_the_images_found_fool_the_model_and_are_as_near_as_said() -> None:
    model, images = convolutional(seed=4).eval(), faces(6)
    with torch.no_grad():
        predicted = model(images).argmax(1)
    for attack in ("fgsm", "pgd"):
        found = smallest_epsilon(model, images, predicted, attack=attack)
        with torch.no_grad():
            after = model(torch.from_numpy(found.changed)).argmax(1)
        flipped = np.isfinite(found.epsilons)
        assert flipped.any()
        assert (after.numpy() != predicted.numpy()).tolist() == flipped.tolist()
        away = abs(found.changed - images.numpy()).max((1, 2, 3)) * 255
        assert (away[flipped] <= found.epsilons[flipped] + 1e-4).all()


def test_robustness_is_the_accuracy_at_each_epsilon() -> None:
    margins = np.array([2, 6, 10, 14, -4]) / 255  # flips at 1, 3, 5, 7; wrong from the start
    images = np.concatenate([_two_pixels(0.5 + m, 0.5) for m in margins])
    done = []
    for attack in ("fgsm", "pgd"):
        found = robustness(
            _linear(), images, np.zeros(5, int), [0, 0.5, 2, 4, 6, 8], attack=attack, batch_size=2,
            progress=lambda *each: done.append(each),
        )  # fmt: skip
        np.testing.assert_allclose(found, [0.8, 0.8, 0.6, 0.4, 0.2, 0.0])
    assert done == [(2, 5), (4, 5), (5, 5)] * 2


def test_the_model_comes_back_as_it_was() -> None:
    model = convolutional(inplace=True)
    with comes_back_as_it_was(model):
        smallest_epsilon(model, faces(2), np.array([0, 1]), attack="pgd", steps=2)
        robustness(model, faces(2), np.array([0, 1]), [1.0])


def test_wrong_input_is_one_line() -> None:
    model, images, labels = _linear(), faces(2), np.array([0, 1])
    for way, arguments, message in (
        (fgsm, {"epsilon": -1}, "epsilon is -1; use 0 to 255 grey levels"),
        (fgsm, {"epsilon": np.nan}, "epsilon is nan; use 0 to 255 grey levels"),
        (fgsm, {"epsilon": 1, "images": images * 255}, "give them in [0, 1], e.g. divided by 255"),
        (fgsm, {"epsilon": 1, "classes": np.array([0, 7])}, "classes are 0 to 7; use 0 to 6"),
        (fgsm, {"epsilon": 1, "classes": np.array([0])}, "give one for each of the 2 images"),
        (pgd, {"epsilon": 1, "steps": 0}, "steps is 0; use 1 or more"),
        (pgd, {"epsilon": 1, "seed": -2}, "seed is -2; use 0 or more"),
        (smallest_epsilon, {"attack": "cw"}, "attack is 'cw'; use one of fgsm, pgd"),
        (smallest_epsilon, {"steps": 3}, "fgsm has no option 'steps'; leave it out"),
        (smallest_epsilon, {"precision": 0}, "precision is 0; use 0.001 to 64 grey levels"),
        (robustness, {"epsilons": [300]}, "epsilon is 300; use 0 to 255 grey levels"),
        (robustness, {"epsilons": [1], "images": images[:0]}, "there are no images"),
    ):
        name = "labels" if way is robustness else "classes"
        given = {"images": images, name: labels, **arguments}
        with pytest.raises(InputError) as caught:
            way(model, **given)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)
