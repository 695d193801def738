"""Classifier: a normalisation and a network, from images in [0, 1] to seven logits."""

import torch
from torch import nn
from torch.nn import functional

from fer_core.config import NORMALISE_KINDS
from fer_core.errors import InputError
from fer_core.records import IMAGE_SIZE

# About one grey level: a flat image is divided by this instead of by zero.
_SMALLEST_DEVIATION = 1 / 255


class Normalise(nn.Module):
    """Bring images to the range that the network was trained on.

    kind: ``none`` (grey levels 0..255, as the files have them), ``unit`` (0..1), ``dataset``
    (minus the training images' mean, over their standard deviation), ``per-image`` (each image
    by its own mean and deviation; a flat image becomes zeros). The constants are buffers: they
    are stored with the weights and are no parameters.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, kind: str, *, mean: float = 0.0, deviation: float = 1.0) -> None:
        super().__init__()
        if kind not in NORMALISE_KINDS:
            raise InputError(f"normalise is {kind!r}; use one of {', '.join(NORMALISE_KINDS)}")
        self.kind = kind
        if kind == "none":
            mean, deviation = 0.0, 1 / 255
        elif kind == "unit":
            mean, deviation = 0.0, 1.0
        self.register_buffer("mean", torch.tensor(float(mean)))
        self.register_buffer("deviation", torch.tensor(max(float(deviation), 1e-6)))

    def constants(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the mean that images (N, 1, H, W) lose and the deviation that they are divided
        by: (N, 1, 1, 1) each with ``per-image``, else numbers."""
        if self.kind == "per-image":
            deviation, mean = torch.std_mean(images, dim=(1, 2, 3), correction=0, keepdim=True)
            return mean, deviation.clamp_min(_SMALLEST_DEVIATION)
        return self.mean, self.deviation

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Normalise images (N, 1, H, W) float32 in [0, 1]; the shape stays."""
        mean, deviation = self.constants(images)
        return (images - mean) / deviation


class Classifier(nn.Module):
    """images (N, 1, 48, 48) float32 in [0, 1] -> logits (N, 7)."""

    def __init__(self, normalise: Normalise, network: nn.Module, side: int = IMAGE_SIZE) -> None:
        super().__init__()
        self.normalise = normalise
        self.network = network
        self.side = side

    def resize(self, images: torch.Tensor) -> torch.Tensor:
        """Return images (N, 1, 48, 48) as large as the network sees them, antialiased."""
        if images.shape[-1] == self.side:
            return images
        size = (self.side, self.side)
        return functional.interpolate(images, size=size, mode="bilinear", antialias=True)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, 7) for images (N, 1, 48, 48) float32 in [0, 1]."""
        return self.network(self.normalise(self.resize(images)))
