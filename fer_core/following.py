"""One run on several processes: rank 0 hands out its work, the others follow."""

import itertools
from typing import Any

import torch

from fer_core.checkpoints import Checkpoint
from fer_core.config import RunConfig
from fer_core.device import Device
from fer_core.distributed import Ended, Group
from fer_core.errors import InputError
from fer_core.models import network_for
from fer_core.train import TrainingData, TrainingState, fit

_ANSWER_SECONDS = 300.0  # to build a network, also where its file lies on a slow disk


def call(group: Group, config: RunConfig, device: Device) -> None:
    """Rank 0, before a run is there: have the others make ready for it.

    Raises InputError for the first that cannot train it (no such GPU, no file of the network).
    """
    if group.size == 1:
        return
    group.tasks += 1
    task = {
        "config": config.to_dict(),
        "device": device.torch_device.type,
        "precision": device.precision,
    }
    group.tell(f"task/{group.tasks}", task)
    for rank in range(1, group.size):
        refusal = group.hear(f"ready/{group.tasks}/{rank}", limit_seconds=_ANSWER_SECONDS)
        if refusal:
            raise InputError(f"rank {rank}: {refusal}")


def hand_out(group: Group, data: TrainingData, checkpoint: Checkpoint | None = None) -> None:
    """Rank 0, when the run is there: give the others its images, and where it goes on from."""
    if group.size == 1:
        return
    files = (checkpoint.weights, checkpoint.state) if checkpoint else ()
    start = {
        "images": list(data.train_images.shape),
        "epoch": checkpoint.epoch if checkpoint else 0,
        "bytes": [len(file) for file in files],
    }
    group.tell(f"start/{group.tasks}", start)
    with group.training():
        group.broadcast(data.train_images)
        group.broadcast(data.train_labels)
        for file in files:
            group.broadcast(torch.frombuffer(bytearray(file), dtype=torch.uint8))


def follow(group: Group) -> int:
    """Every other rank: train what rank 0 hands out until a process ends; return its exit code."""
    try:
        for number in itertools.count(1):
            _train_along(group, number, group.hear(f"task/{number}"))
    except Ended as ended:
        return ended.code
    raise AssertionError("unreachable")


def _train_along(group: Group, number: int, task: dict[str, Any]) -> None:
    ready = f"ready/{number}/{group.rank}"
    try:
        config = RunConfig.from_dict(task["config"])
        device = group.device(task["device"], task["precision"])
        network_for(config)
    except InputError as error:
        group.tell(ready, str(error))
        return
    group.tell(ready, "")
    start = group.hear(f"start/{number}")
    with group.training():
        data = _received(group, device, start["images"])
        files = [torch.empty(size, dtype=torch.uint8) for size in start["bytes"]]
        for file in files:
            group.broadcast(file)
        state = TrainingState.start(config, device, group=group)
        if files:
            weights, resume = (file.numpy().tobytes() for file in files)
            Checkpoint(start["epoch"], weights, resume).restore(state)
        for _ in fit(state, data, config):
            pass  # rank 0 stores what came of it


def _received(group: Group, device: Device, shape: list[int]) -> TrainingData:
    """Take rank 0's images (N, 1, 48, 48) and labels; it alone validates, so none for that."""
    images = torch.empty(shape, dtype=torch.uint8, device=device.torch_device)
    labels = torch.empty(shape[:1], dtype=torch.int64, device=device.torch_device)
    group.broadcast(images)
    group.broadcast(labels)
    return TrainingData(images, labels, images[:0], labels[:0])
