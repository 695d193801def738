import numpy as np
import pytest
import torch
from torch.nn import functional
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import affine

from fer_core.config import AUGMENT_KINDS, RunConfig
from fer_core.data.augment import DRAWS, augment, augment_by, erase, resize, warp


def config(kind: str, **values: object) -> RunConfig:
    return RunConfig(preset="x", architecture={}, data="x", augment=kind).replace(**values)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(count: int = 8, side: int = 48) -> torch.Tensor:
    return torch.randint(0, 256, (count, 1, side, side), dtype=torch.uint8, generator=generator(9))


def smooth(count: int = 4) -> torch.Tensor:
    """Images without fine detail, for which two ways of interpolation agree."""
    coarse = torch.rand((count, 1, 6, 6), generator=generator(5))
    return functional.interpolate(coarse, size=(48, 48), mode="bicubic").clamp(0, 1)


def warped(images: torch.Tensor, side: int = 48, **values: float) -> torch.Tensor:
    count = len(images)
    given = {"rotate": 0.0, "shift_x": 0.0, "shift_y": 0.0, "zoom": 1.0} | values
    flip = torch.full((count,), bool(given.pop("flip", False)))
    return warp(images, side, flip=flip, **{k: torch.full((count,), v) for k, v in given.items()})


def test_kind_none_only_divides_by_255() -> None:
    images = noise()
    assert torch.equal(augment(images, config("none"), 48, generator()), images / 255)


def test_float_images_stay_as_they_are_with_kind_none() -> None:
    images = noise() / 255
    assert torch.equal(augment(images, config("none"), 48, generator()), images)


def test_identity_parameters_return_the_image() -> None:
    images = noise()
    torch.testing.assert_close(warped(images), images / 255, atol=1e-5, rtol=0)


def test_flip_mirrors_left_and_right() -> None:
    images = noise()
    expected = (images / 255).flip(-1)
    torch.testing.assert_close(warped(images, flip=True), expected, atol=1e-5, rtol=0)


def test_positive_shifts_move_right_and_down_by_whole_pixels() -> None:
    images = noise()
    moved = warped(images, shift_x=6 / 48, shift_y=3 / 48)
    expected = images[:, :, :-3, :-6] / 255
    torch.testing.assert_close(moved[:, :, 3:, 6:], expected, atol=1e-5, rtol=0)
    # What comes in from outside repeats the border.
    assert torch.allclose(moved[:, :, 3:, 0], expected[..., 0], atol=1e-5)


@pytest.mark.parametrize(
    ("rotate", "shift", "zoom"),
    [(12.0, (0, 0), 1.0), (-7.0, (4, -3), 1.0), (0.0, (0, 0), 1.1), (10.0, (-2, 5), 0.93)],
)
def test_interior_equals_torchvisions_affine(
    rotate: float, shift: tuple[int, int], zoom: float
) -> None:
    images = noise()
    ours = warped(images, rotate=rotate, shift_x=shift[0] / 48, shift_y=shift[1] / 48, zoom=zoom)
    theirs = affine(
        images / 255, rotate, list(shift), zoom, [0.0], interpolation=InterpolationMode.BILINEAR
    )
    inside = (slice(None), slice(None), slice(13, 35), slice(13, 35))
    torch.testing.assert_close(ours[inside], theirs[inside], atol=1e-4, rtol=0)


def test_a_flipped_image_is_flipped_before_it_is_rotated_and_moved() -> None:
    images = noise()
    both = warped(images, flip=True, rotate=9.0, shift_x=0.05)
    after = warped((images / 255).flip(-1), rotate=9.0, shift_x=0.05)
    torch.testing.assert_close(both, after, atol=1e-4, rtol=0)


@pytest.mark.parametrize("side", [8, 16, 24, 32, 40])
def test_making_smaller_is_near_to_antialiased_resizing(side: int) -> None:
    images = smooth()
    difference = (warped(images, side) - resize(images, side)).abs()
    assert difference[..., 1:-1, 1:-1].max() < 0.02


def test_making_smaller_blurs_what_the_smaller_image_cannot_hold() -> None:
    checks = torch.zeros(1, 1, 48, 48)
    checks[..., ::2] = 1.0
    assert warped(checks, 32)[..., 2:-2].std() < 0.2  # sampling alone: 0.35
    assert warped(checks, 16)[..., 2:-2].std() < 0.05


