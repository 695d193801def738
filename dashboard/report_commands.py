"""The commands that the page Report may start, as arguments from checked choices."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fer_core.errors import InputError
from fer_core.figures.options import one_of
from fer_core.records import AVERAGINGS, PUBLIC, TEST, VALIDATION, WEIGHTS
from fer_core.report.command import FORMATS, formats_of
from fer_core.report.slots import SLOTS
from fer_core.report.template import TEMPLATES
from fer_core.translation import LANGUAGES

WIDTHS = (170, 85)  # mm: the width of a page's text, and of a column
SPLITS = (VALIDATION, TEST, PUBLIC)


class Making(NamedTuple):
    """A command that makes what a report lacks. command: one of COMMANDS; subject: the name of
    the run, or of the data set, that it works on; choices: of its function."""

    command: str
    subject: str
    choices: dict[str, Any]


# Which option of a command is which choice of its function.
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "evaluate": {"--split": "split", "--average": "average", "--weights": "weights"},
    "explain": {
        "--methods": "methods",
        "--samples": "samples",
        "--layers": "layer",
        "--targets": "target",
        "--weights": "weights",
    },
    "filters": {"--layers": "layer", "--style": "style", "--weights": "weights"},
    "outputs": {"--sample": "sample", "--layers": "layer", "--weights": "weights"},
    "adversarial": {
        "--sample": "sample",
        "--attack": "attack",
        "--robustness": "robustness",
        "--weights": "weights",
    },
    "dream": {"--sample": "sample", "--layer": "layer", "--weights": "weights"},
}
_LISTS = ("methods", "samples")
_FLAGS = ("robustness",)


def making(words: Sequence[str]) -> Making | None:
    """Read the arguments of fer-core that make what is not stored; None for those that no page
    starts. What they say is checked by the command's function, as if a browser had sent it."""
    if words[:2] == ("data", "preview") and len(words) == 3:
        return Making("preview", words[2], {"dataset": words[2]})
    if len(words) < 2 or words[0] not in _CHOICES:
        return None
    choices: dict[str, Any] = {}
    rest = list(words[2:])
    while rest:
        name = _CHOICES[words[0]].get(rest.pop(0))
        if name is None or (name not in _FLAGS and not rest):
            return None
        value = True if name in _FLAGS else rest.pop(0)
        choices[name] = tuple(str(value).split(",")) if name in _LISTS else value
    return Making(words[0], words[1], choices)


def evaluate(
    runs: Sequence[str],
    *,
    split: str = VALIDATION,
    weights: str = WEIGHTS[0],
    average: str = AVERAGINGS[0],
) -> list[str]:
    """Return the arguments of ``fer-core evaluate`` for one run; what is default is left out."""
    if len(runs) != 1:
        raise InputError(f"{len(runs)} runs to evaluate; pick one")
    words = ["evaluate", runs[0]]
    for option, value, allowed in (
        ("split", split, SPLITS),
        ("weights", weights, WEIGHTS),
        ("average", average, AVERAGINGS),
    ):
        one_of(option, value, allowed)
        words += [f"--{option}={value}"] if value != allowed[0] else []
    return words


def preview(runs: Sequence[str], *, dataset: str) -> list[str]:
    """Return the arguments of ``fer-core data preview``; runs: those that used the data set."""
    if not runs or not dataset or dataset.startswith("-"):
        raise InputError(f"data set is {dataset!r}; use one that a picked run has used")
    return ["data", "preview", dataset]


def report(
    runs: Sequence[str],
    *,
    template: str,
    slots: Mapping[str, str],
    language: str,
    formats: Sequence[str] = FORMATS,
    width_mm: float = WIDTHS[0],
    with_faces: bool = False,
) -> list[str]:
    """Return the arguments of ``fer-core report``, but for its file; what is default is left
    out."""
    chosen = formats_of(",".join(formats))
    if width_mm not in WIDTHS:
        raise InputError(f"width is {width_mm!r}; use one of {', '.join(map(str, WIDTHS))}")
    words = _about("report", runs, template, slots, language)
    words += [f"--formats={','.join(chosen)}"] if chosen != FORMATS else []
    words += [f"--width-mm={width_mm}"] if width_mm != WIDTHS[0] else []
    return words + ["--with-faces"] * (with_faces is True)


def report_draft(
    runs: Sequence[str],
    *,
    template: str,
    slots: Mapping[str, str],
    language: str,
    clear: bool = False,
) -> list[str]:
    """Return the arguments of ``fer-core report-draft``, which reads the edits from standard
    input; clear: which deletes them."""
    words = _about("report-draft", runs, template, slots, language)
    return [*words, "--clear" if clear is True else "--edits=-"]


def _about(
    command: str, runs: Sequence[str], template: str, slots: Mapping[str, str], language: str
) -> list[str]:
    if not runs:
        raise InputError("no run to report on; pick one")
    one_of("template", template, TEMPLATES)
    one_of("language", language, LANGUAGES)
    words = [command, *runs]
    words += [f"--template={template}"] if template != TEMPLATES[0] else []
    for slot, run in slots.items():
        one_of("part", slot, SLOTS)
        if run not in runs:
            raise InputError(f"{slot} is {run!r}, none of the runs of the report; pick it as well")
        words += [f"--slot={slot}={run}"]
    return words + ([f"--lang={language}"] if language != LANGUAGES[0] else [])
