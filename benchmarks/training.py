"""Training speed: ours against the usual pipelines (see usual_ways.py).

The same networks, images, sizes, batches and kinds of augmentation, none with smaller images
first, each way in a process of its own, since ours changes how its process holds memory: `ours` in
the precision that suits the hardware; `workers_N`, PIL and a DataLoader with N workers in float32,
and `workers_N_amp` in bfloat16 where the hardware computes in it; `in_memory`, batches of one
float32 tensor. Rounds are interleaved (ours, 0 workers, 2 workers, ours ...), each ratio is taken
within its round, and the median of the ratios is printed: `ratio` says how many times as many
images a second we train, `cpu_ratio_spread` how many times as many in a second of CPU time (the
process and its workers). Before the first round each way trains once to warm up: `warm_up` is how
long that takes, network, workers and the choice of kernels included, and how much of it a later
round does not take.

    python benchmarks/training.py [--rounds 5] [--preset fast] [--json]
    python benchmarks/training.py --smoke      # tiny: does it run?
"""

import argparse
import dataclasses
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import NamedTuple

import numpy as np
import torch
from measuring import cpu_seconds, machine, report, spread
from rich.table import Table
from usual_ways import IN_MEMORY, Peer

from fer_core.config import RunConfig
from fer_core.data.synthetic import synthesise
from fer_core.device import choose_device
from fer_core.models import preset_config
from fer_core.train import TrainingData, TrainingState, fit

PRESETS = {"fast": 2048, "e-cnn": 1024}  # images in a round
MOST_WORKERS = 8


class Way(NamedTuple):
    """workers: of the DataLoader, IN_MEMORY, or None for ours; amp: autocast to bfloat16."""

    workers: int | None
    amp: bool = False


SMOKE_PRESETS = {"e-dnn": 64}
SMOKE_WAYS = {"ours": Way(None), "workers_1_amp": Way(1, amp=True), "in_memory": Way(IN_MEMORY)}


class Trained(NamedTuple):
    """What an epoch took."""

    images: int
    seconds: float
    cpu_seconds: float


def ways(cores: int, *, bfloat16: bool) -> dict[str, Way]:
    """Return each way by its key, ours first; worker counts 0, 2 and the cores, none twice."""
    found = {"ours": Way(None)}
    for workers in sorted({0, 2, min(cores, MOST_WORKERS)}):
        found[f"workers_{workers}"] = Way(workers)
        if bfloat16:
            found[f"workers_{workers}_amp"] = Way(workers, amp=True)
    return found | {"in_memory": Way(IN_MEMORY)}


def our_epochs(images: np.ndarray, labels: np.ndarray, config: RunConfig) -> Iterator[int]:
    """Train one epoch after another, validation (16 images) included; yield the images of each."""
    device = choose_device("cpu")
    data = TrainingData.on(device, (images, labels), (images[:16], labels[:16]))
    state = TrainingState.start(config, device, mean=0.5077, deviation=0.2551)
    for _ in fit(state, data, config):
        yield len(images) // config.batch_size * config.batch_size


def peer_epochs(
    images: np.ndarray, labels: np.ndarray, config: RunConfig, way: Way
) -> Iterator[int]:
    """Likewise for a peer, without validation."""
    peer = Peer(images, labels, config, workers=way.workers, amp=way.amp)
    while True:
        yield peer.train_epoch()


