"""Training: `fit` yields epochs. It touches no disk and no SQL.

The whole set lies on the device as uint8; a batch is a gather and one warp; loss and accuracy
add up on the device and are read once an epoch. On a GPU a step is one launch of a CUDA graph.
"""

import functools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from fer_core import captured, distillation, recipes
from fer_core.config import RunConfig
from fer_core.data.augment import DRAWS, augment_by, unit
from fer_core.device import Device
from fer_core.distributed import ALONE, Group
from fer_core.models import OWN_FAMILY, Classifier, Normalise, network_for, side_in_epoch
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
    average: recipes.MovingAverage | None = field(default=None, kw_only=True)
    device: Device = field(kw_only=True)
    group: Group = field(kw_only=True)
    wrapped: torch.nn.Module = field(kw_only=True)  # the model, as training runs it forward

    @classmethod
    def start(
        cls,
        config: RunConfig,
        device: Device,
        *,
        mean: float = 0.0,
        deviation: float = 1.0,
        group: Group = ALONE,
    ) -> "TrainingState":
        """Build the seeded model, its optimizer and the average of its weights, if wanted.

        mean, deviation: of the training images in [0, 1], for the normalisation ``dataset``.
        group: the processes that train together; each has such a state, and rank 0's counts.
        """
        torch.manual_seed(config.seed)  # initial weights, then dropout
        normalise = Normalise(config.normalise, mean=mean, deviation=deviation)
        model = Classifier(normalise, network_for(config), side_in_epoch(config, 1))
        device.place(model)
        generator = torch.Generator(device.torch_device).manual_seed(config.seed)
        decay = config.weight_average
        average = recipes.MovingAverage(model, decay) if decay and group.rank == 0 else None
        optimizer = recipes.make_optimizer(model, config, device.compute_dtype)
        own = config.architecture.get("family") == OWN_FAMILY
        wrapped = group.wrap(model, may_skip_layers=own)
        return cls(
            model, optimizer, generator, average=average, device=device, group=group,
            wrapped=wrapped,
        )  # fmt: skip


@dataclass(eq=False)
class _Inputs:
    """What is new in each step, in tensors that stay where they are: a captured step reads there.

    chosen: (B,) int64, the batch's images; draws: (DRAWS, B) float32, for their augmentation;
    share: () float32, of each image beside its partner; totals: (2,) float32, what steps add to:
    the sums of losses and of correct images.
    """

    chosen: torch.Tensor
    draws: torch.Tensor
    share: torch.Tensor
    totals: torch.Tensor

    @classmethod
    def with_draws(cls, draws: torch.Tensor) -> "_Inputs":
        chosen = torch.zeros(draws.shape[1], dtype=torch.int64, device=draws.device)
        return cls(chosen, draws, draws.new_zeros(()), draws.new_zeros(2))


