"""Training speed: ours against the usual PIL + DataLoader pipeline in float32.

The same networks, images, sizes, batches and kinds of augmentation, each way in a process of its
own, since ours changes how its process holds memory. Rounds are interleaved (ours, 0 workers,
2 workers, ours ...), each ratio is taken within its round, and the median of the ratios is
printed: `ratio` says how many times as many images a second we train.

    python benchmarks/training.py [--rounds 5] [--json]
"""

import argparse
import dataclasses
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

import numpy as np
import torch
import torchvision.transforms as transforms
from measuring import machine, report, spread
from PIL import Image
from rich.table import Table
from torch import nn
from torch.utils.data import DataLoader, Dataset

from fer_core.config import RunConfig
from fer_core.data.synthetic import synthesise
from fer_core.device import choose_device
from fer_core.models import build, input_side, preset_config
from fer_core.train import TrainingData, TrainingState, fit

PRESETS = {"fast": 2048, "e-cnn": 1024}  # images in a round
WORKERS = (0, 2)


class Faces(Dataset):
    """Images as most scripts hold them: decoded by PIL, transformed one by one."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, config: RunConfig) -> None:
        self.images, self.labels = images, labels
        steps = [
            transforms.RandomHorizontalFlip(),
            transforms.RandomAffine(
                config.rotate,
                translate=(config.shift, config.shift),
                scale=(1 - config.zoom, 1 + config.zoom),
                interpolation=transforms.InterpolationMode.BILINEAR,
            ),
            transforms.Resize(input_side(config.architecture)),
            transforms.ToTensor(),
            transforms.Normalize(0.5077, 0.2551),
        ]
        if config.erase:
            steps.append(transforms.RandomErasing(config.erase))
        self.transform = transforms.Compose(steps)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(Image.fromarray(self.images[index])), int(self.labels[index])


def usual_way(
    images: np.ndarray, labels: np.ndarray, config: RunConfig, workers: int
) -> Iterator[float]:
    """Yield images/s of one epoch after another; workers start before the clock does."""
    torch.manual_seed(0)
    network = build(config.architecture)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    loss_function = nn.CrossEntropyLoss(label_smoothing=config.label_smoothing)
    loader = DataLoader(
        Faces(images, labels, config),
        batch_size=config.batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    network.train()
    while True:
        started = time.perf_counter()
        count, total, correct = 0, 0.0, 0
        for batch, target in loader:
            optimizer.zero_grad()
            logits = network(batch)
            loss = loss_function(logits, target)
            loss.backward()
            optimizer.step()
            total += loss.item()
            correct += (logits.argmax(1) == target).sum().item()
            count += len(target)
        yield count / (time.perf_counter() - started)


def our_way(images: np.ndarray, labels: np.ndarray, config: RunConfig) -> Iterator[float]:
    """Yield images/s of one epoch after another, validation (16 images) included."""
    device = choose_device("cpu")
    data = TrainingData.on(device, (images, labels), (images[:16], labels[:16]))
    state = TrainingState.start(config, device, mean=0.5077, deviation=0.2551)
    count = len(images) // config.batch_size * config.batch_size
    for epoch in fit(state, data, config):
        yield count / epoch.seconds


def train_on_demand(name: str, count: int, workers: int | None, pipe: Connection) -> None:
    """Train one epoch for each message that is true; answer with its images/s."""
    faces = synthesise(max(count * 5 // 4, 70)).splits["train"]
    images, labels = faces.images[:count], faces.labels[:count]
    config = preset_config(name, data="synthetic", epochs=10_000)
    if workers is None:
        way = our_way(images, labels, config)
    else:
        way = usual_way(images, labels, config, workers)
    while pipe.recv():
        pipe.send(next(way))


def measure(name: str, count: int, rounds: int, note: Callable[[str], None]) -> dict:
    spawn = multiprocessing.get_context("spawn")
    ways, pipes = {"ours": None, **{f"workers_{n}": n for n in WORKERS}}, {}
    for key, workers in ways.items():
        pipes[key], theirs = spawn.Pipe()
        spawn.Process(target=train_on_demand, args=(name, count, workers, theirs)).start()
    speeds: dict[str, list[float]] = {key: [] for key in ways}
    for number in range(-1, rounds):  # one to warm up: kernels are chosen, workers started
        for key, pipe in pipes.items():
            pipe.send(True)
            speed = pipe.recv()
            if number >= 0:
                speeds[key].append(speed)
        note(f"{name} round {number + 1}/{rounds}")
    for pipe in pipes.values():
        pipe.send(False)
    ratios = {
        key: [ours / theirs for ours, theirs in zip(speeds["ours"], speeds[key], strict=True)]
        for key in speeds
        if key != "ours"
    }
    return {
        "images_per_second": {key: spread(values) for key, values in speeds.items()},
        "ratio": {key: spread(values)["median"] for key, values in ratios.items()},
        "ratio_spread": {key: spread(values) for key, values in ratios.items()},
        "images_a_round": count,
        "rounds": rounds,
    }


def _text(values: dict[str, float], form: str) -> str:
    return f"{values['median']:{form}} ({values['min']:{form}} to {values['max']:{form}})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    device = choose_device("cpu")
    results = {
        name: measure(name, count, arguments.rounds, lambda text: print(text, file=sys.stderr))
        for name, count in PRESETS.items()
    }
    table = Table("preset", "way", "images/s (median, min to max)", "ours is faster by")
    for name, result in results.items():
        for way, speed in result["images_per_second"].items():
            ratio = result["ratio_spread"].get(way)
            table.add_row(name, way, _text(speed, ",.0f"), _text(ratio, ".2f") if ratio else "")
    where = machine() | {"torch": torch.__version__} | dataclasses.asdict(device)
    where = {key: str(value) for key, value in where.items()}
    report(results | {"machine": where}, table, as_json=arguments.json, note=str(where))


if __name__ == "__main__":
    main()
