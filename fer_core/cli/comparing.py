"""``fer-core compare``: which of several runs is better, and whether that may be chance."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from fer_core.cli.comparing_json import document
from fer_core.cli.output import open_store, print_json, stdout
from fer_core.cli.training import AverageOption, Json, SplitOption
from fer_core.errors import InputError
from fer_core.records import AVERAGINGS, CLASS_NAMES, ENSEMBLE, VALIDATION

if TYPE_CHECKING:
    from fer_core.analysis.answers import Answers
    from fer_core.analysis.groups import Group, GroupDifference
    from fer_core.analysis.pairs import Pair
    from fer_core.analysis.scores import Estimate, RunScores, WeightsScore
    from fer_core.store import RunStore

_Weights = Annotated[
    str,
    typer.Option(
        help="best (by validation accuracy), last, average (of the weights) or epoch-N; several "
        "with commas between are compared, too."
    ),
]


def compare(
    runs: Annotated[list[str], typer.Argument(help="Ids, unique prefixes or names of runs.")],
    split: SplitOption = VALIDATION,
    weights: _Weights = "best",
    average: AverageOption = "none",
    json: Json = False,
) -> None:
    """Compare runs by their stored predictions: accuracies with intervals, paired tests, seeds.

    Runs that were judged on the same images are compared image by image; others unpaired. Runs of
    one configuration with different seeds are taken together as well. Several weights of a run are
    compared as runs are (--weights epoch-1,best).

    Example: fer-core compare fast-1 e-cnn-1 --split test
    """
    from fer_core.analysis.groups import compare_groups, groups_of
    from fer_core.analysis.pairs import compare_all
    from fer_core.analysis.scores import by_weights, scores_of

    if average not in AVERAGINGS:
        raise InputError(f"average is {average!r}; use one of {', '.join(AVERAGINGS)}")
    with open_store(read_only=True) as store:
        answers = _read(store, runs, split=split, weights=weights, averaging=average)
    scores = scores_of(answers)
    pairs = compare_all(answers)
    groups = groups_of(answers)
    if not any(len(group.members) > 1 for group in groups):
        groups = []  # a single run each: there are no seeds to speak of
    differences = compare_groups(answers, groups)
    stored = [by_weights(each.run, split) for each in answers]
    if json:
        print_json(document(answers, scores, stored, pairs, groups, differences))
        return
    _print_runs(answers, scores, stored)
    _print_pairs(pairs)
    _print_groups(answers, groups, differences)


def _read(store: "RunStore", references: Sequence[str], **which: str) -> "list[Answers]":
    from fer_core.analysis.answers import read_answers
    from fer_core.analysis.sides import chosen_weights

    several = len(chosen_weights(which["weights"])) > 1
    ids = list(dict.fromkeys(store.run(reference).id for reference in references))
    if len(ids) < 2 and not several:
        raise InputError(
            f"compare takes two or more different runs, got {', '.join(references)}; see: "
            "fer-core runs list (or compare weights of one: --weights best,last)"
        )
    return read_answers(store, ids, **which)


def _print_runs(
    answers: "list[Answers]", scores: "list[RunScores]", stored: "list[tuple[WeightsScore, ...]]"
) -> None:
    first = answers[0]
    synthetic = ", synthetic faces" if all(each.run.synthetic for each in answers) else ""
    weights = list(dict.fromkeys(each.weights for each in answers))
    alone = len(weights) == 1
    chosen = f" ({'' if alone else 'best: '}chosen on validation)" if "best" in weights else ""
    table = Table(
        "run",
        title=f"{first.split}, {' / '.join(weights)} weights{chosen}, averaging: {first.averaging}"
        f"{synthetic}",
    )
    for column in ("n", "accuracy", "without twins", "balanced accuracy", "macro F1", "log loss"):
        table.add_column(column, justify="right")
    table.add_column("ECE", justify="right")
    for each, score in zip(answers, scores, strict=True):
        whole, without = score.whole.accuracy, score.without_twins.accuracy
        table.add_row(
            _name(each, mixed=not synthetic),
            f"{whole.count:,}",
            f"{whole.value:.2%} ({whole.low:.2%} to {whole.high:.2%})",
            f"{without.value:.2%} (n = {without.count:,})" if without.count else "no images",
            _percent(score.whole.balanced_accuracy),
            _percent(score.whole.macro_f1),
            _plain(score.whole.log_loss),
            _plain(score.whole.calibration_error),
        )
    stdout.print(table)
    if first.split == VALIDATION and "best" in weights:
        epoch = "epoch" if alone else "best epoch"
        stdout.print(f"the {epoch} of each run was chosen on these images, which flatters it here")
    for each, scored in zip(answers, stored, strict=True):
        other = [
            f"{s.weights} {s.accuracy.value:.2%}" + (f" ({s.averaging})" * (s.averaging != "none"))
            for s in scored
        ]
        made = f"epoch {each.epoch}" if each.epoch else "no epochs"
        made = "an ensemble" if each.run.preset == ENSEMBLE else made
        readings = f"; readings of {each.split} so far: {each.readings}" if each.readings else ""
        stdout.print(f"{each.subject.name}: {made}; stored weights: {', '.join(other)}{readings}")


def _name(answers: "Answers", *, mixed: bool) -> str:
    run = answers.subject
    return f"{run.name} (synthetic)" if mixed and run.synthetic else run.name


def _percent(estimate: "Estimate") -> str:
    return f"{estimate.value:.2%} ({estimate.low:.1%} to {estimate.high:.1%})"


def _plain(estimate: "Estimate") -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def _print_pairs(pairs: "list[Pair]") -> None:
    from fer_core.analysis.wording import p_text, pair_sentence

    for pair in pairs:
        stdout.print()
        stdout.print(pair_sentence(pair, pairs=len(pairs)))
        a, b = pair.a.subject.name, pair.b.subject.name
        if pair.paired:
            stdout.print(
                f"only {a} right: {len(pair.a_only):,}, only {b} right: {len(pair.b_only):,} "
                f"images; Cohen's kappa of the answers {pair.kappa:.2f}"
            )
        certain = [
            f"{name} {100 * each.value:+.1f} ({p_text(each.p_holm)})"
            for name, each in zip(CLASS_NAMES, pair.classes, strict=True)
            if each.supported
        ]
        if certain:
            stdout.print(
                f"by class, {a} minus {b}, where the data support a difference (Holm's correction "
                f"for {len(CLASS_NAMES)} classes): {', '.join(certain)}"
            )


def _print_groups(
    answers: "list[Answers]", groups: "list[Group]", differences: "list[GroupDifference]"
) -> None:
    from fer_core.analysis.wording import group_sentence

    if not groups:
        return
    stdout.print()
    table = Table("configuration", title="groups of seeds")
    for column in ("seeds", "mean accuracy", "standard deviation", "95 % interval of the mean"):
        table.add_column(column, justify="right")
    names = [answers[group.members[0]].subject.name for group in groups]
    for name, group in zip(names, groups, strict=True):
        several = len(group.members) > 1
        table.add_row(
            f"like {name}" if several else name,
            str(len(group.members)),
            f"{group.mean:.2%}",
            f"{group.deviation:.2%}" if several else "",
            f"{group.low:.2%} to {group.high:.2%}" if several else "",
        )
    stdout.print(table)
    for difference in differences:
        stdout.print(group_sentence(difference, groups, names))
