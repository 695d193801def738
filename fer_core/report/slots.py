"""Which run plays which part of a report: as a person says, else where only one run can be meant.

A part is filled without being asked only by a rule that names one run, and what the rule was is
said in words. Runs are compared by their accuracy on validation, never on test.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Any, NamedTuple

from fer_core.analysis.configurations import configuration_difference
from fer_core.config import AUGMENT_KINDS
from fer_core.errors import InputError
from fer_core.records import EXPLANATION, VALIDATION, Layer, Run
from fer_core.translation import Translate, translator

if TYPE_CHECKING:
    from fer_core.store import RunStore

CNN, DNN, BEFORE, AFTER, POOR, EXPLAIN = "cnn", "dnn", "before", "after", "poor", "explain"
SLOTS = (CNN, DNN, BEFORE, AFTER, POOR, EXPLAIN)
ALL = "all"

# What a run before and one after augmentation and normalisation may differ in.
PREPARATION = ("augment", "rotate", "shift", "zoom", "erase", "normalise")
_DECIDES_NOTHING = ("keep_epochs",)


class Part(NamedTuple):
    """Who plays a part: the run, None for nobody; and why, a sentence ("" where it was said)."""

    run: Run | None
    why: str


def assign(
    store: "RunStore",
    runs: Sequence[Run],
    wanted: Sequence[str],
    said: Mapping[str, str],
    *,
    language: str,
) -> dict[str, Part]:
    """Return who plays each of the parts `wanted`.

    said: a run (id, name, unique prefix) by part. Raises InputError for a part that is not wanted,
    and for a run that is none of `runs`.
    """
    for slot in said:
        if slot not in wanted:
            here = (
                f"its parts are {', '.join(wanted)}"
                if wanted
                else "it has none; name another --template"
            )
            raise InputError(f"the template has no part {slot!r}; {here}")
    explicit = {slot: _named(store, runs, slot, name) for slot, name in said.items()}
    cast = _Cast(store, runs, explicit, translator(language))
    return {slot: cast.part(slot) for slot in wanted}


def _named(store: "RunStore", runs: Sequence[Run], slot: str, name: str) -> Run:
    found = store.run(name)
    for run in runs:
        if run.id == found.id:
            return run
    raise InputError(
        f"{slot}={name}: {found.name!r} is none of the runs of the report; name it among them, too"
    )


class _Cast:
    """Runs and what is said of them; finds out the rest."""

    def __init__(
        self, store: "RunStore", runs: Sequence[Run], said: Mapping[str, Run], _: Translate
    ) -> None:
        self.store, self.runs, self.said, self._ = store, runs, said, _
        details = [store.details(run.id) for run in runs]
        self.configs = [each.config for each in details]
        self.convolutional = [r for r, d in zip(runs, details, strict=True) if _convolves(d.layers)]
        self.dense = [
            r for r, d in zip(runs, details, strict=True) if d.layers and not _convolves(d.layers)
        ]

    def part(self, slot: str) -> Part:
        """Return who plays a part."""
        if slot in self.said:
            return Part(self.said[slot], "")
        rules: dict[str, Callable[[], Part]] = {
            CNN: self._cnn,
            DNN: self._dnn,
            BEFORE: self._before,
            AFTER: self._after,
            POOR: self._poor,
            EXPLAIN: self._explain,
        }
        return rules[slot]()

    def _cnn(self) -> Part:
        _, found = self._, self.convolutional
        if len(found) == 1:
            return Part(found[0], _("the only run whose network has convolutions"))
        if not found:
            return Part(None, _("no run has a network with convolutions"))
        ranked = sorted(found, key=lambda run: run.validation_accuracy or 0.0, reverse=True)
        first, second = (run.validation_accuracy for run in ranked[:2])
        if first is not None and first != second and self._judged_alike(found):
            why = _("of {count} runs with convolutions the most accurate on validation").format(
                count=len(found)
            )
            return Part(ranked[0], why)
        return Part(None, _("several runs have a network with convolutions"))

    def _dnn(self) -> Part:
        _, found = self._, self.dense
        if len(found) == 1:
            return Part(found[0], _("the only run whose network has no convolution"))
        if not found:
            return Part(None, _("no run has a network without convolutions"))
        return Part(None, _("several runs have a network without convolutions"))

    def _before(self) -> Part:
        return self._prepared()[0]

    def _after(self) -> Part:
        return self._prepared()[1]

    def _prepared(self) -> tuple[Part, Part]:
        """Return who plays before and after: two runs that differ in PREPARATION alone."""
        _ = self._
        pairs = [
            (self.runs[before], self.runs[after])
            for before, after in permutations(range(len(self.runs)), 2)
            if _is_before(self.configs[before], self.configs[after])
        ]
        for place, slot in enumerate((BEFORE, AFTER)):  # a person named one of the two
            if slot in self.said:
                pairs = [pair for pair in pairs if pair[place].id == self.said[slot].id]
        if len(pairs) == 1:
            (before, after), found = (
                pairs[0],
                _("the only two runs that differ in augmentation and normalisation alone"),
            )
            return Part(before, found), Part(after, found)
        why = _("no two runs differ in augmentation and normalisation alone")
        if pairs:
            why = _("several pairs of runs differ in augmentation and normalisation alone")
        return Part(None, why), Part(None, why)

    def _explain(self) -> Part:
        _, cnn = self._, self.part(CNN)
        found = [run for run in self.runs if self.store.tensor_keys(run.id, EXPLANATION)]
        if cnn.run and (not found or cnn.run in found):
            return Part(cnn.run, _("the run that plays {slot}").format(slot=CNN))
        if len(found) == 1:
            return Part(found[0], _("the only run with stored explanations"))
        if found:
            return Part(None, _("several runs have stored explanations"))
        return Part(None, _("no run has stored explanations"))

    def _poor(self) -> Part:
        _, cnn = self._, self.part(CNN).run
        busy = [cnn, self._before().run, self._after().run]
        busy += [self.said[slot] for slot in self.said]
        rest = [run for run in self.convolutional if run not in busy]
        if cnn is None or len(rest) != 1 or not self._judged_alike([cnn, rest[0]]):
            return Part(None, _("no run with convolutions is known to be the poor one"))
        best, worse = cnn.validation_accuracy, rest[0].validation_accuracy
        if best is None or worse is None or not worse < best:
            return Part(None, _("no run with convolutions is known to be the poor one"))
        return Part(rest[0], _("the only other run with convolutions, and less accurate"))

    def _judged_alike(self, runs: Sequence[Run]) -> bool:
        """Say whether the accuracies of runs on validation are of the same images."""
        try:
            splits = [self.store.evaluation_split(run.id, VALIDATION) for run in runs]
        except InputError:
            return False
        return len({split.fingerprint for split in splits}) == 1


def _convolves(layers: Sequence[Layer]) -> bool:
    return any(layer.type.startswith("Conv") for layer in layers)


def _is_before(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two configurations differ in PREPARATION alone, and `one` has less of it."""
    differing = configuration_difference((one, other), ignore=_DECIDES_NOTHING)
    if not differing or not {*differing} <= {*PREPARATION}:
        return False
    less, more = _amount(one), _amount(other)
    return less != more and all(a <= b for a, b in zip(less, more, strict=True))


def _amount(config: Mapping[str, Any]) -> tuple[int, bool]:
    """Return how much a recipe does to its images: the place of the kind of augmentation, and
    whether it normalises."""
    kinds, kind = list(AUGMENT_KINDS), config.get("augment", "none")
    place = kinds.index(kind) if kind in kinds else 0  # a loop of one's own may keep anything
    return place, config.get("normalise", "none") != "none"
