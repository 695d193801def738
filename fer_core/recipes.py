"""The parts of a recipe: optimizer, schedule, class weights, mixup, weight average, early stop."""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, update_bn

from fer_core.config import RunConfig
from fer_core.muon import Muon
from fer_core.records import CLASS_NAMES

_WARMUP_START = 0.01  # of the learning rate


def make_optimizer(
    model: nn.Module, config: RunConfig, dtype: torch.dtype = torch.float32
) -> torch.optim.Optimizer:
    """Return the optimizer that `config` names, in the fastest form that torch has of it.

    dtype: in which the device multiplies matrices; only `muon` multiplies any.

    Decay pulls on weights only: biases and batch norms have one dimension. It is decoupled from
    the gradient with adamw and muon (Loshchilov & Hutter 2019) and part of it (L2) with the others.
    On a GPU the learning rate is a tensor there, and a CUDA graph can hold the step.
    """
    parameters = list(model.parameters())
    on_gpu = any(parameter.is_cuda for parameter in parameters)
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    rate: float | Tensor = config.learning_rate
    if on_gpu:
        rate = torch.tensor(rate, device="cuda")
    if config.optimizer == "muon":
        return Muon(groups, lr=rate, momentum=config.momentum, dtype=dtype)
    if config.optimizer == "sgd":
        return torch.optim.SGD(
            groups, lr=rate, momentum=config.momentum, nesterov=config.nesterov, fused=True
        )
    if config.optimizer == "rmsprop":
        # torch has no fused one
        return torch.optim.RMSprop(groups, lr=rate, foreach=True, capturable=on_gpu)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[config.optimizer]
    return kind(groups, lr=rate, fused=True, capturable=on_gpu)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of all groups; one that is a tensor keeps its place."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def learning_rate_at(progress: float, config: RunConfig) -> float:
    """Return the learning rate at `progress` (0..1) of the training.

    one-cycle: cosine from 1/25 of the rate up to it over the first 30 %, then down to 1/250,000
    of it (Smith & Topin 2018, with the defaults of torch's OneCycleLR). cosine: linear from 1/100
    of the rate up to it over `warmup`, then along a cosine down to 0 (Loshchilov & Hutter 2017,
    without restarts). step: times `step_factor` after each `step_every` of the training.
    """
    peak = config.learning_rate
    if config.schedule == "one-cycle":
        if progress < 0.3:
            return _cosine(peak / 25, peak, progress / 0.3)
        return _cosine(peak, peak / 25e4, (progress - 0.3) / 0.7)
    if config.schedule == "cosine":
        if progress < config.warmup:
            return peak * (_WARMUP_START + (1 - _WARMUP_START) * progress / config.warmup)
        return _cosine(peak, 0.0, (progress - config.warmup) / (1 - config.warmup))
    if config.schedule == "step":
        # The small number: 0.3 / 0.1 is 2.9999999999999996, and means the third step.
        return peak * config.step_factor ** math.floor(progress / config.step_every + 1e-9)
    return peak


def _cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


def balanced_class_weights(labels: Tensor) -> Tensor:
    """Return a weight for each class, (7,) float32, from labels (N,) int64: N / (7 n_class).

    King & Zeng 2001, and scikit-learn's ``balanced``. A class without an image gets 0. The sum of
    the images' weights is N (where every class has images), so that the loss keeps its scale.
    """
    counts = torch.bincount(labels, minlength=len(CLASS_NAMES)).float()
    weights = len(labels) / (len(CLASS_NAMES) * counts)
    return torch.where(counts > 0, weights, 0.0)


def mixing_shares(config: RunConfig, epoch: int, steps: int) -> list[float]:
    """Return the share of the first image in each of an epoch's batches: 1 without mixup.

    With it, a number from Beta(mixup, mixup) for each batch (Zhang et al. 2018). Seed and epoch
    alone decide, so that a resumed training needs no further state, and no batch waits for a
    number from the device.
    """
    if config.mixup == 0:
        return [1.0] * steps
    source = np.random.default_rng((config.seed, epoch))
    return [float(share) for share in source.beta(config.mixup, config.mixup, steps)]


def partners(batch: Tensor) -> Tensor:
    """Return the batch (B, ...) permuted, each image's partner in its place.

    The next one: a batch is drawn at random already, and so its neighbours are.
    """
    return batch.roll(1, 0)