def test_one_grey_stays_that_grey_whatever_is_done() -> None:
    images = torch.full((16, 1, 48, 48), 100, dtype=torch.uint8)
    for side in (12, 32, 48):
        batch = augment(images, config("full", erase=1.0), side, generator())
        assert batch.shape == (16, 1, side, side)
        torch.testing.assert_close(batch, torch.full_like(batch, 100 / 255), atol=1e-5, rtol=0)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    images = noise()
    first, second, third = (augment(images, config("full"), 48, generator(s)) for s in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


def test_kinds_draw_the_same_numbers() -> None:
    states = []
    for kind in AUGMENT_KINDS:
        source = generator()
        augment(noise(), config(kind), 48, source)
        states.append(source.get_state())
    assert all(torch.equal(state, states[0]) for state in states)


def test_a_strength_of_nothing_is_the_kind_without_it() -> None:
    images = noise()
    without = augment(images, config("shift-flip"), 48, generator())
    still = augment(images, config("rotate-shift-flip", rotate=0.0), 48, generator())
    assert torch.equal(still, without)
    turned = augment(images, config("rotate-shift-flip", rotate=1.0), 48, generator())
    assert 0 < (turned - without).abs().mean() < 0.1  # noise; a degree moves the corners by half
    bare = augment(images, config("full", rotate=0.0, zoom=0.0, erase=0.0), 48, generator())
    assert torch.equal(bare, without)


def test_values_stay_between_0_and_1() -> None:
    batch = augment(noise(200), config("full"), 48, generator())
    assert batch.dtype == torch.float32
    assert float(batch.min()) >= 0
    assert float(batch.max()) <= 1


def test_images_of_a_batch_get_their_own_parameters() -> None:
    same = noise(1).expand(32, 1, 48, 48)
    batch = augment(same, config("rotate-shift-flip"), 48, generator())
    assert len(torch.unique(batch.flatten(1), dim=0)) == 32


def test_half_of_the_images_are_flipped_by_shift_flip_without_shift() -> None:
    images = noise(1).expand(2000, 1, 48, 48)
    batch = augment(images, config("shift-flip", shift=0.0), 48, generator())
    flipped = (batch - (images / 255).flip(-1)).abs().amax((1, 2, 3)) < 1e-4
    kept = (batch - images / 255).abs().amax((1, 2, 3)) < 1e-4
    assert (flipped | kept).all()
    assert 0.46 < flipped.float().mean() < 0.54


def test_shifts_cover_their_range_evenly_and_no_more() -> None:
    ramp = torch.arange(48, dtype=torch.float32).expand(3000, 1, 48, 48) / 48
    batch = augment(ramp, config("shift-flip", shift=0.1), 48, generator())
    slope = batch[:, 0, 24, 30] - batch[:, 0, 24, 18]  # negative where flipped
    moved = (batch[:, 0, 24, 20:28].mean(1) - ramp[0, 0, 24, 20:28].mean()) * -slope.sign()
    assert moved.abs().max() <= 0.1 + 1e-4
    assert moved.min() < -0.095
    assert moved.max() > 0.095
    counts = np.histogram(moved.numpy(), bins=5, range=(-0.1, 0.1))[0]
    assert counts.min() > 500


def test_erasing_blanks_the_asked_share_of_images_with_their_own_mean() -> None:
    images = noise(4000) / 255
    erased = erase(images, 0.25, torch.rand((5, 4000), generator=generator()))
    changed = erased != images
    hit = changed.flatten(1).any(1)
    assert 0.23 < hit.float().mean() < 0.27
    means = images.mean((2, 3), keepdim=True).expand_as(images)
    assert torch.equal(erased[changed], means[changed])


def test_erased_rectangles_are_whole_inside_and_of_2_to_20_percent() -> None:
    images = torch.zeros(3000, 1, 48, 48)
    images[..., 0, 0] = 1.0  # so that the mean is not 0
    erased = erase(images, 1.0, torch.rand((5, 3000), generator=generator()))
    inside = (erased > 0) & (erased < 1)
    rows, columns = inside.any(3).sum((1, 2)), inside.any(2).sum((1, 2))
    areas = (rows * columns).float() / 48**2
    corner_erased = erased[:, 0, 0, 0] < 1
    assert torch.equal(inside.sum((1, 2, 3)), rows * columns)
    assert corner_erased.float().mean() < 0.02
    assert areas.min() > 0.016  # sides are rounded to whole pixels
    assert areas.max() < 0.22
    assert 0.10 < areas.mean() < 0.12
    places = inside.float().mean((0, 1))
    assert places.min() > 0  # every pixel is reached; the middle most often
    assert abs(places[:, :24].sum() / places.sum() - 0.5) < 0.02


def test_autocast_does_not_round_the_pixels() -> None:
    images = noise()
    plain = augment(images, config("full"), 32, generator())
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(augment(images, config("full"), 32, generator()), plain)


def test_parts_of_a_batch_are_augmented_as_the_batch_is() -> None:
    images, draws = noise(12), torch.rand((DRAWS, 12), generator=generator(1))
    whole = augment_by(draws, images, config("full"), 44)
    pairs = zip(draws.chunk(3, dim=1), images.chunk(3), strict=True)
    parts = [augment_by(drawn, part, config("full"), 44) for drawn, part in pairs]
    assert torch.equal(torch.cat(parts), whole)
    assert torch.equal(augment(images, config("full"), 44, generator(1)), whole)
