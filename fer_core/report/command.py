"""The command that writes a report: what a page shows, what the provenance names."""

from collections.abc import Sequence

from fer_core.errors import InputError
from fer_core.report.plan import Plan

FORMATS = ("docx", "md", "tex", "html")


def formats_of(text: str) -> tuple[str, ...]:
    """Return the formats in ``docx,md``, each once and in the order of FORMATS.

    Raises InputError for others, and for none.
    """
    named = {part.strip().lower() for part in text.split(",")} - {""}
    for each in sorted(named):
        if each not in FORMATS:
            raise InputError(f"format {each!r} is none of: {', '.join(FORMATS)}")
    if not named:
        raise InputError(f"formats is {text!r}; name some of {', '.join(FORMATS)}")
    return tuple(each for each in FORMATS if each in named)


def arguments(
    plan: Plan, *, formats: Sequence[str] = FORMATS, dpi: float = 300, draft: bool = True
) -> tuple[str, ...]:
    """Return the arguments of fer-core that make this report, without ``-o`` and its file.

    What is as by default is left out, so that equal reports have equal commands. draft: whether
    the edits are those of the stored draft.
    """
    names = {run.id: run.name for run in plan.runs}
    words = ["report", *names.values()]
    words += ["--template", plan.template.name] if plan.template.name != "comparison" else []
    for slot, run_id in plan.said.items():
        words += ["--slot", f"{slot}={names[run_id]}"]
    words += ["--lang", plan.language] if plan.language != "en" else []
    words += ["--formats", ",".join(formats)] if tuple(formats) != FORMATS else []
    words += ["--width-mm", f"{plan.width_mm:g}"] if plan.width_mm != 170 else []
    words += ["--font-size", f"{plan.font_size:g}"] if plan.font_size != 9 else []
    words += ["--dpi", f"{dpi:g}"] if dpi != 300 else []
    words += ["--with-faces"] if plan.with_faces else []
    words += [] if draft else ["--no-draft"]
    return tuple(words)
