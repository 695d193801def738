"""``--match-parameters``: size an architecture like a run or another preset."""

from typing import Annotated

import typer

from fer_core.cli.output import open_store, stderr
from fer_core.config import RunConfig
from fer_core.errors import InputError

_PANEL = "Size"
MatchParameters = Annotated[
    str,
    typer.Option(
        help="Size the architecture to within 1 % of the parameters of this run or preset, or of "
        "this number.",
        metavar="RUN|PRESET|NUMBER",
        rich_help_panel=_PANEL,
    ),
]
MatchBy = Annotated[
    str,
    typer.Option(
        help="Change width (all widths by one factor) or depth (how often layers repeat).",
        rich_help_panel=_PANEL,
    ),
]


def matched(config: RunConfig, reference: str, *, by: str) -> RunConfig:
    """Return the configuration with its architecture sized; unchanged without a reference."""
    from fer_core.models import MATCH_BY, match_parameters, parameter_count

    if by not in MATCH_BY:
        raise InputError(f"--match-by is {by!r}; use {' or '.join(MATCH_BY)}")
    if not reference:
        return config
    what, wanted = _wanted(reference)
    try:
        architecture = match_parameters(config.architecture, wanted, by=by)
    except InputError as error:
        raise InputError(f"{config.preset} cannot be sized like {what}: {error}") from None
    sources = {**config.sources, "layers": "given"}
    sized = config.replace(architecture=architecture, sources=sources)
    found = parameter_count(sized)
    stderr.print(
        f"{config.preset}: {found:,} parameters, {found / wanted - 1:+.2%} from {what} ({wanted:,})"
    )
    return sized


def _wanted(reference: str) -> tuple[str, int]:
    """Return what a reference means and its parameters: a run, else a number, else a preset."""
    from fer_core.models import parameter_count, preset_config

    digits = reference.replace(",", "").replace("_", "")
    number = int(digits) if digits.isascii() and digits.isdigit() else None
    try:
        with open_store(read_only=True) as store:
            run = store.run(reference)
    except InputError:  # no store, or no such run
        run = None
    # A number may begin a run's id; only as a whole name it means the run.
    if run and (number is None or run.name == reference):
        if run.parameters == 0:
            raise InputError(f"run {run.name!r} has no number of parameters to match")
        return f"run {run.name}", run.parameters
    if number is not None:
        return "the number asked for", number
    try:
        return f"preset {reference}", parameter_count(preset_config(reference, data=""))
    except InputError as error:
        raise InputError(f"--match-parameters {reference!r} is no run, and {error}") from None
