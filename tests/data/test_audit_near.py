"""Near-identical images: what counts as the same picture, and that the search finds it."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy.fft import dctn
from scipy.ndimage import gaussian_filter, shift

from fer_core.data.audit.alike import gradient_correlation
from fer_core.data.audit.near import ALIKE, near_groups
from fer_core.data.audit.perceptual import TURNS, transforms, turn_image, turn_transform
from fer_core.data.audit.rows import Rows


def scenes(count: int, seed: int = 0) -> np.ndarray:
    """Pictures of coarse and fine structure, as photographs have: (count, 48, 48) uint8."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal((3, count, 48, 48))
    layers = [
        weight * each / each.std(axis=(1, 2), keepdims=True)
        for weight, width, layer in zip((30, 22, 12), (7, 3, 1.2), noise, strict=True)
        for each in [gaussian_filter(layer, (0, width, width))]
    ]
    return (128 + sum(layers)).clip(0, 255).astype(np.uint8)


def groups_of(images: np.ndarray, leave_out: np.ndarray | None = None) -> list[int]:
    rows = Rows({"train": images[:3], "test": images[3:]})
    nothing = np.zeros(len(images), bool)
    found = near_groups(
        rows,
        np.arange(len(images)),
        leave_out=nothing if leave_out is None else leave_out,
        progress=lambda share: None,
    )
    assert found.dtype == np.int32
    return found.tolist()


