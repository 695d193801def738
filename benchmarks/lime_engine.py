"""LIME: our engine against the package `lime`, the same model, image, masks and threads.

One image a round, explained for all seven classes with an 8 x 8 grid: by the package with its
batches of 10, by the package with batches of 128, by ours. Each ratio is taken within its round:
`ratio` says how many times as fast ours is. The weights of each round are compared: in float32 as
timed, and once in float64; a difference above 1e-5 or 1e-7 ends the script with exit code 1.
Networks have random weights, and run in float32.

    python benchmarks/lime_engine.py [--rounds 5] [--preset e-cnn] [--threads 1] [--json]
    python benchmarks/lime_engine.py --smoke      # tiny: does it run?
"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from lime.lime_image import LimeImageExplainer
from measuring import machine, report, spread
from rich.table import Table

from fer_core.data.synthetic import synthesise
from fer_core.device import choose_device
from fer_core.explain import explain
from fer_core.explain.subject import Subject
from fer_core.models import Classifier, Normalise, build, input_side, preset_config
from fer_core.records import CLASS_NAMES

PRESETS = ("fast", "e-dnn")
BATCHES = (10, 128)  # of the package: its default, and as many as ours
TOLERANCES = {"float32": 1e-5, "float64": 1e-7}
GRID = np.kron(np.arange(64).reshape(8, 8), np.ones((6, 6), int))

Way = Callable[[torch.Tensor, int, int], np.ndarray]  # image, seed, samples -> weights (7, 64)


def the_package(model: Classifier, batch_size: int) -> Way:
    classes = range(len(CLASS_NAMES))

    def way(image: torch.Tensor, seed: int, samples: int) -> np.ndarray:
        subject = Subject(model, image, torch.zeros(1, dtype=torch.int64), "probability")

        def classify(pictures: np.ndarray) -> np.ndarray:
            changed = torch.from_numpy(np.ascontiguousarray(pictures[..., 0]))[:, None]
            with torch.inference_mode():
                return subject.scores(changed, torch.zeros(len(changed), dtype=torch.int64)).numpy()

        found = LimeImageExplainer(random_state=seed).explain_instance(
            image[0, 0].numpy(),
            classify,
            labels=classes,
            top_labels=None,
            num_samples=samples,
            batch_size=batch_size,
            segmentation_fn=lambda _picture: GRID,
        )
        explained = [dict(found.local_exp[label]) for label in classes]
        return np.array([[each[segment] for segment in range(64)] for each in explained])

    return way


def ours(model: Classifier) -> Way:
    def way(image: torch.Tensor, seed: int, samples: int) -> np.ndarray:
        found = explain("lime", model, image, targets=[0], seed=seed, samples=samples)
        return found.extras["weights"][0]

    return way


def ways_of(model: Classifier) -> dict[str, Way]:
    package = {f"package_{size}": the_package(model, size) for size in BATCHES}
    return package | {"ours": ours(model)}


def classifier(name: str) -> Classifier:
    torch.manual_seed(0)
    config = preset_config(name, data="synthetic")
    normalise = Normalise(config.normalise, mean=0.5077, deviation=0.2551)
    model = Classifier(normalise, build(config.architecture), input_side(config.architecture))
    return model.eval().requires_grad_(False)


def measure(name: str, rounds: int, samples: int, note: Callable[[str], None]) -> dict:
    faces = synthesise(70).splits["train"].images[:, None] / 255
    images = torch.from_numpy(faces)
    model = classifier(name)
    ways = ways_of(model)
    seconds: dict[str, list[float]] = {key: [] for key in ways}
    weights: dict[str, list[np.ndarray]] = {key: [] for key in ways}
    for number in range(-1, rounds):  # one to warm up
        image = images[[number % len(images)]].float()
        for key, way in ways.items():
            started = time.perf_counter()
            found = way(image, max(number, 0), samples)
            taken = time.perf_counter() - started
            weights[key].append(found)
            if number >= 0:
                seconds[key].append(taken)
        note(f"{name} round {number + 1}/{rounds}")
    exact = ways_of(model.double())
    for key, way in exact.items():
        weights[key].append(way(images[:1].double(), 0, min(samples, 100)))
    differences = {
        key: [
            float(np.abs(a - b).max()) for a, b in zip(weights[key], weights["ours"], strict=True)
        ]
        for key in ways
        if key != "ours"
    }
    ratios = {
        key: [theirs / our for theirs, our in zip(seconds[key], seconds["ours"], strict=True)]
        for key in differences
    }
    return {
        "seconds": {key: spread(values) for key, values in seconds.items()},
        "ratio": {key: spread(values)["median"] for key, values in ratios.items()},
        "ratio_by_round": ratios,
        "ratio_spread": {key: spread(values) for key, values in ratios.items()},
        "difference": {
            "float32": max(max(values[:-1]) for values in differences.values()),
            "float64": max(values[-1] for values in differences.values()),
        },
        "largest_weight": float(max(np.abs(each).max() for each in weights["ours"])),
        "samples": samples,
        "rounds": rounds,
    }


def _text(values: dict[str, float]) -> str:
    return f"{values['median']:.2f} ({values['min']:.2f} to {values['max']:.2f})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--preset", action="append", help="instead of fast and e-dnn")
    parser.add_argument("--threads", type=int, help="of torch")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    if arguments.smoke:
        arguments.rounds, arguments.samples, arguments.preset = 1, 30, ["e-dnn"]
    device = choose_device("cpu", precision="float32")
    results = {
        name: measure(
            name,
            arguments.rounds,
            arguments.samples,
            lambda text: print(text, file=sys.stderr),
        )
        for name in arguments.preset or PRESETS
    }
    table = Table("preset", "way", "seconds an image", "ours is faster by", "largest difference")
    for name, result in results.items():
        for way, taken in result["seconds"].items():
            if way == "ours":
                table.add_row(name, way, _text(taken))
                continue
            by = _text(spread(result["ratio_by_round"][way]))
            largest = ", ".join(f"{key} {value:.0e}" for key, value in result["difference"].items())
            table.add_row(name, way, _text(taken), by, largest)
    where = machine() | {"torch": torch.__version__} | dataclasses.asdict(device)
    where = {key: str(value) for key, value in where.items()}
    report(results | {"machine": where}, table, as_json=arguments.json, note=str(where))
    wrong = [
        f"{name} in {dtype}"
        for name, result in results.items()
        for dtype, most in TOLERANCES.items()
        if not result["difference"][dtype] <= most
    ]
    if wrong:
        print(f"the weights differ: {', '.join(wrong)}", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
