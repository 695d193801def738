import warnings
from math import floor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from fer_core.analysis.convolutions import Convolution, convolution, is_convolution
from fer_core.models import layer_table
from fer_core.records import Layer


class _Net(nn.Module):
    """A convolution between others that bring it `size` rows and columns."""

    def __init__(self, size: tuple[int, int], conv: nn.Conv2d) -> None:
        super().__init__()
        self.resize = nn.Upsample(size=size)
        self.conv = conv

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.conv(self.resize(images).expand(-1, self.conv.in_channels, -1, -1))


def numbers(conv: nn.Conv2d, size: tuple[int, int] = (48, 48)) -> tuple[Convolution, Layer]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Using padding='same' with even kernel")
        layer = layer_table(_Net(size, conv))[1]
    found = convolution(layer)
    assert found is not None
    return found, layer


sides = st.integers(1, 5)
pairs = st.tuples(sides, sides)


@given(
    size=st.tuples(st.integers(21, 40), st.integers(21, 40)),
    kernel=pairs,
    stride=pairs,
    padding=st.one_of(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.just("valid")),
    dilation=pairs,
    out=st.integers(1, 3),
)
def test_the_formula_gives_the_shape_that_torch_gives(size, kernel, stride, padding, dilation, out):
    conv = nn.Conv2d(2, out, kernel, stride, padding, dilation)
    found, layer = numbers(conv, size)
    height, width = layer.output_shape[1:]
    assert found.output_size == (width, height)
    assert found.channels == (2, out)
    assert found.channels_last[-1] == f"= (B, {width}, {height}, {out})"
    assert found.channels_first[-1] == f"= (B, {out}, {height}, {width})"


@given(size=st.tuples(st.integers(5, 48), st.integers(5, 48)), kernel=pairs, dilation=pairs)
def test_the_padding_same_is_a_number_that_keeps_the_size(size, kernel, dilation):
    found, layer = numbers(nn.Conv2d(1, 1, kernel, padding="same", dilation=dilation), size)
    assert found.output_size == (layer.output_shape[2], layer.output_shape[1]) == size[::-1]
    assert found.padding == tuple(
        d * (k - 1) / 2 for d, k in zip(dilation[::-1], kernel[::-1], strict=True)
    )


def test_report_ds_first_convolution_in_both_orders():
    found, _ = numbers(nn.Conv2d(1, 32, 5, padding=2))
    assert " ".join(found.channels_last) == (
        "(B, 48, 48, 1) → (B, floor((48 + 2×2 − 5)/1) + 1, floor((48 + 2×2 − 5)/1) + 1, 32) "
        "= (B, 48, 48, 32)"
    )
    assert " ".join(found.channels_first) == (
        "(B, 1, 48, 48) → (B, 32, floor((48 + 2×2 − 5)/1) + 1, floor((48 + 2×2 − 5)/1) + 1) "
        "= (B, 32, 48, 48)"
    )


def test_numbers_along_w_come_first_in_the_reports_order_and_last_in_torchs():
    conv = nn.Conv2d(3, 8, (5, 3), stride=(2, 1), padding=(0, 1))  # rows, columns
    found, layer = numbers(conv, (20, 30))
    assert layer.output_shape == (8, 8, 30)
    assert (found.kernel, found.stride, found.padding) == ((3, 5), (1, 2), (1, 0))
    assert " ".join(found.channels_last) == (
        "(B, 30, 20, 3) → (B, floor((30 + 2×1 − 3)/1) + 1, floor((20 + 2×0 − 5)/2) + 1, 8) "
        "= (B, 30, 8, 8)"
    )
    assert " ".join(found.channels_first) == (
        "(B, 3, 20, 30) → (B, 8, floor((20 + 2×0 − 5)/2) + 1, floor((30 + 2×1 − 3)/1) + 1) "
        "= (B, 8, 8, 30)"
    )


def test_the_text_of_the_formula_is_right_arithmetic():
    found, layer = numbers(nn.Conv2d(1, 4, 4, padding="same"))
    worked = found.channels_last[2].removesuffix(",").replace("×", "*").replace("−", "-")
    assert worked == "floor((48 + 2*1.5 - 4)/1) + 1"
    assert eval(worked, {"floor": floor}) == layer.output_shape[2] == 48


def test_dilation_counts_as_a_wider_kernel():
    found, layer = numbers(nn.Conv2d(1, 4, 3, dilation=2))
    assert found.span == (5, 5)
    assert "floor((48 + 2×0 − 5)/1) + 1," in found.channels_last
    assert layer.output_shape == (4, 44, 44)


@pytest.mark.parametrize("lost", ["settings", "input_shape"])
def test_a_layer_stored_without_its_numbers_has_none(lost):
    stored = {"settings": {"kernel": (3, 3), "groups": 1}, "input_shape": (1, 48, 48)}
    del stored[lost]
    layer = Layer("conv1", "conv1", "Conv2d", (4, 48, 48), 40, 40, 0, 82_944, **stored)
    assert is_convolution(layer)
    assert convolution(layer) is None


def test_what_is_made_from_a_conv2d_is_one():
    class Own(nn.Conv2d):
        pass

    found, layer = numbers(Own(1, 4, 3))
    assert layer.type == "Own"
    assert is_convolution(layer)
    assert found.kernel == (3, 3)
    assert not is_convolution(layer_table(nn.Sequential(nn.MaxPool2d(2)))[0])
