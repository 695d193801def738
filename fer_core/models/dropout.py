"""Dropout whose random numbers do not slow a CPU down."""

import torch
from torch import nn

_LEVELS = 256  # a random byte decides about a value


class Dropout(nn.Dropout):
    """nn.Dropout, with the probability rounded to a 256th on a CPU.

    torch draws one number a value, on one core, which takes a good part of the time of a network
    with wide dropouts. Here one 64-bit number decides about eight values. What is kept is
    scaled by the rounded probability, so that the expectation is exact.
    """

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Zero each value with probability `p` while training; (N, ...) of any float dtype."""
        kept = round((1 - self.p) * _LEVELS)
        dense = values.is_contiguous() or values.is_contiguous(memory_format=torch.channels_last)
        if not self.training or values.device.type != "cpu" or not dense or not 0 < kept < _LEVELS:
            return super().forward(values)
        draws = torch.empty(-(-values.numel() // 8), dtype=torch.int64)
        draws.random_(-(2**63), None)  # all 64 bits; the default leaves out the sign
        chosen = draws.view(torch.uint8).as_strided(values.shape, values.stride()) < kept
        return values * chosen.to(values.dtype).mul_(_LEVELS / kept)
