"""Combines what train_preset.py trained: members and weights by PublicTest, PrivateTest read once.

    python benchmarks/gpu/ensemble.py fer2013.zip best.json other.json --most 8 -o ensemble.json
    python benchmarks/gpu/ensemble.py --smoke smoke.json -o ensemble.json    # on synthetic faces

Of each preset the weights (last, average) and averaging that are most accurate on PublicTest over
its seeds; of all seeds together, members by forward selection (Caruana et al. 2004), at most
--most; then equal weights, or those with the least log loss on PublicTest, whichever is more
accurate there (equal ones on ties). What was chosen is then read on PrivateTest, once: a file that
holds a reading is not written again.
"""

import argparse
import statistics
from pathlib import Path
from typing import Any

import faces as shared
import numpy as np

from fer_core.analysis import ensembles
from fer_core.analysis.metrics import accuracy, predicted_classes
from fer_core.analysis.selection import forward_selection
from fer_core.errors import InputError
from fer_core.files import check_writable
from fer_core.records import TEST, VALIDATION


def candidates(results: list[Path], fingerprint: str) -> list[dict[str, Any]]:
    """Return each seed of each result: its name, and probabilities (N, 7) on both splits."""
    found = []
    for path in results:
        document = shared.read_json(path)
        if document.get("fingerprint") != fingerprint:
            raise InputError(f"{path} is of other data, or no result; see train_preset.py")
        seeds = document["seeds"]
        kinds = next(iter(seeds.values()))[VALIDATION]
        best = max(kinds, key=lambda k: statistics.mean(s[VALIDATION][k] for s in seeds.values()))
        for seed in seeds:
            with np.load(path.with_name(f"{path.stem}-{seed}.npz")) as kept:
                both = {split: kept[f"{split} {best}"] for split in (VALIDATION, TEST)}
            found.append({"name": f"{path.stem}-{seed}", "weights": best, **both})
    return found


def combined(probabilities: np.ndarray, labels: np.ndarray) -> tuple[str, np.ndarray]:
    """Return how M members, (M, N, 7), weigh: equally or by log loss, by accuracy on `labels`."""
    count = len(probabilities)
    ways = {
        "equal": np.full(count, 1 / count),
        "validation": ensembles.validation_weights(probabilities, labels),
    }
    right = {way: _judged(probabilities, weights, labels).correct for way, weights in ways.items()}
    best = max(ways, key=right.__getitem__)  # the first of those that tie
    return best, ways[best]


def _judged(probabilities: np.ndarray, weights: np.ndarray, labels: np.ndarray) -> Any:
    mean = ensembles.mean_probabilities(probabilities, weights)
    return accuracy(labels, predicted_classes(mean))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", type=Path, help="FER2013, then results to combine")
    parser.add_argument("--most", type=int, default=8, help="members at most")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--smoke", action="store_true", help="of results on synthetic faces")
    arguments = parser.parse_args()
    check_writable(arguments.output)
    if "test" in shared.read_json(arguments.output):
        raise InputError(f"{arguments.output} holds a reading of test; name another file")
    if arguments.most < 1:
        raise InputError(f"--most is {arguments.most}; use 1 or more")
    if arguments.smoke:
        results, faces = arguments.paths, shared.synthetic_faces(140)
    else:
        source, *results = arguments.paths
        faces = shared.read_faces(source, arguments.output.parent)
    members = candidates(results, faces.fingerprint)
    if not members:
        raise InputError("no results to combine; name what train_preset.py wrote")
    labels = faces.labels[VALIDATION]
    selection = forward_selection(np.stack([each[VALIDATION] for each in members]), labels)
    most = min(arguments.most, len(members))
    count = int(np.argmax([each.correct for each in selection.accuracies[:most]])) + 1
    chosen = [members[place] for place in selection.order[:count]]
    way, weights = combined(np.stack([each[VALIDATION] for each in chosen]), labels)
    document = {
        "smoke": arguments.smoke,
        "fingerprint": faces.fingerprint,
        "candidates": len(members),
        "members": [
            {"name": each["name"], "weights": each["weights"], "share": float(share)}
            for each, share in zip(chosen, weights, strict=True)
        ],
        "weighting": way,
        "test_readings": 1,
    }
    for split in (VALIDATION, TEST):
        judged = _judged(np.stack([each[split] for each in chosen]), weights, faces.labels[split])
        interval = [judged.low, judged.high]
        document[split] = {"accuracy": judged.value, "interval": interval, "n": judged.count}
    shared.write_json(arguments.output, document)


if __name__ == "__main__":
    shared.run(main)
