"""Muon: momentum whose update is made orthogonal, matrix by matrix."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.adamw import adamw

_STEPS = 3  # of the iteration: enough for networks of this size, and each costs time
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
Pairs = list[tuple[Tensor, Tensor]]  # weights with their gradients
_BETAS, _EPSILON = (0.9, 0.999), 1e-8  # AdamW's defaults


class Muon(Optimizer):
    """Muon (Jordan et al. 2024) for hidden weights, AdamW for all others.

    Hidden are the weights of convolutions and dense layers but for the first layer, which reads
    pixels, and the last, which gives the logits. Their step is Nesterov's momentum, as a matrix
    with a row a filter, with all its singular values brought near 1, times 0.2 sqrt(longer side):
    as large as one of AdamW, so that one learning rate serves both (Liu et al. 2025). Decay is
    decoupled. torch's own Muon takes matrices only.

    dtype: in which the matrices are multiplied; coarse numbers do, bfloat16 included.
    """

    def __init__(
        self,
        groups: list[dict[str, Any]],
        *,
        lr: float | Tensor,
        momentum: float,
        dtype: torch.dtype,
    ) -> None:
        """groups: first the weights in the order of the layers, then all other parameters."""
        weights, *others = groups
        layers = weights["params"]
        hidden = {**weights, "params": layers[1:-1], "orthogonal": True}
        outer = {**weights, "params": layers[:1] + layers[1:][-1:]}
        # fused: a count of steps that is restored must go to the parameters' device.
        defaults = {"lr": lr, "momentum": momentum, "orthogonal": False, "fused": True}
        given = [group for group in (hidden, outer, *others) if group["params"]]
        super().__init__(given, defaults)
        self._dtype = dtype

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Take one step."""
        for group in self.param_groups:
            pairs = [(each, each.grad) for each in group["params"] if each.grad is not None]
            (self._orthogonal_step if group["orthogonal"] else self._adamw_step)(pairs, group)

    def _orthogonal_step(self, pairs: Pairs, group: dict[str, Any]) -> None:
        for weight, gradient in pairs:
            state = self.state[weight]
            if not state:
                state["momentum"] = torch.zeros_like(weight)
            state["momentum"].mul_(group["momentum"]).add_(gradient)
            ahead = gradient.add(state["momentum"], alpha=group["momentum"])
            # Channels last as they lie in memory: views, and the columns' order does not matter.
            rows = weight.movedim(1, -1)
            matrix = ahead.movedim(1, -1).flatten(1)
            update = orthogonal(matrix.to(self._dtype)).to(weight.dtype)
            size = 0.2 * math.sqrt(max(matrix.shape))
            weight.mul_(1 - group["lr"] * group["weight_decay"])
            rows.sub_(update.mul_(group["lr"] * size).view(rows.shape))

    def _adamw_step(self, pairs: Pairs, group: dict[str, Any]) -> None:
        for parameter, _ in pairs:
            if not self.state[parameter]:
                self.state[parameter] = {
                    "step": torch.zeros((), device=parameter.device),
                    "exp_avg": torch.zeros_like(parameter),
                    "exp_avg_sq": torch.zeros_like(parameter),
                }
        states = [self.state[parameter] for parameter, _ in pairs]
        adamw(
            [parameter for parameter, _ in pairs],
            [gradient for _, gradient in pairs],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            fused=True,
            amsgrad=False,
            beta1=_BETAS[0],
            beta2=_BETAS[1],
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            eps=_EPSILON,
            maximize=False,
        )


def orthogonal(matrix: Tensor) -> Tensor:
    """Return a matrix with the singular vectors of `matrix` (rows, columns) and singular values
    near 1.

    Newton-Schulz iteration with a quintic polynomial whose slope at 0 is steep: values between
    about 0.7 and 1.2 come of all but the smallest ones (Jordan et al. 2024). Each step multiplies
    from the left by a polynomial of the Gram matrix, and these commute: so only the small square
    matrices are iterated, and the long one is multiplied twice in all.
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    rows = matrix if wide else matrix.T
    rows = rows / rows.norm().clamp_min(1e-7)
    gram = rows @ rows.T
    first, third, fifth = _COEFFICIENTS
    factor = None
    for step in range(1, _STEPS + 1):
        polynomial = torch.addmm(gram, gram, gram, beta=third, alpha=fifth)
        polynomial.diagonal().add_(first)
        factor = polynomial if factor is None else polynomial @ factor
        if step < _STEPS:
            gram = polynomial @ gram @ polynomial
    found = factor @ rows
    return found if wide else found.T