def fit(
    state: TrainingState,
    data: TrainingData,
    config: RunConfig,
    *,
    teachers: Sequence[Classifier] = (),
    progress: Progress | None = None,
    capture: bool = True,
) -> Iterator[Epoch]:
    """Train from `state.epoch` to `config.epochs`, yielding after each epoch.

    With a `config.patience` it ends sooner, when validation gets no better. `state` is changed in
    place: between two epochs it is what a checkpoint must hold. The last, incomplete batch of an
    epoch is left out; the permutation changes every epoch, so that no image is left out for good.
    An epoch trains and validates on images of its stage's side. Training accuracy and loss are
    those of the augmented images with dropout, as the network was while it learned; the loss is
    without label smoothing, class weights and what the `teachers` say, which are on the device and
    in evaluation mode. Of several processes each takes its part of every batch, and rank 0 alone
    validates.

    capture: on a GPU, record the step once and replay it (see `captured`); what it computes is the
    same without.
    """
    count = len(data.train_labels)
    batch_size = min(config.batch_size, count)
    steps = count // batch_size
    class_weights = None
    if config.class_weights == "balanced":
        class_weights = recipes.balanced_class_weights(data.train_labels)
    device = state.device.torch_device
    draws = torch.zeros((DRAWS, batch_size), device=device)  # the whole batch's: see augment_by
    inputs = _Inputs.with_draws(draws.chunk(state.group.size, dim=1)[state.group.rank])
    steps_of: dict[tuple[int, bool], Callable[[], None]] = {}
    for epoch in range(state.epoch + 1, config.epochs + 1):
        if recipes.stops_early(state.validation_accuracies, config.patience):
            return
        started = time.perf_counter()
        side = state.model.side = side_in_epoch(config, epoch)
        permutation = torch.randperm(count, generator=state.generator, device=device)
        inputs.totals.zero_()
        shares = recipes.mixing_shares(config, epoch, steps)
        kind = side, any(share != 1 for share in shares)  # other kernels, and so another recording
        if kind not in steps_of:
            step_on = functools.partial(
                _step_on, inputs, state, data, config, teachers, class_weights, *kind
            )
            repeated = captured.repeated(step_on, state.model, device) if capture else step_on
            steps_of[kind] = repeated
        state.group.seed_dropout(config.seed, epoch)
        state.model.train()
        for step, share in enumerate(shares):
            rate = recipes.learning_rate_at((epoch - 1 + step / steps) / config.epochs, config)
            recipes.set_learning_rate(state.optimizer, rate)
            batch = permutation[step * batch_size : (step + 1) * batch_size]
            inputs.chosen.copy_(state.group.share(batch))
            draws.uniform_(generator=state.generator)
            inputs.share.fill_(share)
            steps_of[kind]()
            if progress:
                progress((step + 1) * batch_size, steps * batch_size)
        if config.precise_batch_norm and epoch == config.epochs and state.group.rank == 0:
            with state.device.autocast():
                batches = map(unit, data.train_images.split(_EVALUATION_BATCH))
                recipes.recompute_batch_norms(state.model, batches)
        validation_loss, validation_accuracy = state.group.told(lambda: _validate(state, data))
        train_loss, correct = state.group.sum(inputs.totals).tolist()
        if not math.isfinite(train_loss):
            raise ArithmeticError(
                f"the loss became {train_loss} in epoch {epoch}; "
                f"train with a learning rate below {config.learning_rate:g}"
            )
        state.epoch = epoch
        state.validation_accuracies.append(validation_accuracy)
        yield Epoch(
            epoch=epoch,
            train_loss=train_loss / (steps * state.group.size),
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


def _step_on(
    inputs: _Inputs,
    state: TrainingState,
    data: TrainingData,
    config: RunConfig,
    teachers: Sequence[Classifier],
    class_weights: torch.Tensor | None,
    side: int,
    mixed: bool,
) -> None:
    """Take the step that `inputs` describe, and add what it gives to their totals."""
    images, labels = data.train_images[inputs.chosen], data.train_labels[inputs.chosen]
    images_at = functools.partial(augment_by, inputs.draws, images, config)
    share = inputs.share if mixed else 1.0
    soft = None  # what the teachers say, in the student's precision
    if teachers:
        with state.device.autocast():
            soft = distillation.soft_labels(
                teachers, images_at, share=share, temperature=config.temperature
            )
    inputs.totals += _step(state, images_at(side), labels, share, config, class_weights, soft)


def _step(
    state: TrainingState,
    images: torch.Tensor,
    labels: torch.Tensor,
    share: float | torch.Tensor,
    config: RunConfig,
    class_weights: torch.Tensor | None,
    soft: torch.Tensor | None,
) -> torch.Tensor:
    """Take one optimizer step; return (plain loss, correct) on the device."""
    with state.device.autocast():
        logits = state.wrapped(recipes.mix(images, share)).float()
    loss = recipes.loss_of(
        logits,
        labels,
        share=share,
        smoothing=config.label_smoothing,
        class_weights=class_weights,
    )
    if class_weights is not None:
        loss = state.group.mean_over_batch(loss, lambda: class_weights[labels].sum())
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