def mix(images: Tensor, share: float | Tensor) -> Tensor:
    """Mix each image with its partner: share * image + (1 - share) * partner; shape (B, ...).

    share: a number, or a tensor without dimensions, so that a captured step can be given others.
    """
    return images if _whole(share) else images.lerp(partners(images), 1 - share)


def loss_of(
    logits: Tensor, labels: Tensor, *, share: float | Tensor = 1.0, smoothing: float = 0.0,
    class_weights: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return the mean cross entropy of logits (B, 7) float32 as a tensor without dimensions.

    labels: (B,) int64. share: of each image beside its partner; the loss is the two labels' losses
    in the same shares. class_weights: (7,) float32; the mean is then weighted, over the batch.
    """
    loss = _cross_entropy(logits, labels, smoothing, class_weights)
    if _whole(share):
        return loss
    other = _cross_entropy(logits, partners(labels), smoothing, class_weights)
    return share * loss + (1 - share) * other


def _cross_entropy(
    logits: Tensor, labels: Tensor, smoothing: float, class_weights: Tensor | None
) -> Tensor:
    if class_weights is None:
        return functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    # Not torch's own weighted mean: with smoothing it selects by a mask, for which a GPU waits.
    losses = functional.cross_entropy(
        logits, labels, weight=class_weights, label_smoothing=smoothing, reduction="none"
    )
    return losses.sum() / class_weights[labels].sum()


def correct_of(logits: Tensor, labels: Tensor, *, share: float | Tensor = 1.0) -> Tensor:
    """Return how many of a batch are right; of mixed images, each label counts its share."""
    guesses = logits.argmax(dim=1)
    correct = (guesses == labels).sum()
    if _whole(share):
        return correct
    return share * correct + (1 - share) * (guesses == partners(labels)).sum()


def _whole(share: float | Tensor) -> bool:
    """Whether nothing is mixed; that a tensor holds 1 is not looked for: it would be waited for."""
    return not isinstance(share, Tensor) and share == 1


def recompute_batch_norms(model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Set the statistics of the model's batch norms to the means over `batches` of its images.

    Training leaves moving averages over its last batches, which were augmented, and of weights that
    still moved; here the weights stand still, and the images are as those that the network will be
    asked about ("precise batch norm", Wu & Johnson 2021). Each batch counts the same. Their
    count begins anew, and nothing else of the model changes.
    """
    update_bn(batches, model)


class MovingAverage(AveragedModel):
    """The exponential moving average of a model's weights, fed by `update_parameters`.

    average <- d * average + (1 - d) * weights, where d is ``min(decay, (1 + n) / (10 + n))`` at
    the n-th update, so that the random beginning is soon forgotten (TensorFlow's
    ExponentialMovingAverage with num_updates); the first one copies. The statistics of batch norms
    are averaged in the same way: they belong to weights of the same age, and no further pass over
    the images is needed. The number of updates lies beside the weights, so that no update waits
    for the device.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        super().__init__(model, device=next(_tensors(model)).device, use_buffers=True)
        self.decay = decay

    @torch.no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Take a step of the average towards `model`."""
        number = self.n_averaged
        kept = ((1 + number) / (10 + number)).clamp(max=self.decay) * (number > 0)
        by_dtype: dict[torch.dtype, tuple[list[Tensor], list[Tensor]]] = {}
        for own, other in zip(_tensors(self.module), _tensors(model), strict=True):
            averaged, current = by_dtype.setdefault(own.dtype, ([], []))
            averaged.append(own)
            current.append(other)
        for dtype, (averaged, current) in by_dtype.items():
            if dtype.is_floating_point:
                torch._foreach_mul_(averaged, kept.to(dtype))
                torch._foreach_add_(averaged, torch._foreach_mul(current, (1 - kept).to(dtype)))
            else:  # how many batches the statistics have seen
                torch._foreach_copy_(averaged, current)
        self.n_averaged += 1


def _tensors(model: nn.Module) -> Iterator[Tensor]:
    return itertools.chain(model.parameters(), model.buffers())


def stops_early(validation_accuracies: Sequence[float], patience: int) -> bool:
    """Return whether the last `patience` epochs brought no better validation accuracy.

    An equal one is no better. 0 never stops.
    """
    if patience == 0 or len(validation_accuracies) <= patience:
        return False
    earlier = validation_accuracies[:-patience]
    return max(validation_accuracies[-patience:]) <= max(earlier)
