"""Training: `fit` yields epochs. It touches no disk and no SQL.

The whole set lies on the device as uint8; a batch is a gather and one warp; loss and accuracy
add up on the device and are read once an epoch.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel

from fer_core import distillation, recipes
from fer_core.config import RunConfig
from fer_core.data.augment import augment_as, draw, unit
from fer_core.device import Device
from fer_core.models import Classifier, Normalise, input_side, network_for
from fer_core.records import Epoch
from fer_core.views import views

_EVALUATION_BATCH = 512
Progress = Callable[[int, int], None]  # images done, images in the epoch


@dataclass(frozen=True, eq=False)
class TrainingData:
    """images: (N, 1, 48, 48) uint8; labels: (N,) int64; both on the device."""

    train_images: torch.Tensor
    train_labels: torch.Tensor
    validation_images: torch.Tensor
    validation_labels: torch.Tensor

    @classmethod
    def on(
        cls,
        device: Device,
        train: tuple[np.ndarray, np.ndarray],
        validation: tuple[np.ndarray, np.ndarray],
    ) -> "TrainingData":
        """Move (images (N, 48, 48) uint8, labels (N,) int8) pairs to the device."""
        tensors = []
        for images, labels in (train, validation):
            tensors.append(torch.tensor(images, device=device.torch_device).unsqueeze(1))
            tensors.append(torch.tensor(labels, device=device.torch_device, dtype=torch.int64))
        return cls(*tensors)


@dataclass(eq=False)
class TrainingState:
    """Everything that changes while a run trains, and so must survive an interruption."""

    model: Classifier
    optimizer: torch.optim.Optimizer
    generator: torch.Generator  # permutation and augmentation
    epoch: int = 0
    validation_accuracies: list[float] = field(default_factory=list)  # one an epoch
    average: AveragedModel | None = field(default=None, kw_only=True)
    device: Device = field(kw_only=True)

    @classmethod
    def start(
        cls, config: RunConfig, device: Device, *, mean: float = 0.0, deviation: float = 1.0
    ) -> "TrainingState":
        """Build the seeded model, its optimizer and the average of its weights, if wanted.

        mean, deviation: of the training images in [0, 1], for the normalisation ``dataset``.
        """
        torch.manual_seed(config.seed)  # initial weights, then dropout
        normalise = Normalise(config.normalise, mean=mean, deviation=deviation)
        model = Classifier(normalise, network_for(config), input_side(config.architecture))
        device.place(model)
        generator = torch.Generator(device.torch_device).manual_seed(config.seed)
        decay = config.weight_average
        average = recipes.make_average(model, decay) if decay else None
        optimizer = recipes.make_optimizer(model, config)
        return cls(model, optimizer, generator, average=average, device=device)


def fit(
    state: TrainingState,
    data: TrainingData,
    config: RunConfig,
    *,
    teachers: Sequence[Classifier] = (),
    progress: Progress | None = None,
) -> Iterator[Epoch]:
    """Train from `state.epoch` to `config.epochs`, yielding after each epoch.

    With a `config.patience` it ends sooner, when validation gets no better. `state` is changed
    in place: between two epochs it is what a checkpoint must hold. The last, incomplete batch of
    an epoch is left out; the permutation changes every epoch, so that no image is left out for
    good. Training accuracy and loss are those of the augmented images with dropout, as the
    network was while it learned; the loss is without label smoothing, class weights and what the
    `teachers` say, which are on the device and in evaluation mode.
    """
    count = len(data.train_labels)
    batch_size = min(config.batch_size, count)
    steps = count // batch_size
    side = input_side(config.architecture)
    class_weights = None
    if config.class_weights == "balanced":
        class_weights = recipes.balanced_class_weights(data.train_labels)
    for epoch in range(state.epoch + 1, config.epochs + 1):
        if recipes.stops_early(state.validation_accuracies, config.patience):
            return
        started = time.perf_counter()
        permutation = torch.randperm(
            count, generator=state.generator, device=state.device.torch_device
        )
        totals = torch.zeros(2, device=state.device.torch_device)  # loss, correct
        shares = recipes.mixing_shares(config, epoch, steps)
        state.model.train()
        for step, share in enumerate(shares):
            chosen = permutation[step * batch_size : (step + 1) * batch_size]
            rate = recipes.learning_rate_at((epoch - 1 + step / steps) / config.epochs, config)
            for group in state.optimizer.param_groups:
                group["lr"] = rate
            images, labels = data.train_images[chosen], data.train_labels[chosen]
            images_at = partial(augment_as, draw(images, state.generator), images, config)
            soft = _soft_labels(state, teachers, images_at, share, config)
            totals += _step(state, images_at(side), labels, share, config, class_weights, soft)
            if progress:
                progress((step + 1) * batch_size, steps * batch_size)
        validation_loss, validation_accuracy = _validate(state, data)
        train_loss, correct = totals.tolist()
        if not math.isfinite(train_loss):
            raise ArithmeticError(
                f"the loss became {train_loss} in epoch {epoch}; "
                f"train with a learning rate below {config.learning_rate:g}"
            )
        state.epoch = epoch
        state.validation_accuracies.append(validation_accuracy)
        yield Epoch(
            epoch=epoch,
            train_loss=train_loss / steps,
            train_accuracy=correct / (steps * batch_size),
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
            seconds=time.perf_counter() - started,
            learning_rate=rate,
        )


def predict_probabilities(
    model: torch.nn.Module, images: torch.Tensor, device: Device, *, averaging: str = "none"
) -> torch.Tensor:
    """Return probabilities (N, 7) float32 for images (N, 1, 48, 48) uint8 on the device.

    averaging: one of AVERAGINGS: of which of its views the mean is taken.
    """
    training = model.training
    model.eval()
    try:
        with torch.inference_mode(), device.autocast():
            parts = []
            for batch in images.split(_EVALUATION_BATCH):
                answers = [
                    model(view).float().softmax(dim=1) for view in views(unit(batch), averaging)
                ]
                parts.append(torch.stack(answers).mean(dim=0))
            return torch.cat(parts)
    finally:
        model.train(training)


def _soft_labels(
    state: TrainingState,
    teachers: Sequence[Classifier],
    images_at: Callable[[int], torch.Tensor],
    share: float,
    config: RunConfig,
) -> torch.Tensor | None:
    """Return what the teachers say of a batch, None without any; in the student's precision."""
    if not teachers:
        return None
    with state.device.autocast():
        return distillation.soft_labels(
            teachers, images_at, share=share, temperature=config.temperature
        )


