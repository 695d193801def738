"""The commands that a page may start, each a function from checked choices to its arguments.

Widgets offer what is allowed, but a browser may send anything: every value is checked here.
"""

import re
from collections.abc import Callable, Sequence

from dashboard import filter_commands, report_commands
from fer_core.analysis.selection import COMBINATIONS
from fer_core.errors import InputError
from fer_core.figures.wanted_maps import PREDICTED, TARGETS
from fer_core.records import AVERAGINGS, EXPLANATION_METHODS, WEIGHTS

CROPS = ("auto", "none")
MOST_SAMPLES = 512
_SAMPLE = re.compile(r"[A-Za-z0-9_-]+:[0-9]+")
_LAYER = re.compile(r"[A-Za-z0-9_.]*")


def predict(
    runs: Sequence[str],
    picture: str,
    *,
    name: str = "",
    weights: str = WEIGHTS[0],
    average: str = AVERAGINGS[0],
    crop: str = CROPS[0],
    keep: bool = False,
) -> list[str]:
    """Return the arguments of ``fer-core predict`` for one picture; what is default is left out."""
    if not runs:
        raise InputError("no run to predict with; pick one")
    words = ["predict", runs[0], picture]
    words += [f"--with={run}" for run in runs[1:]]
    words += [f"--name={name}"] if name else []
    for option, value, allowed in (
        ("weights", weights, WEIGHTS),
        ("average", average, AVERAGINGS),
        ("crop", crop, CROPS),
    ):
        if value not in allowed:
            raise InputError(f"{option} is {value!r}; use one of {', '.join(allowed)}")
        words += [f"--{option}={value}"] if value != allowed[0] else []
    return words + ["--keep"] * (keep is True)


def explain(
    runs: Sequence[str],
    *,
    methods: Sequence[str] = (),
    samples: Sequence[str] | None = None,
    layer: str = "",
    target: str = PREDICTED,
    weights: str = WEIGHTS[0],
) -> list[str]:
    """Return the arguments of ``fer-core explain`` for one run; what is default is left out.

    samples: None for those that the command draws.
    """
    if len(runs) != 1:
        raise InputError(f"{len(runs)} runs to explain; pick one")
    if samples is not None and not (methods and samples):
        raise InputError("nothing to explain; choose a method and an image")
    for method in methods:
        if method not in EXPLANATION_METHODS:
            raise InputError(f"method is {method!r}; use one of {', '.join(EXPLANATION_METHODS)}")
    for sample in samples or ():
        if not _SAMPLE.fullmatch(sample):
            raise InputError(f"sample is {sample!r}; give split:index, as test:12")
    if samples and len(samples) > MOST_SAMPLES:
        raise InputError(f"{len(samples)} images at once; choose at most {MOST_SAMPLES}")
    if not _LAYER.fullmatch(layer):
        raise InputError(f"layer is {layer!r}; use a name that fer-core presets show prints")
    words = ["explain", runs[0]]
    words += [f"--methods={','.join(methods)}"] if methods else []
    words += [f"--samples={','.join(samples)}"] if samples else []
    words += [f"--layers={layer}"] if layer else []
    for option, value, allowed in (("targets", target, TARGETS), ("weights", weights, WEIGHTS)):
        if value not in allowed:
            raise InputError(f"{option} is {value!r}; use one of {', '.join(allowed)}")
        words += [f"--{option}={value}"] if value != allowed[0] else []
    return words


def ensemble(
    runs: Sequence[str], *, name: str = "", combine: str = COMBINATIONS[0], test: bool = False
) -> list[str]:
    """Return the arguments of ``fer-core ensemble``; what is default is left out."""
    if len(runs) < 2:
        raise InputError(f"{len(runs)} runs to combine; choose two or more")
    if combine not in COMBINATIONS:
        raise InputError(f"combine is {combine!r}; use one of {', '.join(COMBINATIONS)}")
    words = ["ensemble", *runs]
    words += [f"--name={name}"] if name else []
    words += ["--weights=validation"] if combine == "validation" else []
    words += ["--vote"] if combine == "vote" else []
    return words + ["--split=test"] * (test is True)


COMMANDS: dict[str, Callable[..., list[str]]] = {
    "predict": predict,
    "explain": explain,
    "ensemble": ensemble,
    "filters": filter_commands.filters,
    "outputs": filter_commands.outputs,
    "adversarial": filter_commands.adversarial,
    "dream": filter_commands.dream,
    "evaluate": report_commands.evaluate,
    "preview": report_commands.preview,
    "report": report_commands.report,
    "report-draft": report_commands.report_draft,
}

# Commands that write a file: how its name ends. It lies beside the job's log and goes with it.
OUTPUTS = {"report": ".zip"}

# Commands that neither change runs nor work on them: they wait for no job, and none for them. What
# a person has written is stored at once, however long a run's images are being explained.
APART = ("report-draft",)
