"""How most scripts train: the peers that ours is measured against.

Either every image is decoded by PIL and transformed one by one behind a DataLoader, or the whole
set lies in memory as one float32 tensor and torchvision's v2 transforms change a batch at a time
(they draw once a batch, so that its images turn alike). Optimizer, schedule, label smoothing,
dropout, augmentation and normalisation are the recipe's, the optimizer in its fastest form; mixup,
class weights and the average of the weights are left out.
"""

from collections.abc import Iterator
from types import ModuleType

import numpy as np
import torch
import torchvision.transforms as transforms
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from fer_core.config import AUGMENT_KINDS, RunConfig
from fer_core.models import input_side, network_for
from fer_core.recipes import learning_rate_at, make_optimizer

IN_MEMORY = -1  # in place of a number of workers
CPU = torch.device("cpu")


def standardise(images: Tensor) -> Tensor:
    """Return images (..., 1, H, W), each by its own mean and deviation."""
    deviation, mean = torch.std_mean(images, dim=(-3, -2, -1), keepdim=True)
    return (images - mean) / deviation.clamp_min(1 / 255)


def transform(
    config: RunConfig, mean: float, deviation: float, *, augmented: bool, kit: ModuleType
) -> transforms.Compose:
    """Return the recipe's transforms: for PIL images with torchvision.transforms as `kit`, for
    float32 batches in [0, 1] with its v2."""
    kinds = AUGMENT_KINDS[config.augment] if augmented else ()
    steps = [kit.RandomHorizontalFlip()] if "flip" in kinds else []
    if "shift" in kinds:
        zoom = config.zoom if "zoom" in kinds else 0.0
        steps.append(
            kit.RandomAffine(
                config.rotate if "rotate" in kinds else 0.0,
                translate=(config.shift, config.shift),
                scale=(1 - zoom, 1 + zoom),
                interpolation=kit.InterpolationMode.BILINEAR,
            )
        )
    steps.append(kit.Resize(input_side(config.architecture)))
    if kit is transforms:
        steps.append(kit.ToTensor())
    if config.normalise == "per-image":
        steps.append(standardise)
    elif config.normalise == "dataset":
        steps.append(kit.Normalize([mean], [deviation]))
    elif config.normalise == "none":
        steps.append(kit.Normalize([0.0], [1 / 255]))
    if "erase" in kinds:
        steps.append(kit.RandomErasing(config.erase))
    return transforms.Compose(steps)


class Faces(Dataset):
    """Images as most scripts hold them: decoded by PIL, transformed one by one."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, change: transforms.Compose) -> None:
        self.images, self.labels, self.change = images, labels, change

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.change(Image.fromarray(self.images[index])), int(self.labels[index])


class InMemory:
    """Batches of one float32 tensor that holds all images, in a new order each time."""

    def __init__(
        self, images: np.ndarray, labels: np.ndarray, change: v2.Compose, batch_size: int
    ) -> None:
        self.images = torch.tensor(images).unsqueeze(1).float() / 255
        self.labels = torch.tensor(labels, dtype=torch.int64)
        self.change, self.batch_size = change, batch_size

    def __len__(self) -> int:
        return len(self.images) // self.batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(len(self.images))
        for step in range(len(self)):
            chosen = order[step * self.batch_size : (step + 1) * self.batch_size]
            yield self.change(self.images[chosen]), self.labels[chosen]


class Peer:
    """A network and how it is trained: images (N, 48, 48) uint8, labels (N,) in 0..6.

    workers: of the DataLoader, or IN_MEMORY; amp: forward in bfloat16 by autocast, else float32.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        config: RunConfig,
        *,
        workers: int,
        amp: bool = False,
        device: torch.device = CPU,
    ) -> None:
        torch.manual_seed(config.seed)
        self.config, self.amp, self.device, self.epoch = config, amp, device, 0
        self.network = network_for(config).to(device)
        self.optimizer = make_optimizer(self.network, config)
        self.loss = nn.CrossEntropyLoss(label_smoothing=config.label_smoothing)
        self.workers = max(workers, 0)
        self.constants = float(images.mean() / 255), float(images.std() / 255)
        if workers == IN_MEMORY:
            change = transform(config, *self.constants, augmented=True, kit=v2)
            self.batches = InMemory(images, labels, change, config.batch_size)
        else:
            change = transform(config, *self.constants, augmented=True, kit=transforms)
            self.batches = DataLoader(
                Faces(images, labels, change),
                batch_size=config.batch_size,
                shuffle=True,
                drop_last=True,
                num_workers=workers,
                persistent_workers=workers > 0,
            )

    def train_epoch(self) -> int:
        """Train one epoch, reading loss and accuracy each step, as scripts do; return how many
        images it took."""
        self.network.train()
        count, total, correct = 0, 0.0, 0
        for step, (batch, target) in enumerate(self.batches):
            rate = learning_rate_at(
                (self.epoch + step / len(self.batches)) / self.config.epochs, self.config
            )
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            batch, target = batch.to(self.device), target.to(self.device)
            self.optimizer.zero_grad()
            with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.amp):
                logits = self.network(batch)
                loss = self.loss(logits, target)
            loss.backward()
            self.optimizer.step()
            total += loss.item()
            correct += (logits.argmax(1) == target).sum().item()
            count += len(target)
        self.epoch += 1
        return count

    def validation(self, images: np.ndarray, labels: np.ndarray) -> DataLoader:
        """Return batches of images to validate on."""
        change = transform(self.config, *self.constants, augmented=False, kit=transforms)
        faces = Faces(images, labels, change)
        return DataLoader(
            faces, batch_size=512, num_workers=self.workers, persistent_workers=self.workers > 0
        )

    def accuracy(self, batches: DataLoader) -> float:
        """Return the share of images that it gets right."""
        self.network.eval()
        correct = 0
        with torch.inference_mode():
            for batch, target in batches:
                guesses = self.network(batch.to(self.device)).argmax(1)
                correct += (guesses == target.to(self.device)).sum().item()
        return correct / len(batches.dataset)
