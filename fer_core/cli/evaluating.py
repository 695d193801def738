"""``fer-core evaluate`` and ``predictions``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer_core.cli.output import open_store, print_json, stderr, stdout
from fer_core.cli.training import (
    AverageOption,
    DeviceOption,
    Json,
    SplitOption,
    WeightsOption,
)
from fer_core.records import ENSEMBLE, VALIDATION, Score

if TYPE_CHECKING:
    from fer_core.store import RunStore


def evaluate(
    run: str,
    split: SplitOption = VALIDATION,
    weights: WeightsOption = "best",
    average: AverageOption = "none",
    device: DeviceOption = "auto",
    json: Json = False,
) -> None:
    """Store a run's predictions on a split and print its accuracy; each reading of test is logged.

    Example: fer-core evaluate fast-1 --split test --average flip
    """
    from fer_core.analysis.metrics import accuracy_of

    with open_store() as store:
        score = _evaluate(store, run, split, weights=weights, averaging=average, device=device)
        found = store.run(run)
        readings = sum(r.split == split for r in store.details(found.id).test_readings)
        epoch = store.predictions(found.id, split, weights, average).epoch
    whole = accuracy_of(score.correct, score.count)
    without = accuracy_of(score.correct_without_twins, score.count_without_twins)
    if json:
        print_json(
            {
                "run": found.name,
                "split": split,
                "weights": weights,
                "epoch": epoch,
                "averaging": average,
                "synthetic": found.synthetic,
                "n": whole.count,
                "accuracy": whole.value,
                "interval": [whole.low, whole.high],
                "without_twins": {
                    "n": without.count,
                    "accuracy": without.value,
                    "interval": [without.low, without.high],
                },
                "test_readings": readings,
            }
        )
        return
    synthetic = " (synthetic faces)" if found.synthetic else ""
    chosen = "chosen on validation" if weights == "best" else "no epoch chosen"
    made = f"{weights} weights: epoch {epoch} ({chosen})"
    if found.preset == ENSEMBLE:
        made = "from predictions that its members stored"
    stdout.print(
        f"{found.name} on {split}{synthetic}: {whole.value:.2%}"
        f" (95 % interval {whole.low:.2%} to {whole.high:.2%}, n = {whole.count:,})"
    )
    if 0 < without.count < whole.count:  # none of the images that it trained on
        stdout.print(
            f"without the {whole.count - without.count:,} images that have a twin in training: "
            f"{without.value:.2%} ({without.low:.2%} to {without.high:.2%}, n = {without.count:,})"
        )
    stdout.print(f"{made}; averaging: {average}")
    if readings:
        stdout.print(f"readings of {split} for this run so far: {readings}")


def _evaluate(
    store: "RunStore", run: str, split: str, *, weights: str, averaging: str, device: str
) -> Score:
    """Run the model on the split; for an ensemble, combine what its members have predicted."""
    if store.run(run).preset == ENSEMBLE:
        from fer_core.ensembling import evaluate_ensemble

        return evaluate_ensemble(store, run, split, weights=weights, averaging=averaging)
    from fer_core.evaluating import evaluate_run

    return evaluate_run(store, run, split, weights=weights, averaging=averaging, device=device)


def predictions(
    run: str,
    output: Annotated[Path, typer.Option("--output", "-o", help="The csv file to write.")],
    split: SplitOption = VALIDATION,
    weights: WeightsOption = "best",
    average: AverageOption = "none",
) -> None:
    """Write stored predictions as csv: a row an image, seven probabilities.

    Example: fer-core predictions fast-1 --split validation -o predictions.csv
    """
    import pandas

    from fer_core.files import write_atomically
    from fer_core.records import CLASS_NAMES

    with open_store(read_only=True) as store:
        found = store.run(run)
        images = store.evaluation_split(found.id, split)
        stored = store.predictions(found.id, split, weights, average)
        names = store.sample_names(found.dataset_fingerprint, images.source)
    columns: dict[str, Any] = {
        "sample": [f"{images.source}:{index}" for index in images.indices],
        "name": [names[index] for index in images.indices],
        "true_class": [CLASS_NAMES[label] if label >= 0 else "" for label in images.labels],
    }
    for label, class_name in enumerate(CLASS_NAMES):
        columns[class_name] = stored.probabilities[:, label]
    table = pandas.DataFrame(columns)
    write_atomically(output, table.to_csv(index=False, lineterminator="\n").encode())
    stderr.print(f"{output}: {len(table):,} images, epoch {stored.epoch}")
