"""The JSON document of ``fer-core compare``."""

from typing import TYPE_CHECKING, Any

from fer_core.records import CLASS_NAMES

if TYPE_CHECKING:
    from fer_core.analysis.answers import Answers
    from fer_core.analysis.groups import Group, GroupDifference
    from fer_core.analysis.pairs import Difference, Pair
    from fer_core.analysis.scores import ClassScores, Estimate, RunScores, Scores, WeightsScore


def document(
    answers: "list[Answers]",
    scores: "list[RunScores]",
    stored: "list[tuple[WeightsScore, ...]]",
    pairs: "list[Pair]",
    groups: "list[Group]",
    differences: "list[GroupDifference]",
) -> dict[str, Any]:
    """Return the JSON form of a comparison; `n` is null where runs have different images. What is
    compared is a run with one of its weights: several are named with commas between."""
    counts = {len(each.labels) for each in answers}
    ids = [each.run.id for each in answers]
    return {
        "split": answers[0].split,
        "weights": ",".join(dict.fromkeys(each.weights for each in answers)),
        "averaging": answers[0].averaging,
        "n": counts.pop() if len(counts) == 1 else None,
        "paired": all(pair.paired for pair in pairs),
        "runs": [_run(*each) for each in zip(answers, scores, stored, strict=True)],
        "pairs": [_pair(pair, len(pairs)) for pair in pairs],
        "groups": [
            {
                "runs": [ids[member] for member in group.members],
                "weights": answers[group.members[0]].weights,
                "accuracies": group.accuracies.tolist(),
                "mean": group.mean,
                "standard_deviation": group.deviation,
                "interval": [group.low, group.high],
            }
            for group in groups
        ],
        "group_differences": [
            {
                "a": each.a,
                "b": each.b,
                "factor": {key: list(values) for key, values in each.factor.items()},
                "difference": each.value,
                "interval": [each.low, each.high],
                "welch_p": each.p,
                "detectable": each.detectable,
                "supported": each.supported,
            }
            for each in differences
        ],
    }


def _run(
    answers: "Answers", scores: "RunScores", stored: "tuple[WeightsScore, ...]"
) -> dict[str, Any]:
    run = answers.run
    return {
        "id": run.id,
        "name": run.name,
        "dataset": run.dataset,
        "synthetic": run.synthetic,
        "weights": answers.weights,
        "epoch": answers.epoch,
        "readings": answers.readings,
        **_scores(scores.whole),
        "without_twins": _scores(scores.without_twins),
        "classes": _classes(scores.whole.classes),
        "by_weights": [
            {
                "weights": each.weights,
                "averaging": each.averaging,
                "accuracy": each.accuracy.value,
                "interval": [each.accuracy.low, each.accuracy.high],
            }
            for each in stored
        ],
    }


def _scores(scores: "Scores") -> dict[str, Any]:
    accuracy = scores.accuracy
    found: dict[str, Any] = {
        "n": scores.count,
        "accuracy": accuracy.value,
        "interval": [accuracy.low, accuracy.high],
    }
    for name in ("balanced_accuracy", "macro_f1", "log_loss", "calibration_error"):
        estimate: Estimate = getattr(scores, name)
        found[name] = {"value": estimate.value, "interval": [estimate.low, estimate.high]}
    return found


def _classes(scores: "ClassScores") -> dict[str, Any]:
    measured = {
        name: (getattr(scores, name).tolist(), getattr(scores, f"{name}_intervals").tolist())
        for name in ("precision", "recall", "f1")
    }
    return {
        class_name: {"support": int(scores.support[label])}
        | {
            name: {"value": values[label], "interval": intervals[label]}
            for name, (values, intervals) in measured.items()
        }
        for label, class_name in enumerate(CLASS_NAMES)
    }


def _pair(pair: "Pair", pairs: int) -> dict[str, Any]:
    from fer_core.analysis.wording import pair_sentence

    return {
        "a": pair.a.run.id,
        "b": pair.b.run.id,
        "a_weights": pair.a.weights,
        "b_weights": pair.b.weights,
        "paired": pair.paired,
        **_difference(pair.whole, paired=pair.paired),
        "kappa": pair.kappa,
        "without_twins": _difference(pair.without_twins, paired=pair.paired),
        "classes": {
            name: _difference(each, paired=pair.paired)
            for name, each in zip(CLASS_NAMES, pair.classes, strict=True)
        },
        "sentence": pair_sentence(pair, pairs=pairs),
    }


def _difference(difference: "Difference", *, paired: bool) -> dict[str, Any]:
    """The p stands under its test's name, so that no reader takes one for the other."""
    return {
        "n": [difference.a_count, difference.b_count],
        "difference": difference.value,
        "interval": [difference.low, difference.high],
        "mcnemar_p": difference.p if paired else None,
        "z_test_p": None if paired else difference.p,
        "p_holm": difference.p_holm,
        "a_only": difference.a_only,
        "b_only": difference.b_only,
    }
