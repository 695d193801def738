"""Trains a preset with several seeds on FER2013, each in a process of its own, as `train` does.

    python benchmarks/gpu/train_preset.py fer2013.zip best --seeds 0,1,2 -o best.json
        [--set epochs=60] [--minutes 9.5] [--read-test]
    python benchmarks/gpu/train_preset.py --smoke -o smoke.json     # a minute on a CPU

Writes, after each seed, best.json and the seed's probabilities on PublicTest and PrivateTest,
best-0.npz, which ensemble.py combines. What is there is not trained again: a call that was cut
off, or that stopped because another seed would not have ended within --minutes, is repeated.
Seconds are from the start of the seed's process to its end. PublicTest (`validation`) is read
after each epoch; it chooses nothing here: last and averaged weights are given, no best epoch.
PrivateTest (`test`) is compared with its labels only with --read-test: for each seed, each pair of
weights and averaging once.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import faces as shared
import numpy as np
import torch

from fer_core.config import RunConfig
from fer_core.errors import InputError
from fer_core.files import check_writable, writing_atomically
from fer_core.models import preset_config
from fer_core.records import AVERAGINGS, TEST, VALIDATION
from fer_core.train import fit, predict_probabilities

REACHED = 0.70  # PublicTest, whose time is wanted


def train_seed(
    config: RunConfig, faces: shared.Faces, started: float, *, smoke: bool
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Train; return what is known of it, and probabilities by "split weights averaging".

    started: `time.monotonic()` when the process was started.
    """
    device = shared.device_for(smoke=smoke, precision=config.precision)
    state, data = shared.start(config, faces, device)
    until_training = time.monotonic() - started
    history = []
    for epoch in fit(state, data, config):
        keys = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
        row = {key: getattr(epoch, key) for key in (*keys, "seconds", "learning_rate")}
        history.append({"epoch": epoch.epoch, **row, "from_start": time.monotonic() - started})
    models = {"last": state.model}
    if state.average is not None:
        models["average"] = state.average.module
    probabilities = {}
    for split in (VALIDATION, TEST):
        pixels = torch.tensor(faces.images[split], device=device.torch_device).unsqueeze(1)
        for weights, model in models.items():
            for averaging in AVERAGINGS:
                found = predict_probabilities(model, pixels, device, averaging=averaging)
                probabilities[f"{split} {weights} {averaging}"] = found.cpu().numpy()
    reached = [row["from_start"] for row in history if row["validation_accuracy"] >= REACHED]
    seconds = {"until_training": until_training, "until_70_percent": min(reached, default=None)}
    memory = None if smoke else torch.cuda.max_memory_allocated()
    found = {"seconds": seconds, "memory": memory, "history": history}
    return {"machine": shared.this_machine(device)} | found, probabilities


def accuracies(probabilities: Path, split: str, labels: np.ndarray) -> dict[str, float]:
    """Return the accuracy on a split by "weights averaging"."""
    with np.load(probabilities) as kept:
        return {
            name.removeprefix(f"{split} "): float((kept[name].argmax(1) == labels).mean())
            for name in kept
            if name.startswith(f"{split} ")
        }


def in_process(seed: int) -> dict[str, Any]:
    """Train one seed in a process of its own; return what it says of itself."""
    started = time.monotonic()
    command = [sys.executable, __file__, *sys.argv[1:], "--one", str(seed), str(started)]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise SystemExit(f"seed {seed} failed with {done.returncode}; what it said is above")
    found = json.loads(done.stdout)
    found["seconds"]["from_start_to_end"] = time.monotonic() - started
    return found


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fer2013", nargs="?", type=Path, help="as fer-core data import takes it")
    parser.add_argument("preset", nargs="?")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--minutes", type=float, default=9.5, help="after which no seed may end")
    parser.add_argument("--read-test", action="store_true")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--smoke", action="store_true", help="tiny, on synthetic faces, on the CPU")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)  # a seed, and when it started
    arguments = parser.parse_args()
    if not arguments.smoke and not (arguments.fer2013 and arguments.preset):
        parser.error("name the data set and a preset, or use --smoke")
    if not all(seed.isascii() and seed.isdigit() for seed in arguments.seeds.split(",")):
        parser.error(f"--seeds is {arguments.seeds!r}; write them as 0,1,2")
    if wrong := [each for each in arguments.set if "=" not in each]:
        parser.error(f"--set is {wrong[0]!r}; write it as epochs=60")
    return arguments


def main() -> None:
    began = time.monotonic()
    arguments = parsed()
    check_writable(arguments.output)
    shared.device_for(smoke=arguments.smoke)  # said before anything is read
    settings: dict[str, Any] = dict(each.split("=", 1) for each in arguments.set)
    if arguments.smoke:
        settings = {"epochs": 2, "batch_size": 16, "weight_average": 0.9} | settings
        faces = shared.synthetic_faces(140)
    else:
        faces = shared.read_faces(arguments.fer2013, arguments.output.parent)
    config = preset_config(arguments.preset or "e-dnn", data="fer2013", **settings)
    if arguments.one:
        seed, started = int(arguments.one[0]), float(arguments.one[1])
        found, probabilities = train_seed(
            config.replace(seed=seed), faces, started, smoke=arguments.smoke
        )
        with writing_atomically(_kept(arguments.output, seed)) as file:
            np.savez(file, **probabilities)
        json.dump(found, sys.stdout)
        return
    document: dict[str, Any] = {
        "preset": config.preset,
        "smoke": arguments.smoke,
        "fingerprint": faces.fingerprint,
        "config": {k: v for k, v in config.to_dict().items() if k not in ("sources", "seed")},
        "seeds": {},
    }
    earlier = shared.read_json(arguments.output)
    if any(earlier.get(key, document[key]) != document[key] for key in ("fingerprint", "config")):
        raise InputError(f"{arguments.output} holds another measurement; name another file")
    document["seeds"] = earlier.get("seeds", {})
    longest = 0.0
    for seed in map(int, arguments.seeds.split(",")):
        kept = _kept(arguments.output, seed)
        if str(seed) not in document["seeds"] or not kept.exists():
            if time.monotonic() - began + longest > 60 * arguments.minutes:
                print(f"seed {seed} would end too late: repeat the command", file=sys.stderr)
                break
            found = in_process(seed)
            longest = max(longest, found["seconds"]["from_start_to_end"])
            found[VALIDATION] = accuracies(kept, VALIDATION, faces.labels[VALIDATION])
            document["seeds"][str(seed)] = found
        if arguments.read_test and TEST not in document["seeds"][str(seed)]:
            found = accuracies(kept, TEST, faces.labels[TEST])
            document["seeds"][str(seed)] |= {TEST: found, "test_readings": len(found)}
        shared.write_json(arguments.output, document)


def _kept(output: Path, seed: int) -> Path:
    return output.with_name(f"{output.stem}-{seed}.npz")


if __name__ == "__main__":
    shared.run(main)
