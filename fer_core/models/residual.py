"""A block of layers whose input is added to what it gives (He et al. 2016)."""

from torch import Tensor, nn


class Add(nn.Module):
    """The sum of two outputs of one shape: a module, so that a layer table has it."""

    def forward(self, values: Tensor, others: Tensor) -> Tensor:
        """Return values + others."""
        return values + others


class Residual(nn.Module):
    """block(x) + x, or block(x) + shortcut(x) where the block changes the shape.

    The shortcut runs first, so that the last convolution to run is one of the block.
    """

    def __init__(self, block: nn.Module, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.shortcut = shortcut
        self.block = block
        self.add = Add()

    def forward(self, values: Tensor) -> Tensor:
        """Return the sum; (N, C, H, W) to (N, C', H', W')."""
        passed = values if self.shortcut is None else self.shortcut(values)
        return self.add(self.block(values), passed)