def _step(
    state: TrainingState,
    images: torch.Tensor,
    labels: torch.Tensor,
    share: float,
    config: RunConfig,
    class_weights: torch.Tensor | None,
    soft: torch.Tensor | None,
) -> torch.Tensor:
    """Take one optimizer step; return (plain loss, correct) on the device."""
    with state.device.autocast():
        logits = state.model(recipes.mix(images, share)).float()
    loss = recipes.loss_of(
        logits,
        labels,
        share=share,
        smoothing=config.label_smoothing,
        class_weights=class_weights,
    )
    if soft is not None:
        loss = distillation.loss_with(
            loss, logits, soft, weight=config.teacher_weight, temperature=config.temperature
        )
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    state.optimizer.step()
    if state.average is not None:
        state.average.update_parameters(state.model)
    logits = logits.detach()
    plain = recipes.loss_of(logits, labels, share=share)
    return torch.stack((plain, recipes.correct_of(logits, labels, share=share)))


def _validate(state: TrainingState, data: TrainingData) -> tuple[float, float]:
    probabilities = predict_probabilities(state.model, data.validation_images, state.device)
    labels = data.validation_labels
    # Clamped at float32's smallest normal number: one certain mistake must not make it infinite.
    own = probabilities.gather(1, labels.unsqueeze(1)).clamp_min(torch.finfo(torch.float32).tiny)
    correct = (probabilities.argmax(dim=1) == labels).sum()
    loss, count = torch.stack((-own.log().mean(), correct)).tolist()
    return loss, count / len(labels)
