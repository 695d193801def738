"""How good runs are on a split, a row a run, with intervals and without twins."""

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from fer_core.analysis.answers import Answers, read_answers
from fer_core.analysis.scores import Estimate, RunScores, scores_of
from fer_core.figures import judged, text
from fer_core.records import TRAIN, VALIDATION
from fer_core.report.tables.printing import Printed, captioned, decimal, run_names
from fer_core.translation import translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

_ESTIMATES = ("balanced_accuracy", "macro_f1", "log_loss", "calibration_error")


class ScoresByRun(NamedTuple):
    """What the table shows: answers of R runs, and their scores."""

    answers: tuple[Answers, ...]
    scores: tuple[RunScores, ...]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
) -> ScoresByRun:
    """Read predictions of runs and score them. InputError from the store where predictions are not
    there, with the command that makes them."""
    answers = read_answers(store, run_ids, split=split, weights=weights, averaging=averaging)
    return ScoresByRun(tuple(answers), tuple(scores_of(answers)))


def table(info: ScoresByRun) -> pd.DataFrame:
    """Return two rows a run, on all images and `without_twins`; shares in 0..1, log loss in nats,
    each with its 95 % interval (Wilson of the accuracy, bootstrap of the others)."""
    rows = []
    for answers, scores in zip(info.answers, info.scores, strict=True):
        for images, each in (("all", scores.whole), ("without_twins", scores.without_twins)):
            row = {
                "run_id": answers.run.id,
                "run": answers.run.name,
                "synthetic": answers.run.synthetic,
                "split": answers.split,
                "weights": answers.weights,
                "epoch": answers.epoch,
                "averaging": answers.averaging,
                "readings": answers.readings,
                "images": images,
                "count": each.count,
                "correct": each.accuracy.correct,
                "accuracy": each.accuracy.value,
                "accuracy_low": each.accuracy.low,
                "accuracy_high": each.accuracy.high,
            }
            for name in _ESTIMATES:
                estimate: Estimate = getattr(each, name)
                row |= {
                    name: estimate.value,
                    f"{name}_low": estimate.low,
                    f"{name}_high": estimate.high,
                }
            rows.append(row)
    return pd.DataFrame(rows)


def printed(info: ScoresByRun, *, language: str = "en") -> Printed:
    """Return a row a run; where a split other than those of training was read, how often."""
    _ = translator(language)
    read = info.answers[0].split not in (TRAIN, VALIDATION)
    header = [_("Run"), _("Accuracy"), _("n"), _("Without twins"), _("n")]
    header += [_("Balanced accuracy"), _("Macro F1"), _("Log loss"), _("Epoch")]
    header += [_("Readings")] if read else []
    rows = []
    runs = [answers.subject for answers in info.answers]
    for name, answers, scores in zip(run_names(runs, _), info.answers, info.scores, strict=True):
        row = [name]
        for each in (scores.whole, scores.without_twins):
            row += [text.estimated(each.accuracy), f"{each.count:,}"]
        whole = scores.whole
        row += [text.percent(whole.balanced_accuracy.value), text.percent(whole.macro_f1.value)]
        row += [decimal(whole.log_loss.value), str(answers.epoch) if answers.epoch else "–"]
        rows.append(tuple([*row, str(answers.readings)] if read else row))
    caption = sentences(
        [
            _("Scores, with 95 % Wilson intervals; log loss in nats."),
            judged.how(info.answers, _),
        ],
        _,
    )
    numeric = (False, *[True] * (len(header) - 1))
    return Printed(tuple(header), tuple(rows), numeric, captioned(caption, runs, _))