def train_on_demand(name: str, count: int, way: Way, start_method: str, pipe: Connection) -> None:
    """Train one epoch for each message that is true; answer with what it took."""
    # A spawned process would spawn its workers, too; scripts start them as the system does.
    multiprocessing.set_start_method(start_method, force=True)
    faces = synthesise(max(count * 5 // 4, 70)).splits["train"]
    images, labels = faces.images[:count], faces.labels[:count]
    # So long that no schedule gets anywhere while it is measured.
    config = preset_config(name, data="synthetic", epochs=10_000, sides="")
    config = config.replace(batch_size=min(config.batch_size, len(labels)))
    # Generators: nothing is built before the first round.
    if way.workers is None:
        epochs = our_epochs(images, labels, config)
    else:
        epochs = peer_epochs(images, labels, config, way)
    while pipe.recv():
        started, used = time.perf_counter(), cpu_seconds()
        trained = next(epochs)
        pipe.send(Trained(trained, time.perf_counter() - started, cpu_seconds() - used))


def measure(
    name: str, count: int, rounds: int, asked: dict[str, Way], note: Callable[[str], None]
) -> dict[str, list[Trained]]:
    """Return what each round of each way took, the warm-up first."""
    spawn, usual = multiprocessing.get_context("spawn"), multiprocessing.get_start_method()
    pipes: dict[str, Connection] = {}
    for key, way in asked.items():
        pipes[key], theirs = spawn.Pipe()
        spawn.Process(target=train_on_demand, args=(name, count, way, usual, theirs)).start()
    found: dict[str, list[Trained]] = {key: [] for key in asked}
    for number in range(rounds + 1):
        for key, pipe in pipes.items():
            pipe.send(True)
            found[key].append(pipe.recv())
        note(f"{name} round {number}/{rounds}")
    for pipe in pipes.values():
        pipe.send(False)
    return found


def summary(found: dict[str, list[Trained]]) -> dict:
    """Return medians with their spreads, and ours over each other way, round by round."""
    rounds = {key: trained[1:] for key, trained in found.items()}
    speeds = {key: [t.images / t.seconds for t in each] for key, each in rounds.items()}
    by_cpu = {key: [t.images / t.cpu_seconds for t in each] for key, each in rounds.items()}
    warm_up = {
        key: {
            "seconds": first.seconds,
            "beyond_a_round": first.seconds - spread([t.seconds for t in rest])["median"],
        }
        for key, (first, *rest) in found.items()
    }
    ratios = over_others(speeds)
    return {
        "images_per_second": {key: spread(values) for key, values in speeds.items()},
        "images_per_cpu_second": {key: spread(values) for key, values in by_cpu.items()},
        "warm_up": warm_up,
        "ratio": {key: values["median"] for key, values in ratios.items()},
        "ratio_spread": ratios,
        "cpu_ratio_spread": over_others(by_cpu),
        "images_a_round": found["ours"][0].images,
        "rounds": len(rounds["ours"]),
    }


def over_others(values: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    return {
        key: spread([ours / theirs for ours, theirs in zip(values["ours"], other, strict=True)])
        for key, other in values.items()
        if key != "ours"
    }


def _text(values: dict[str, float] | None, form: str) -> str:
    if values is None:
        return ""
    return f"{values['median']:{form}} ({values['min']:{form}} to {values['max']:{form}})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--preset", action="append", choices=tuple(PRESETS), help="only this one")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error(f"--rounds is {arguments.rounds}; use 1 or more")
    device = choose_device("cpu")
    asked = ways(os.cpu_count() or 1, bfloat16=device.precision == "bfloat16")
    presets = {name: PRESETS[name] for name in arguments.preset or PRESETS}
    if arguments.smoke:
        asked, presets = SMOKE_WAYS, SMOKE_PRESETS
    results = {
        name: summary(
            measure(name, count, arguments.rounds, asked, lambda text: print(text, file=sys.stderr))
        )
        for name, count in presets.items()
    }
    table = Table("preset", "way", "images/s", "images/CPU s", "warm-up s", "faster", "by CPU s")
    for name, result in results.items():
        for way, speed in result["images_per_second"].items():
            table.add_row(
                name,
                way,
                _text(speed, ",.0f"),
                _text(result["images_per_cpu_second"][way], ",.0f"),
                f"{result['warm_up'][way]['seconds']:.1f}",
                _text(result["ratio_spread"].get(way), ".2f"),
                _text(result["cpu_ratio_spread"].get(way), ".2f"),
            )
    where = machine() | {"torch": torch.__version__} | dataclasses.asdict(device)
    where = {key: str(value) for key, value in where.items()}
    report(results | {"machine": where}, table, as_json=arguments.json, note=str(where))


if __name__ == "__main__":
    main()
