"""Images (B, 1, 48, 48) in [0, 1] as real Fourier coefficients (B, 48, 25, 2).

As in lucid (Olah, Mordvintsev & Schubert 2017): each coefficient is scaled by the inverse of its
frequency, so that a step of the same size changes low frequencies more, as in natural images; the
sigmoid of the sum keeps values in [0, 1].
"""

from collections.abc import Sequence

import numpy as np
import torch

from fer_core.records import IMAGE_SIZE

_SMALL = 0.01  # deviation of the coefficients that an ascent starts from, as in lucid
# A start image is moved this far into (0, 1), where the sigmoid has a useful slope.
_MARGIN = 0.02
# lucid's scale is as large for its coefficients and divides by 4 what it sums.
_DIVISOR = 4.0


def noise(draws: Sequence[np.random.Generator]) -> torch.Tensor:
    """Return coefficients of nearly grey images, each from its own random numbers."""
    shape = (IMAGE_SIZE, IMAGE_SIZE // 2 + 1, 2)
    return torch.from_numpy(np.stack([draw.normal(0, _SMALL, shape) for draw in draws]))


def images(coefficients: torch.Tensor) -> torch.Tensor:
    """Return the images of coefficients, with gradients."""
    spectrum = torch.view_as_complex(coefficients) * _scale(coefficients)
    side = (IMAGE_SIZE, IMAGE_SIZE)
    return torch.fft.irfft2(spectrum, s=side, norm="ortho").div(_DIVISOR).sigmoid()[:, None]


def coefficients(image: torch.Tensor) -> torch.Tensor:
    """Return the coefficients of images (B, 1, 48, 48) in [0, 1], values moved into [.02, .98]."""
    inside = image[:, 0].double().clamp(_MARGIN, 1 - _MARGIN)
    spectrum = torch.fft.rfft2(inside.logit() * _DIVISOR, norm="ortho")
    return torch.view_as_real(spectrum / _scale(torch.view_as_real(spectrum)))


def _scale(like: torch.Tensor) -> torch.Tensor:
    rows = torch.fft.fftfreq(IMAGE_SIZE, device=like.device, dtype=like.dtype)
    columns = torch.fft.rfftfreq(IMAGE_SIZE, device=like.device, dtype=like.dtype)
    frequency = torch.hypot(rows[:, None], columns[None, :])
    return 1 / frequency.clamp_min(1 / IMAGE_SIZE)
