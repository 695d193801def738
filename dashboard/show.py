"""A figure on a page: the same `figures.build` as for print, with its words and its downloads."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard import queries, texts
from dashboard.queries import View
from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures.browser import find_browser
from fer_core.figures.export import export
from fer_core.figures.palette import INK
from fer_core.records import Dataset, Run
from fer_core.store import RunStore
from fer_core.translation import DEFAULT_LANGUAGE

# On screen a figure is drawn for a wide sheet, with slightly larger text than in print.
WIDE_MM, NARROW_MM, SCREEN_FONT = 228.0, 152.0, 10.5
Subjects = tuple[Run, ...] | tuple[Dataset, ...]
CHOSEN = "#D55E00"  # text of a clicked point; on white and on dark blue alike
PRINT_WIDTHS = (85, 170)
# Format, type of its content, whether a browser draws it.
FORMATS = (
    ("svg", "image/svg+xml", True),
    ("pdf", "application/pdf", True),
    ("png", "image/png", True),
    ("html", "text/html", False),
    ("csv", "text/csv", False),
)


def figure(
    view: View,
    name: str,
    subjects: Subjects,
    *,
    wide: bool = True,
    on_click: Callable[[str], None] | None = None,
    revision: str = "",
    **options: Any,
) -> figures.Built:
    """Show the figure `name` of these runs or data sets with its words, downloads and command.

    `on_click` is called after a click, with the key of `st.session_state` that says on what.
    `revision`: another one for each state of what the figure reads beside a data set's images.
    """
    _ = texts.translate()
    key = f"figure-{name}"
    width = WIDE_MM if wide else NARROW_MM
    drawn = {"width_mm": width, "font_size": SCREEN_FONT, **options}
    built = _built(view.store, name, subjects, revision, **drawn)
    summary, *facts = built.description.split("\n")
    # Side by side where the window is wide enough, else below each other.
    with st.container(horizontal=True, key=f"exhibit-{name}"):
        with st.container(key=f"paper-{name}", width="content"):
            st.plotly_chart(
                built.figure,
                key=key,
                width="content",
                theme=None,
                on_select="ignore" if on_click is None else lambda: on_click(key),
                selection_mode="points",
                config={"displayModeBar": False},
                alt=summary,
            )
        with st.container(key=f"aside-{name}"):
            st.text(summary)
            _downloads(view, name, subjects, facts, **options)
    return built


def _downloads(view: View, name: str, subjects: Subjects, facts: list[str], **options: Any) -> None:
    """Offer the figure as `fer-core figure` writes it, byte for byte, and that command."""
    _ = texts.translate()
    language = texts.language()
    try:
        find_browser()
        missing = ""
    except InputError as error:
        missing = str(error)
    brief = len(facts) == 1 and figures.subject_of(name) == "run"
    if brief:
        st.text(facts[0])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if not brief:
            with st.popover(_("In words"), icon=":material/notes:"):
                for fact in facts:
                    st.text(fact)
        width_mm = st.segmented_control(
            _("Width in print"),
            PRINT_WIDTHS,
            format_func=lambda width: _("{width} mm wide").format(width=width),
            default=PRINT_WIDTHS[0],
            required=True,
            key=f"width-{name}",
            persist_state="session",
            label_visibility="collapsed",
        )
        downloads = st.container(horizontal=True, gap="small", width="content")
    with downloads:
        for kind, mime, needs_browser in FORMATS:
            st.download_button(
                kind.upper(),
                _file(view.store, name, subjects, kind, language, width_mm, options),
                file_name=f"{name}.{kind}",
                mime=mime,
                on_click="ignore",
                disabled=needs_browser and bool(missing),
                icon=":material/download:",
                key=f"{kind}-{name}",
            )
    if missing:
        st.text(missing)
    st.code(_command(name, subjects, width_mm, options), language="bash", wrap_lines=True)


def _file(
    store: RunStore,
    name: str,
    subjects: Subjects,
    kind: str,
    language: str,
    width_mm: int,
    options: dict[str, Any],
) -> Callable[[], bytes]:
    """Return what draws the file; it runs on a click only, outside of any session."""
    references = _references(subjects)
    drawn = {"language": language, "width_mm": width_mm, **options}

    def draw() -> bytes:
        return export(figures.build(name, store, references, **drawn), kind)

    return draw


def _references(subjects: Subjects) -> list[str]:
    return [subject.id if isinstance(subject, Run) else subject.name for subject in subjects]


def _command(name: str, subjects: Subjects, width_mm: int, options: dict[str, Any]) -> str:
    defaults = figures.options_of(name)
    words = [name, *(subject.name for subject in subjects), "-o", f"{name}.svg"]
    for option, value in options.items():
        if value != defaults[option]:
            words += ["--set", f"{option}={value}"]
    if width_mm != PRINT_WIDTHS[0]:
        words += ["--width-mm", str(width_mm)]
    if texts.language() != DEFAULT_LANGUAGE:
        words += ["--lang", texts.language()]
    return texts.command("fer-core", "figure", *words)


def _built(
    store: RunStore, name: str, subjects: Subjects, revision: str, **options: Any
) -> figures.Built:
    keys = tuple(
        queries.key(store, subject)
        if isinstance(subject, Run)
        else queries.DatasetKey(str(store.path), subject.name, subject.fingerprint, revision)
        for subject in subjects
    )
    return _cached(store, _references(subjects), name, keys, texts.language(), **options)


# Figures are large; what draws a page again is nearly always among the last few.
@st.cache_resource(max_entries=32, show_spinner=False)
def _cached(
    _store: RunStore,
    _references: list[str],
    name: str,
    keys: tuple[queries.Key | queries.DatasetKey, ...],  # noqa: ARG001 - the cache's key
    language: str,
    **options: Any,
) -> figures.Built:
    built = figures.build(name, _store, _references, language=language, **options)
    # Only what a screen can show: what the mouse is over, and what was clicked.
    # Plotly would fade all other text unless the clicked one has a colour of its own.
    hover = {"bgcolor": INK, "bordercolor": INK, "font": {"color": "#ffffff"}}
    built.figure.update_layout(hoverlabel=hover)
    built.figure.update_traces(
        selected={"textfont": {"color": CHOSEN}}, selector={"mode": "markers+text"}
    )
    return built
