"""The commands that a page may start, each a function from checked choices to its arguments.

Widgets offer what is allowed, but a browser may send anything: every value is checked here.
"""

from collections.abc import Callable, Sequence

from fer_core.errors import InputError

WEIGHTS = ("best", "last", "average")
AVERAGINGS = ("none", "flip")
CROPS = ("auto", "none")


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


COMMANDS: dict[str, Callable[..., list[str]]] = {
    "predict": predict,
}
