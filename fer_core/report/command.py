"""The command that writes a report: what a page shows, what the provenance names."""

from collections.abc import Sequence

from fer_core.errors import InputError
from fer_core.figures.export import DEFAULT_DPI
from fer_core.report.plan import FONT_SIZE, WIDTH_MM, Plan
from fer_core.report.template import TEMPLATES
from fer_core.translation import DEFAULT_LANGUAGE

# The keys of DOCUMENTS, whose writers nobody should load to name a format.
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
    plan: Plan, *, formats: Sequence[str] = FORMATS, dpi: float = DEFAULT_DPI, draft: bool = True
) -> tuple[str, ...]:
    """Return the arguments of fer-core that make this report, without ``-o`` and its file.

    What is as by default is left out, so that equal reports have equal commands. draft: whether
    the edits are those of the stored draft.
    """
    names = {run.id: run.name for run in plan.runs}
    words = ["report", *names.values()]
    words += ["--template", plan.template.name] if plan.template.name != TEMPLATES[0] else []
    for slot, run_id in plan.said.items():
        words += ["--slot", f"{slot}={names[run_id]}"]
    words += ["--lang", plan.language] if plan.language != DEFAULT_LANGUAGE else []
    words += ["--formats", ",".join(formats)] if tuple(formats) != FORMATS else []
    words += ["--width-mm", f"{plan.width_mm:g}"] if plan.width_mm != WIDTH_MM else []
    words += ["--font-size", f"{plan.font_size:g}"] if plan.font_size != FONT_SIZE else []
    words += ["--dpi", f"{dpi:g}"] if dpi != DEFAULT_DPI else []
    words += ["--with-faces"] if plan.with_faces else []
    words += [] if draft else ["--no-draft"]
    return tuple(words)
