"""Distillation: a network learns from what trained ones say, beside the labels."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from fer_core import recipes
from fer_core.models import Classifier


def soft_labels(
    teachers: Sequence[Classifier],
    images_at: Callable[[int], Tensor],
    *,
    share: float | Tensor,
    temperature: float,
) -> Tensor:
    """Return what teachers say of a batch, the mean of their probabilities: (B, 7) float32.

    images_at: gives the batch, as augmented for the student, at a side: (B, 1, side, side) in
    [0, 1]. Each teacher sees it at its own side, mixed in the student's `share` (Beyer et al. 2022,
    "consistent teaching"). Teachers are in evaluation mode; no gradient leads to them.
    """
    with torch.no_grad():
        answers = [
            (teacher(recipes.mix(images_at(teacher.side), share)).float() / temperature).softmax(1)
            for teacher in teachers
        ]
    return torch.stack(answers).mean(dim=0)


def loss_with(
    loss: Tensor, logits: Tensor, soft: Tensor, *, weight: float, temperature: float
) -> Tensor:
    """Return (1 - weight) * loss + weight * T^2 * KL(teachers || student), the batch's mean.

    loss: of the labels; logits: (B, 7) float32 of the student; soft: (B, 7), what `soft_labels`
    gave for the same temperature T. The factor T^2 keeps the gradients' size (Hinton et al. 2015,
    section 2).
    """
    student = (logits / temperature).log_softmax(dim=1)
    divergence = functional.kl_div(student, soft, reduction="batchmean")
    return (1 - weight) * loss + weight * temperature**2 * divergence
