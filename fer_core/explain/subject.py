"""What an explanation works on: a model, the images, and the score that is explained."""

import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.explain.maps import gradient
from fer_core.models import Classifier
from fer_core.records import CLASS_NAMES

OUTPUTS = ("logit", "probability")
# Images that run at once: enough to keep the device busy, few enough for its memory.
_AT_ONCE, _AT_ONCE_ON_GPU = 64, 512


def at_once(device: torch.device) -> int:
    """Return how many images a device runs forward and backward at once."""
    return _AT_ONCE_ON_GPU if device.type == "cuda" else _AT_ONCE


class Subject:
    """Images and their targets, and how the model scores changed copies of them.

    model: in evaluation; images: (N, 1, 48, 48) in [0, 1], targets: (N,) int64, both on the
    model's device, images in its dtype; output: ``logit`` or ``probability``.

    The normalisation of the unchanged image is held fixed: with per-image statistics an occluded
    patch would change every other pixel, and integrated gradients from black would sum to zero.
    """

    def __init__(
        self, model: nn.Module, images: torch.Tensor, targets: torch.Tensor, output: str = "logit"
    ) -> None:
        if output not in OUTPUTS:
            raise InputError(f"output is {output!r}; use one of {', '.join(OUTPUTS)}")
        self.model = model
        self.images = images
        self.targets = targets
        self.output = output
        if isinstance(model, Classifier):
            with torch.no_grad():
                mean, deviation = model.normalise.constants(model.resize(images))
            count = (len(images), 1, 1, 1)  # some kinds have one number for all images
            self._mean, self._deviation = mean.expand(count), deviation.expand(count)

    def logits(self, changed: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
        """Return logits (M, 7) of changed images (M, 1, 48, 48); of: (M,) int64, the index of the
        image that each was made from. Raises InputError for a model that gives anything else."""
        if isinstance(self.model, Classifier):
            resized = self.model.resize(changed)
            logits = self.model.network((resized - self._mean[of]) / self._deviation[of])
        else:
            logits = self.model(changed.clone())  # which may begin with an in-place operation
        shape = getattr(logits, "shape", type(logits).__name__)
        if shape != (len(changed), len(CLASS_NAMES)):
            text = tuple(shape) if isinstance(shape, torch.Size) else shape
            raise InputError(
                f"the model gives {text} for {len(changed)} images; explanations need logits "
                f"({len(changed)}, {len(CLASS_NAMES)})"
            )
        return logits

    def scores(self, changed: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
        """Return logits or probabilities (M, 7), whichever is explained; see `logits`."""
        logits = self.logits(changed, of)
        return logits if self.output == "logit" else logits.softmax(1)

    def target_scores(self, changed: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
        """Return the score (M,) of each image's target; see `logits`."""
        return self.scores(changed, of).gather(1, self.targets[of][:, None])[:, 0]

    def gradients(self, copies: torch.Tensor) -> torch.Tensor:
        """Return d target's score / d pixel for R changed copies of each image: both are
        (N, R, 1, 48, 48). See `rounds`."""
        changed = copies.flatten(0, 1).detach().requires_grad_()
        scores = self.target_scores(changed, self.every.repeat_interleave(copies.shape[1]))
        return gradient(scores, changed).view_as(copies)

    def rounds(self, count: int) -> tuple[range, ...]:
        """Split `count` changed copies of each image into rounds that run at once."""
        size = max(1, at_once(self.images.device) // len(self.images))
        return tuple(range(count)[start : start + size] for start in range(0, count, size))

    @property
    def every(self) -> torch.Tensor:
        """The indices (N,) of the images."""
        return torch.arange(len(self.images), device=self.images.device)
