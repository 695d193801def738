"""Random flips, rotations, shifts, zooms and blanked rectangles, a whole batch at a time.

Every image of a batch gets its own parameters, and the batch is sampled once: one grid holds
flip, rotation, shift, zoom and the resize together, so that no image is interpolated twice.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from fer_core.config import AUGMENT_KINDS, RunConfig

ERASED_AREA = (0.02, 0.2)  # of the image; Zhong et al. 2020, "Random Erasing", go up to 0.4
ERASED_ASPECT = (0.3, 1 / 0.3)  # height over width, as in that paper
DRAWS = 10  # numbers an image


def augment(images: Tensor, config: RunConfig, side: int, generator: torch.Generator) -> Tensor:
    """Return a batch as training sees it.

    images: (B, 1, S, S) uint8, or float32 in [0, 1], on any device; the result is
    (B, 1, side, side) float32 in [0, 1] on that device. `config.augment` names which of the
    strengths `rotate`, `shift`, `zoom` and `erase` act, and whether half of the images are
    flipped. With kind ``none`` the images are only scaled (and resized, if `side` asks for it).

    All randomness comes from `generator`, which may live on the CPU or on the images' device.
    """
    return augment_by(draw(images, generator), images, config, side)


def draw(images: Tensor, generator: torch.Generator) -> Tensor:
    """Return the numbers that decide how a batch (B, ...) is augmented, (DRAWS, B) float32 in
    [0, 1) on the images' device.

    Every kind of augmentation draws the same ones, so that with one seed two kinds differ only in
    strength.
    """
    draws = torch.rand((DRAWS, len(images)), generator=generator, device=generator.device)
    return draws.to(images.device, non_blocking=True)


def augment_by(draws: Tensor, images: Tensor, config: RunConfig, side: int) -> Tensor:
    """Return a batch as `augment` does, by numbers that `draw` gave: with the same ones, two sides
    show the same scene, and a part of a batch with its part of the numbers is as in the whole.

    Nothing here waits for the device, so that a CUDA graph can hold it.
    """
    kinds = AUGMENT_KINDS[config.augment]
    if not kinds:
        return resize(images, side)
    rotate, shift_x, shift_y, zoom = (
        signed * _strength(config, kinds, name)
        for signed, name in zip((draws[:4] * 2 - 1).unbind(), _GEOMETRY, strict=True)
    )
    flip = draws[4] < (0.5 if "flip" in kinds else 0.0)
    batch = warp(
        images, side, rotate=rotate, shift_x=shift_x, shift_y=shift_y, zoom=1 + zoom, flip=flip
    )
    probability = _strength(config, kinds, "erase")
    return erase(batch, probability, draws[5:]) if probability > 0 else batch


_GEOMETRY = ("rotate", "shift", "shift", "zoom")


def _strength(config: RunConfig, kinds: tuple[str, ...], name: str) -> float:
    return float(getattr(config, name)) if name in kinds else 0.0


def unit(images: Tensor) -> Tensor:
    """Return float32 images in [0, 1]: uint8 ones divided by 255, float ones as they are."""
    # In place after the conversion: dividing a uint8 tensor takes 25 times as long on a CPU.
    return images.float().div_(255) if images.dtype == torch.uint8 else images.float()


def resize(images: Tensor, side: int) -> Tensor:
    """Scale a batch to [0, 1] and to `side` pixels, antialiased; (B, 1, side, side) float32."""
    batch = unit(images)
    if batch.shape[-2:] == (side, side):
        return batch
    return functional.interpolate(batch, size=(side, side), mode="bilinear", antialias=True)


def warp(
    images: Tensor,
    side: int,
    *,
    rotate: Tensor,
    shift_x: Tensor,
    shift_y: Tensor,
    zoom: Tensor,
    flip: Tensor,
) -> Tensor:
    """Flip, zoom, rotate, then shift each image, and resize, in one bilinear sampling.

    images: (B, 1, S, S) uint8, or float32 in [0, 1]; one value an image, (B,): `rotate` in
    degrees clockwise, shifts in fractions of the side (right and down), `zoom` a factor above
    0, `flip` bool. Outside the image its border pixel goes on: a black frame would be an edge
    that is not in the face, and would change the statistics of a per-image normalisation.
    Smaller sides are blurred first, as antialiasing asks.
    """
    batch = _blurred_for(unit(images), side)
    angle = rotate * (math.pi / 180)
    cosine, sine = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    mirror = torch.where(flip, -1.0, 1.0)
    move_x, move_y = 2 * shift_x, 2 * shift_y  # grid_sample's image spans -1 to 1
    # Where each output pixel comes from: the inverse of the transformation.
    rows = (
        (mirror * cosine, mirror * sine, mirror * (-cosine * move_x - sine * move_y)),
        (-sine, cosine, sine * move_x - cosine * move_y),
    )
    centres = (torch.arange(side, device=batch.device) * 2 + 1) / side - 1
    grid = torch.empty((len(batch), side, side, 2), device=batch.device)
    # A sum of a row and a column; affine_grid multiplies matrices, ten times slower on a CPU.
    for axis, (by_x, by_y, constant) in enumerate(rows):
        across = by_x[:, None] * centres
        down = by_y[:, None] * centres + constant[:, None]
        torch.add(across[:, None, :], down[:, :, None], out=grid[..., axis])
    return functional.grid_sample(
        batch, grid, mode="bilinear", padding_mode="border", align_corners=False
    )


def _blurred_for(batch: Tensor, side: int) -> Tensor:
    """Blur images that are to be made smaller.

    Antialiased bilinear resizing by a ratio r weighs pixels with a triangle of variance r²/6;
    sampling alone contributes 1/6. The filter (k, 1 - 2k, k), of variance 2k, adds the rest.
    """
    ratio = batch.shape[-1] / side
    if ratio <= 1:
        return batch
    missing = (ratio**2 - 1) / 12
    passes = math.ceil(missing / 0.25)
    at = torch.arange(batch.shape[-1], device=batch.device)
    neighbours = ((at[:, None] - at).abs() == 1) * (missing / passes)
    blur = torch.diag(1 - neighbours.sum(1)) + neighbours  # the border's pixels go on outside
    with torch.autocast(batch.device.type, enabled=False):  # would round the pixels to 8 bits
        blur = torch.linalg.matrix_power(blur, passes)
        return blur @ batch @ blur


def erase(batch: Tensor, probability: float, draws: Tensor) -> Tensor:
    """Blank one random rectangle in some of the images with the image's own mean grey.

    batch: (B, 1, side, side) float32; draws: (5, B) uniform in [0, 1), on the same device: one
    row decides whether, two the shape (`ERASED_AREA`, `ERASED_ASPECT`), two the place.
    The rectangle lies within the image. Its mean grey leaves the image's mean nearly alone.
    """
    side = batch.shape[-1]
    whether, size, shape, top, left = draws
    area = ERASED_AREA[0] + size * (ERASED_AREA[1] - ERASED_AREA[0])
    low, high = math.log(ERASED_ASPECT[0]), math.log(ERASED_ASPECT[1])
    aspect = torch.exp(low + shape * (high - low))
    height = (torch.sqrt(area * aspect) * side).round().clamp_(1, side)
    width = (torch.sqrt(area / aspect) * side).round().clamp_(1, side)
    height = torch.where(whether < probability, height, 0)
    # floor(u * (free + 1)): every whole position with the same chance.
    top, left = (top * (side - height + 1)).floor(), (left * (side - width + 1)).floor()
    at = torch.arange(side, device=batch.device)
    in_rows = (at >= top[:, None]) & (at < (top + height)[:, None])
    in_columns = (at >= left[:, None]) & (at < (left + width)[:, None])
    inside = in_rows[:, None, :, None] & in_columns[:, None, None, :]
    return torch.where(inside, batch.mean((2, 3), keepdim=True), batch)
