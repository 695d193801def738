"""What training costs against the size of the network, the number of images and the batch size.

`model_size`: `fast` with all its convolutions so many times as wide; forward and backward of one
batch, in seconds an image, against multiply-adds an image. `images`: a whole epoch of `fast` (ours:
augmentation, optimizer, validation of 16 images) in seconds, against the images in it.
`batch_size`: forward and backward of `fast`, in seconds a batch, against the images in it.

Between each size and the one before it stands the local exponent, log(cost / cost before) /
log(size / size before): 1 where cost grows with size, below 1 where it grows less. Rounds are
interleaved, exponents taken within their round; medians, least and most. `in_convolutions` is the
share of a step's time that torch's profiler finds in convolutions: only theirs grows with the
multiply-adds, that of batch norm, ReLU and pooling with the number of maps.

    python benchmarks/scaling.py [--rounds 5] [--json]
    python benchmarks/scaling.py --smoke      # tiny: does it run?
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from measuring import machine, report, spread
from rich.table import Table
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile

from fer_core.config import RunConfig
from fer_core.data.augment import resize
from fer_core.data.synthetic import synthesise
from fer_core.device import Device, choose_device
from fer_core.models import input_side, layer_table, network_for, preset_config
from fer_core.train import TrainingData, TrainingState, fit

WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
IMAGES = (128, 512, 2048, 8192, 32768)  # FER2013 has 28,709
BATCH_SIZES = (8, 16, 32, 64, 128, 256, 512, 1024)
LEAST_SECONDS = 0.5  # of a measurement: what takes less is repeated


class Point(NamedTuple):
    """size: what the cost is held against; images: how many a cost is for; shown: what else is
    worth knowing; cost: measures once, in seconds."""

    size: float
    images: int
    shown: Mapping[str, Any]
    cost: Callable[[], float]


def widened(architecture: Mapping[str, Any], factor: float) -> dict[str, Any]:
    """Return the architecture with so many times as many filters in each convolution."""
    layers = [
        {**layer, "conv": max(1, round(layer["conv"] * factor))} if "conv" in layer else layer
        for layer in architecture["layers"]
    ]
    return {**architecture, "layers": layers}


def local_exponents(sizes: Sequence[float], costs: Sequence[float]) -> list[float]:
    """Return log(cost / cost before) / log(size / size before) for all sizes but the first."""
    return [
        math.log(cost / cost_before) / math.log(size / size_before)
        for (size_before, cost_before), (size, cost) in pairwise(zip(sizes, costs, strict=True))
    ]


def training_step(config: RunConfig, batch_size: int, device: Device) -> Callable[[], None]:
    """Return what goes forward and backward through one batch."""
    faces = synthesise(140).splits["train"]
    images = torch.tensor(np.resize(faces.images, (batch_size, 48, 48))).unsqueeze(1)
    labels = torch.tensor(np.resize(faces.labels, batch_size), dtype=torch.int64)
    pixels = resize(images, input_side(config.architecture))
    network = network_for(config).train()
    device.place(network)

    def step() -> None:
        network.zero_grad(set_to_none=True)
        with device.autocast():
            logits = network(pixels).float()
        functional.cross_entropy(logits, labels).backward()

    return step


def seconds_of(step: Callable[[], None]) -> float:
    """Return the mean seconds of a call, over as many as LEAST_SECONDS take."""
    count, started = 0, time.perf_counter()
    while count == 0 or time.perf_counter() - started < LEAST_SECONDS:
        step()
        count += 1
    return (time.perf_counter() - started) / count


def in_convolutions(step: Callable[[], None]) -> float:
    """Return the share of a step's time that is spent in convolutions."""
    step()  # kernels are chosen
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        step()
    seconds = {event.key: event.self_cpu_time_total for event in profiled.key_averages()}
    return sum(s for key, s in seconds.items() if "conv" in key) / sum(seconds.values())


