"""What the hardware is asked, and what follows from its answer."""

import pytest
import torch
from torch.nn import functional

from fer_core.device import bfloat16_is_faster, choose_device
from fer_core.errors import InputError


def test_precision_and_device_are_chosen_by_what_there_is() -> None:
    assert choose_device("cpu", precision="bfloat16").precision == "bfloat16"
    assert choose_device("cpu", precision="float32").autocast()._enabled is False
    with pytest.raises(InputError, match="device is 'tpu'; use one of auto, cpu, cuda"):
        choose_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="torch sees no GPU here; use --device cpu"):
            choose_device("cuda")


@pytest.mark.parametrize(
    ("slower", "chosen"), [(0.5, "bfloat16"), (0.95, "float32"), (9, "float32")]
)
def test_bfloat16_is_taken_where_it_was_timed_as_clearly_faster(
    monkeypatch: pytest.MonkeyPatch, slower: float, chosen: str
) -> None:
    clock = [0.0]

    def conv2d(images: torch.Tensor, filters: torch.Tensor, padding: int) -> torch.Tensor:
        clock[0] += slower if torch.is_autocast_enabled("cpu") else 1
        return convolution(images, filters, padding=padding)

    convolution = functional.conv2d
    monkeypatch.setattr(functional, "conv2d", conv2d)
    monkeypatch.setattr("time.process_time", lambda: clock[0])
    bfloat16_is_faster.cache_clear()
    try:
        assert choose_device("cpu").precision == chosen
        assert choose_device("cpu", precision="bfloat16").precision == "bfloat16"  # not asked
    finally:
        bfloat16_is_faster.cache_clear()