def compressed(image: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def test_the_turns_are_the_eight_symmetries_of_a_square() -> None:
    image = scenes(1)[0]
    turned = {turn_image(image, turn).tobytes() for turn in range(TURNS)}
    expected = {
        np.rot90(each, quarter).tobytes() for each in (image, image.T) for quarter in range(4)
    }
    assert turned == expected
    assert len(turned) == TURNS
    np.testing.assert_array_equal(turn_image(image, 0), image)


@pytest.mark.parametrize("turn", range(TURNS))
def test_turning_the_transform_is_transforming_the_turned(turn: int) -> None:
    images = scenes(20)
    straight, turned = transforms(images), transforms(turn_image(images, turn))
    np.testing.assert_allclose(
        turn_transform(straight.gradients, turn), turned.gradients, atol=1e-5
    )
    agree = straight.bits[turn] == turned.bits[0]
    assert agree.mean() > 0.999  # a coefficient at the very threshold may fall to either side


def test_products_of_transforms_are_correlations_of_blurred_gradients() -> None:
    images = scenes(2)
    found = transforms(images).gradients
    blurred = [gaussian_filter(image.astype(float), 3, mode="reflect") for image in images]
    down, right = (
        [np.diff(each, axis=axis, append=each.take([-1], axis)) for each in blurred]
        for axis in (0, 1)
    )
    inner = [(down[i] * down[k] + right[i] * right[k]).sum() for i, k in ((0, 1), (0, 0), (1, 1))]
    wanted = inner[0] / np.sqrt(inner[1] * inner[2])
    assert (found[0] * found[1]).sum() == pytest.approx(wanted, abs=0.01)
    assert np.linalg.norm(found, axis=(1, 2)) == pytest.approx(1, abs=1e-5)


def test_the_bits_are_the_signs_of_the_lowest_frequencies() -> None:
    image = scenes(1)[0]
    transform = dctn(image.astype(float), norm="ortho")
    lowest = sorted(
        ((v, u) for v in range(12) for u in range(12)), key=lambda vu: (np.hypot(*vu), vu)
    )[1:65]
    wanted = [transform[place] > 1 for place in lowest]
    assert transforms(image[None]).bits[0, 0].tolist() == wanted


def test_a_flat_image_has_no_gradients() -> None:
    found = transforms(np.full((1, 48, 48), 200, np.uint8))
    np.testing.assert_allclose(found.gradients, 0, atol=1e-3)
    assert not found.bits.any()


def test_the_correlation_of_gradients_is_that_of_a_plain_loop() -> None:
    one, other = scenes(2, seed=4)
    smooth = [gaussian_filter(each.astype(float), 1) for each in (one, other)]
    gradients = [
        np.stack([np.diff(each, axis=0)[:, :-1], np.diff(each, axis=1)[:-1]]) for each in smooth
    ]
    inner = gradients[0][:, 2:-2, 2:-2]
    best = -1.0
    for down in range(5):
        for right in range(5):
            window = gradients[1][:, down : down + 43, right : right + 43]
            lengths = np.sqrt((inner**2).sum() * (window**2).sum())
            best = max(best, (inner * window).sum() / lengths)
    assert gradient_correlation(one[None], other[None])[0] == pytest.approx(best, abs=1e-4)


def test_the_correlation_knows_no_brightness_no_contrast_and_no_small_shift() -> None:
    images = scenes(200, seed=1)
    darker = (images * 0.5 + 20).astype(np.uint8)
    shifted = np.roll(images, (2, -1), axis=(1, 2))
    for other in (images, darker, shifted):
        assert gradient_correlation(images, other).min() > 0.97
    assert gradient_correlation(images, np.roll(images, 5, axis=1)).max() < ALIKE
    assert gradient_correlation(images, 255 - images).max() < 0.5
    assert gradient_correlation(images, scenes(200, seed=2)).max() < 0.7
    assert gradient_correlation(images[:0], images[:0]).shape == (0,)


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_picture_is_found_however_it_was_turned_and_changed(turn: int) -> None:
    others, random = scenes(60, seed=5), np.random.default_rng(turn)
    images = []
    for face in others[:40]:
        changed = shift(
            turn_image(face, turn).astype(float), random.integers(-1, 2, 2), mode="nearest"
        )
        changed = (changed * random.uniform(0.6, 1) + random.uniform(0, 40)).clip(0, 255)
        images.append(compressed(changed.astype(np.uint8), 60))
    groups = np.array(groups_of(np.concatenate([others, images])))
    assert groups[:60].tolist() == list(range(60))
    assert (groups[60:] == np.arange(40)).sum() >= 39


def test_different_pictures_stay_apart() -> None:
    assert groups_of(scenes(1000, seed=6)) == list(range(1000))


def test_pictures_that_a_third_connects_are_one_group() -> None:
    face, other = scenes(2, seed=7)
    near, far = (
        shift(face.astype(float), (0, by), mode="nearest").astype(np.uint8) for by in (2, 4)
    )
    assert gradient_correlation(face[None], far[None])[0] < ALIKE
    assert groups_of(np.stack([face, other, far])) == [0, 1, 2]
    assert groups_of(np.stack([face, other, far, near])) == [0, 1, 0, 0]


def test_images_without_contrast_match_nothing_but_their_own_bytes() -> None:
    random = np.random.default_rng(8)
    flat = np.full((6, 48, 48), 90, np.uint8) + random.integers(0, 2, (6, 48, 48), dtype=np.uint8)
    images = np.concatenate([flat, scenes(3), np.zeros((2, 48, 48), np.uint8)])
    leave_out = np.array([True] * 6 + [False] * 3 + [True] * 2)
    rows = Rows({"train": images})
    identical = np.array([*range(9), 9, 9])
    found = near_groups(rows, identical, leave_out=leave_out, progress=lambda share: None)
    assert found.tolist() == [*range(9), 9, 9]


def test_numbers_count_up_in_the_order_in_which_pictures_appear() -> None:
    first, second, third = scenes(3, seed=9)
    images = np.stack([third, first, third + (third < 250), second, np.fliplr(first), second])
    identical = np.array([0, 1, 2, 3, 4, 3])
    rows = Rows({"train": images[:4], "empty": images[:0], "test": images[4:]})
    nothing = np.zeros(6, bool)
    told: list[float] = []
    found = near_groups(rows, identical, leave_out=nothing, progress=told.append)
    assert found.tolist() == [0, 1, 0, 2, 1, 2]
    assert told == sorted(told)
    assert told[-1] == 1


def test_no_images_have_no_groups() -> None:
    assert groups_of(np.zeros((0, 48, 48), np.uint8)) == []
