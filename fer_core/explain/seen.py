"""How a model sees an image that is changed step by step."""

import torch
from torch import nn
from torch.nn import functional

from fer_core.models import Classifier
from fer_core.records import IMAGE_SIZE

# Of uniform noise on [0, 1].
_NOISE_MEAN, _NOISE_DEVIATION = 1 / 2, 12**-0.5


class Seen:
    """Runs a model's network on images as it sees them, their normalisation held fixed.

    start: (1, 1, H, W) in [0, 1], the image that the changed ones start from, or None for noise.
    A `Classifier` that normalises each image by its own mean and deviation keeps those of the
    start, for noise those of uniform noise: else the contrast that an ascent adds would be
    divided out again, and the objective would be another function at every step.
    """

    def __init__(self, model: nn.Module, start: torch.Tensor | None = None) -> None:
        weight = next(model.parameters(), torch.zeros(0))
        self.device, self.dtype = weight.device, weight.dtype
        self._network = model
        self._side = IMAGE_SIZE
        self._mean: torch.Tensor | float = 0.0
        self._deviation: torch.Tensor | float = 1.0
        if not isinstance(model, Classifier):
            return
        self._network, self._side = model.network, model.side
        if model.normalise.kind == "per-image" and start is None:
            self._mean, self._deviation = _NOISE_MEAN, _NOISE_DEVIATION
            return
        image = torch.zeros(1, 1, 1, 1) if start is None else start
        with torch.no_grad():
            image = self._resized(image.to(self.device, self.dtype))
            self._mean, self._deviation = model.normalise.constants(image)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Run the network on images (N, 1, H, W) of any values."""
        return self._network((self._resized(images) - self._mean) / self._deviation)

    def _resized(self, images: torch.Tensor) -> torch.Tensor:
        """Scale images as the network has 48x48 images scaled; others keep their shape."""
        if self._side == IMAGE_SIZE:
            return images
        size = [max(1, round(side * self._side / IMAGE_SIZE)) for side in images.shape[-2:]]
        return functional.interpolate(images, size=size, mode="bilinear", antialias=True)
