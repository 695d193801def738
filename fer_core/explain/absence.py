"""Images without their content: where a path begins, and what fills an occluded patch."""

import torch
from scipy.ndimage import gaussian_filter

from fer_core.explain.options import one_of

KINDS = ("black", "mean", "blurred")
# In pixels: eyes and mouth of a 48x48 face are gone, light and shadow stay.
BLUR = 5.0


def without_content(images: torch.Tensor, kind: str, *, option: str) -> torch.Tensor:
    """Return images (N, 1, H, W) that are ``black``, each image's own ``mean`` grey, or itself
    ``blurred`` by a Gaussian of 5 pixels. InputError, naming `option`, for another kind."""
    one_of(option, kind, KINDS)
    if kind == "black":
        return torch.zeros_like(images)
    if kind == "mean":
        return images.mean((1, 2, 3), keepdim=True).expand_as(images)
    pixels = images.detach().double().cpu().numpy()
    return torch.from_numpy(gaussian_filter(pixels, BLUR, mode="nearest", axes=(2, 3))).to(images)
