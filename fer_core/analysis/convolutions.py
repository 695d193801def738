"""The shapes that convolutions give, worked out: the formula with each one's own numbers.

The formula is that of PyTorch's Conv2d (its documentation), in the order channels last and in
PyTorch's own. Sizes and pairs here are along W, then along H, as in (B, W, H, C).
"""

from typing import NamedTuple

from fer_core.records import Layer

Pair = tuple[float, float]

# The formula, in pieces between which a line may break.
CHANNELS_LAST = (
    "(B, W, H, C_in)", "→ (B,", "floor((W + 2 p1 − k1)/s1) + 1,",
    "floor((H + 2 p2 − k2)/s2) + 1,", "C_out)",
)  # fmt: skip
CHANNELS_FIRST = (
    "(B, C_in, H, W)", "→ (B, C_out,", "floor((H + 2 p2 − k2)/s2) + 1,",
    "floor((W + 2 p1 − k1)/s1) + 1)",
)  # fmt: skip


class Convolution(NamedTuple):
    """One convolution. size: of the input's maps; channels: in, out; padding: half of what both
    sides get together, 0.5 where one side gets one and the other none."""

    name: str
    size: tuple[int, int]
    channels: tuple[int, int]
    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair

    @property
    def span(self) -> Pair:
        """What the kernel covers: dilation * (kernel - 1) + 1; the k of the formula."""
        (k1, k2), (d1, d2) = self.kernel, self.dilation
        return d1 * (k1 - 1) + 1, d2 * (k2 - 1) + 1

    @property
    def output_size(self) -> tuple[int, int]:
        """floor((size + 2 padding - span) / stride) + 1, along W and along H."""
        return self._along(0), self._along(1)

    @property
    def channels_last(self) -> tuple[str, ...]:
        """The formula with these numbers for (B, W, H, C), in pieces."""
        (width, height), (c_in, c_out) = self.size, self.channels
        out_width, out_height = self.output_size
        return (
            f"(B, {width}, {height}, {c_in})", "→ (B,", f"{self._worked(0)},",
            f"{self._worked(1)},", f"{c_out})", f"= (B, {out_width}, {out_height}, {c_out})",
        )  # fmt: skip

    @property
    def channels_first(self) -> tuple[str, ...]:
        """The formula with these numbers in PyTorch's order, (B, C, H, W), in pieces."""
        (width, height), (c_in, c_out) = self.size, self.channels
        out_width, out_height = self.output_size
        return (
            f"(B, {c_in}, {height}, {width})", f"→ (B, {c_out},", f"{self._worked(1)},",
            f"{self._worked(0)})", f"= (B, {c_out}, {out_height}, {out_width})",
        )  # fmt: skip

    def _along(self, axis: int) -> int:
        room = self.size[axis] + 2 * self.padding[axis] - self.span[axis]
        return int(room // self.stride[axis]) + 1

    def _worked(self, axis: int) -> str:
        size, padding, span, stride = (
            values[axis] for values in (self.size, self.padding, self.span, self.stride)
        )
        return f"floor(({size} + 2×{padding:g} − {span:g})/{stride:g}) + 1"


def is_convolution(layer: Layer) -> bool:
    """Tell whether a layer is a Conv2d, or of a class made from it."""
    return layer.type == "Conv2d" or "groups" in layer.settings


def convolution(layer: Layer) -> Convolution | None:
    """Return the numbers of a convolution; None if it was stored without them."""
    if not layer.settings or len(layer.input_shape) != 3:
        return None
    pairs = (layer.settings[name] for name in ("kernel", "stride", "padding", "dilation"))
    kernel, stride, padding, dilation = (_along_w_and_h(pair) for pair in pairs)
    c_in, height, width = layer.input_shape
    channels = c_in, layer.output_shape[0]
    return Convolution(layer.name, (width, height), channels, kernel, stride, padding, dilation)


def _along_w_and_h(setting: float | tuple[float, ...]) -> Pair:
    rows, columns = setting if isinstance(setting, tuple) else (setting, setting)
    return columns, rows
