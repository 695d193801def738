"""What a layer's filters answer to images of a data set."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.explain.checks import check_images
from fer_core.explain.layers import capture
from fer_core.explain.reaching import Reach
from fer_core.explain.untouched import untouched
from fer_core.records import IMAGE_SIZE


class TopImages(NamedTuple):
    """The k images that excite each of F filters most, the strongest first, the earlier of equals.

    values: (F, k) float32, the spatial mean of the activation that follows the layer; indices:
    (F, k) int64, from 0 in the order in which the images came; places: (F, k, 2) float32, row and
    column in the 48x48 image where that activation is greatest, NaN for a dense layer.
    k is smaller where there are fewer images.
    """

    values: np.ndarray
    indices: np.ndarray
    places: np.ndarray


def layer_outputs(model: nn.Module, images: torch.Tensor | np.ndarray, layer: str) -> np.ndarray:
    """Return a layer's own output (N, F, h, w) float32, before what follows it, also in place.

    images: (N, 1, 48, 48) float in [0, 1]; layer: as `layers.resolve` takes it. A dense layer's
    h and w are 1. The model comes back as it was. Raises InputError for wrong input.
    """
    pixels = check_images(images)
    with untouched(model), torch.no_grad():
        Reach(model, layer)  # refuses what gives neither maps nor units
        with capture(model, layer) as recorded:
            model(_like_weights(model, pixels))
        values = recorded.output()
    if values.ndim == 2:
        values = values[:, :, None, None]
    return values.float().cpu().numpy()


def filter_activations(
    model: nn.Module, images: torch.Tensor | np.ndarray, layer: str
) -> np.ndarray:
    """Return (N, F) float32: the spatial mean of the activation that follows the layer, the
    measure of `filters.ascend`; by it a report orders filters for an image. See `layer_outputs`."""
    pixels = check_images(images)
    with untouched(model), torch.no_grad():
        activation = _activation(model, Reach(model, layer), pixels)
    return activation.mean((2, 3)).float().cpu().numpy()


def top_images(
    model: nn.Module,
    images_in_batches: Iterable[torch.Tensor | np.ndarray],
    layer: str,
    k: int = 9,
) -> TopImages:
    """Return the k images that excite each filter most; see `TopImages` and `layer_outputs`.

    images_in_batches: each (N, 1, 48, 48). A place is the middle of the pixels that a point of
    the map stands for if the map is stretched over the image; what a point sees reaches further.
    """
    if k < 1:
        raise InputError(f"k is {k}; use 1 or more")
    with untouched(model), torch.no_grad():
        reach = Reach(model, layer)
        values = torch.empty(reach.filters, 0)
        indices = torch.empty(reach.filters, 0, dtype=torch.int64)
        places = torch.empty(reach.filters, 0, 2)
        seen = 0
        for batch in images_in_batches:
            activation = _activation(model, reach, check_images(batch)).float().cpu()
            number = torch.arange(seen, seen + len(activation)).expand(reach.filters, -1)
            seen += len(activation)
            values = torch.cat([values, activation.mean((2, 3)).T], 1)
            indices = torch.cat([indices, number], 1)
            places = torch.cat([places, _greatest(activation).transpose(0, 1)], 1)
            # Stable, so that of equals the earlier image stays before the later.
            values, order = values.sort(dim=1, descending=True, stable=True)
            values, order = values[:, :k], order[:, :k]
            indices = indices.gather(1, order)
            places = places.gather(1, order[:, :, None].expand(-1, -1, 2))
        if not reach.has_places:
            places.fill_(torch.nan)
    return TopImages(values.numpy(), indices.numpy(), places.numpy())


def filter_similarity(
    model: nn.Module, images_in_batches: Iterable[torch.Tensor | np.ndarray], layer: str
) -> np.ndarray:
    """Return (F, F) float32 in [-1, 1]: how alike two filters answer.

    It is the correlation of their activations over all images and places: the cosine of the two
    once each has lost its mean. Two filters that find the same thing have 1, whatever image
    gradient ascent happened to draw for each. A filter whose activation never changes has 0.
    """
    with untouched(model), torch.no_grad():
        reach = Reach(model, layer)
        total = torch.zeros(reach.filters, dtype=torch.float64)
        products = torch.zeros(reach.filters, reach.filters, dtype=torch.float64)
        count = 0
        for batch in images_in_batches:
            activation = _activation(model, reach, check_images(batch))
            rows = activation.transpose(0, 1).flatten(1).double()  # (F, values)
            total += rows.sum(1).cpu()
            products += (rows @ rows.T).cpu()
            count += rows.shape[1]
    if not count:
        raise InputError("there are no images; give at least one")
    covariance = products / count - torch.outer(total, total) / count**2
    deviation = covariance.diagonal().clamp_min(0).sqrt()
    # What rounding leaves of a constant activation is no deviation.
    constant = deviation <= 1e-6 * (products.diagonal() / count).sqrt()
    scale = torch.outer(deviation, deviation)
    alike = torch.where(scale > 0, covariance / scale, 0.0).clamp(-1, 1)
    alike[constant] = 0
    alike[:, constant] = 0
    return alike.float().numpy()


def _activation(model: nn.Module, reach: Reach, pixels: torch.Tensor) -> torch.Tensor:
    return reach(model, _like_weights(model, pixels)).activation


def _like_weights(model: nn.Module, pixels: torch.Tensor) -> torch.Tensor:
    weight = next(model.parameters(), torch.zeros(0))
    return pixels.to(weight.device, weight.dtype)


def _greatest(activation: torch.Tensor) -> torch.Tensor:
    """Return (N, F, 2): row and column, in the image, of the greatest value of each map."""
    height, width = activation.shape[2:]
    place = activation.flatten(2).argmax(2)
    row, column = place // width, place % width
    stretched = [(row + 0.5) * IMAGE_SIZE / height, (column + 0.5) * IMAGE_SIZE / width]
    return torch.stack(stretched, 2) - 0.5
