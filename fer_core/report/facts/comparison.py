"""Runs side by side: their sizes and accuracies, and whether the data support a difference."""

from typing import TYPE_CHECKING

from fer_core.analysis import metrics
from fer_core.analysis.answers import Answers
from fer_core.analysis.pairs import Pair, compare_all
from fer_core.analysis.wording import pair_sentence
from fer_core.figures import judged, text
from fer_core.records import Run
from fer_core.report.facts.answers import answers_of
from fer_core.translation import Translate, translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

_PAIRS = 6  # in words: all of four runs; the table has all


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return what each run has and reaches, then their paired tests; nothing of fewer than two
    runs with predictions on validation."""
    _ = translator(language)
    answers = answers_of(store, runs)
    if len(answers) < 2:
        return []
    sizes = [_size(each, _) for each in answers]
    if len(answers) == 2 and all(each.run.parameters for each in answers):
        sizes.append(_ratio(answers[0], answers[1], _))
    sizes.append(judged.how(answers, _))
    return [sentences(sizes, _), tests(compare_all(answers), language)]


def tests(pairs: list[Pair], language: str) -> str:
    """Return the tests of pairs in words: each, or of many how many the data tell apart."""
    _ = translator(language)
    if len(pairs) <= _PAIRS:
        each = [pair_sentence(pair, pairs=len(pairs), language=language) for pair in pairs]
        return sentences(each, _)
    supported = sum(pair.whole.supported for pair in pairs)
    return _(
        "Of the {pairs} pairs of runs, the data support a difference of accuracy in {supported} "
        "(exact McNemar tests on the same images, z tests on different ones; p below 0.05 after "
        "Holm's correction for {pairs} pairs)."
    ).format(pairs=len(pairs), supported=supported)


def _size(each: Answers, _: Translate) -> str:
    accuracy = metrics.accuracy(each.labels, each.predicted)
    without = metrics.accuracy(each.labels, each.predicted, leave_out=each.twins)
    said = _(
        "{name}: {parameters:,} parameters, accuracy {accuracy} of {count:,} images, {without} of "
        "the {without_count:,} without an identical twin in its training data."
    )
    if not each.run.parameters:  # a loop of one's own that did not count them
        said = _(
            "{name}: accuracy {accuracy} of {count:,} images, {without} of the {without_count:,} "
            "without an identical twin in its training data."
        )
    return said.format(
        name=judged.named(each, _),
        parameters=each.run.parameters,
        accuracy=text.estimated(accuracy),
        count=accuracy.count,
        without=text.estimated(without),
        without_count=without.count,
    )


def _ratio(first: Answers, second: Answers, _: Translate) -> str:
    said = _("{second} has {ratio:.2f} times as many parameters as {first}.")
    ratio = second.run.parameters / first.run.parameters
    return said.format(first=judged.named(first, _), second=judged.named(second, _), ratio=ratio)
