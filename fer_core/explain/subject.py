"""What an explanation works on: a model, the images, and the score that is explained."""

import torch
from torch import nn

from fer_core.errors import InputError
from fer_core.models import Classifier

OUTPUTS = ("logit", "probability")


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
        self._mean, self._deviation = torch.zeros(()), torch.ones(())
        if isinstance(model, Classifier):
            with torch.no_grad():
                self._mean, self._deviation = model.normalise.constants(model.resize(images))

    def logits(self, changed: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
        """Return logits (M, 7) of changed images (M, 1, 48, 48); of: (M,) int64, the index of the
        image that each was made from."""
        if not isinstance(self.model, Classifier):
            return self.model(changed)
        mean, deviation = (
            each[of] if each.ndim else each for each in (self._mean, self._deviation)
        )
        return self.model.network((self.model.resize(changed) - mean) / deviation)

    def scores(self, changed: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
        """Return logits or probabilities (M, 7), whichever is explained; see `logits`."""
        logits = self.logits(changed, of)
        return logits if self.output == "logit" else logits.softmax(1)

    def target_scores(self, changed: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
        """Return the score (M,) of each image's target; see `logits`."""
        return self.scores(changed, of).gather(1, self.targets[of][:, None])[:, 0]

    @property
    def every(self) -> torch.Tensor:
        """The indices (N,) of the images."""
        return torch.arange(len(self.images), device=self.images.device)
