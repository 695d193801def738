import pytest
import torch
from torch import nn

from fer_core.models.dropout import Dropout


@pytest.mark.parametrize("shape", [(40, 8, 24, 24), (1000, 37)])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.75])
def test_values_are_kept_at_the_rate_and_scaled_to_the_same_mean(
    shape: tuple[int, ...], p: float
) -> None:
    torch.manual_seed(0)
    values = torch.ones(shape, requires_grad=True)
    if len(shape) == 4:
        values = values.contiguous(memory_format=torch.channels_last)
        values.retain_grad()
    dropped = Dropout(p)(values)
    kept = round((1 - p) * 256) / 256
    count = values.numel()
    share = (dropped != 0).float().mean().item()
    assert share == pytest.approx(kept, abs=5 * (kept * (1 - kept) / count) ** 0.5)
    assert dropped.unique().tolist() == pytest.approx([0.0, 1 / kept])
    dropped.sum().backward()
    assert torch.equal(values.grad, dropped.detach())
    assert dropped.stride() == values.stride()


def test_neighbouring_values_are_independent() -> None:
    torch.manual_seed(0)
    kept = (Dropout(0.5)(torch.ones(100_000, 8)) != 0).float()
    correlation = torch.corrcoef(kept.T) - torch.eye(8)
    assert correlation.abs().max() < 0.02


def test_it_is_nn_dropout_where_nothing_is_gained() -> None:
    values = torch.rand(4, 6)
    assert Dropout(0.5).eval()(values) is values
    assert torch.equal(Dropout(0.0)(values), values)
    assert torch.equal(Dropout(1.0)(values), torch.zeros(4, 6))
    transposed = torch.rand(3, 4, 5).transpose(0, 2)
    torch.manual_seed(0)
    ours = Dropout(0.5)(transposed)
    torch.manual_seed(0)
    assert torch.equal(ours, nn.Dropout(0.5)(transposed))


def test_the_seed_decides() -> None:
    torch.manual_seed(1)
    first = Dropout(0.3)(torch.ones(33))
    torch.manual_seed(1)
    assert torch.equal(first, Dropout(0.3)(torch.ones(33)))