def by_model_size(config: RunConfig, widths: Iterable[float], device: Device) -> list[Point]:
    points = []
    for width in widths:
        wide = config.replace(architecture=widened(config.architecture, width))
        layers = layer_table(network_for(wide), input_side(wide.architecture))
        step = training_step(wide, config.batch_size, device)
        shown = {
            "width": width,
            "parameters": sum(layer.parameters for layer in layers),
            "in_convolutions": in_convolutions(step),
        }
        operations = sum(layer.operations for layer in layers)
        points.append(Point(operations, config.batch_size, shown, partial(seconds_of, step)))
    return points


def by_batch_size(config: RunConfig, sizes: Iterable[int], device: Device) -> list[Point]:
    points = []
    for size in sizes:
        step = training_step(config, size, device)
        shown = {"in_convolutions": in_convolutions(step)}
        points.append(Point(size, size, shown, partial(seconds_of, step)))
    return points


def by_images(config: RunConfig, counts: Iterable[int], device: Device) -> list[Point]:
    faces = synthesise(140)
    train, validation = (faces.splits[name] for name in ("train", "validation"))
    few = (validation.images[:16], validation.labels[:16])
    points = []
    for count in counts:
        many = (np.resize(train.images, (count, 48, 48)), np.resize(train.labels, count))
        # So long that the schedule gets nowhere while it is measured.
        long = config.replace(epochs=10_000)
        state = TrainingState.start(long, device, mean=0.5077, deviation=0.2551)
        epochs = fit(state, TrainingData.on(device, many, few), long)
        points.append(Point(count, count, {}, lambda epochs=epochs: next(epochs).seconds))
    return points


def measure(points: Sequence[Point], rounds: int, note: Callable[[str], None]) -> list[dict]:
    """Return a row a point: size, what it shows, cost, seconds an image, exponent to the one
    before (None for the first)."""
    for point in points:
        point.cost()  # kernels are chosen
    by_round = []
    for number in range(rounds):
        by_round.append([point.cost() for point in points])
        note(f"round {number + 1}/{rounds}")
    sizes = [point.size for point in points]
    exponents = [local_exponents(sizes, costs) for costs in by_round]
    return [
        {
            "size": point.size,
            **point.shown,
            "seconds": spread([costs[place] for costs in by_round]),
            "seconds_an_image": spread([costs[place] / point.images for costs in by_round]),
            "exponent": spread([each[place - 1] for each in exponents]) if place else None,
        }
        for place, point in enumerate(points)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error(f"--rounds is {arguments.rounds}; use 1 or more")
    device = choose_device("cpu")
    config = preset_config("fast", data="synthetic", sides="")
    widths, counts, sizes = WIDTHS, IMAGES, BATCH_SIZES
    if arguments.smoke:
        config = config.replace(batch_size=8)
        widths, counts, sizes = (0.25, 0.5), (16, 32), (2, 4)
    document: dict[str, Any] = {
        "machine": machine()
        | {"torch": torch.__version__, "precision": device.precision, "threads": device.threads},
        "rounds": arguments.rounds,
        "batch_size_of_others": config.batch_size,
    }
    columns = ("against", "size", "width", "ms an image (least to most)", "local exponent")
    table = Table(*columns, "in convolutions")
    for axis, points in (
        ("model_size", by_model_size(config, widths, device)),
        ("images", by_images(config, counts, device)),
        ("batch_size", by_batch_size(config, sizes, device)),
    ):
        document[axis] = measure(
            points, arguments.rounds, lambda text, axis=axis: print(axis, text, file=sys.stderr)
        )
        for row in document[axis]:
            cost, exponent = row["seconds_an_image"], row["exponent"]
            shown = "{median:.2f} ({min:.2f} to {max:.2f})"
            table.add_row(
                axis,
                f"{row['size']:,.0f}",
                f"{row['width']:g}" if "width" in row else "",
                shown.format(**{key: 1000 * value for key, value in cost.items()}),
                shown.format(**exponent) if exponent else "",
                f"{row['in_convolutions']:.0%}" if "in_convolutions" in row else "",
            )
    report(document, table, as_json=arguments.json, note=str(document["machine"]))


if __name__ == "__main__":
    main()
