"""Who adds a figure, page, model, explainer or part of a report adds a line to its table."""

from pathlib import Path

from fer_core import explain, figures, models
from fer_core.records import EXPLANATION_METHODS
from fer_core.report.command import FORMATS
from fer_core.report.documents import DOCUMENTS
from fer_core.report.facts import FACTS
from fer_core.report.tables import TABLES
from fer_core.report.template import TEMPLATES

ROOT = Path(__file__).parent.parent


def test_every_figure_is_in_the_table() -> None:
    written = {
        path.stem
        for path in (ROOT / "fer_core" / "figures").glob("*.py")
        if "\ndef collect(" in path.read_text(encoding="utf-8")
    }
    assert written == set(figures.FIGURES)
    for module in figures.FIGURES.values():
        assert all(callable(getattr(module, n)) for n in ("collect", "draw", "table", "describe"))


def test_every_page_is_in_the_page_list() -> None:
    listed = (ROOT / "dashboard" / "streamlit_app.py").read_text(encoding="utf-8")
    for path in (ROOT / "dashboard" / "app_pages").glob("*.py"):
        assert path.name == "__init__.py" or f'"{path.name}"' in listed


def test_every_family_of_models_is_in_the_table() -> None:
    written = {
        path.stem
        for path in (ROOT / "fer_core" / "models").glob("*.py")
        if "\ndef build(" in path.read_text(encoding="utf-8") and path.name != "__init__.py"
    }
    assert written == set(models.MODELS)


def test_every_explainer_is_in_the_table_and_known_to_figures_with_its_sign() -> None:
    written = {
        path.stem
        for path in (ROOT / "fer_core" / "explain").glob("*.py")
        if "\ndef explain(" in path.read_text(encoding="utf-8") and path.name != "__init__.py"
    }
    assert written == set(explain.EXPLAINERS)
    signs = {name: module.SIGNED for name, module in explain.EXPLAINERS.items()}
    assert list(signs.items()) == list(EXPLANATION_METHODS.items())


def _written(folder: str, function: str) -> set[str]:
    return {
        path.stem
        for path in (ROOT / "fer_core" / "report" / folder).glob("*.py")
        if f"\ndef {function}(" in path.read_text(encoding="utf-8")
    }


def test_every_paragraph_of_facts_is_in_the_table() -> None:
    assert _written("facts", "paragraphs") == set(FACTS)


def test_every_table_of_a_report_is_in_the_table() -> None:
    assert _written("tables", "collect") == set(TABLES)
    for module in TABLES.values():
        assert all(callable(getattr(module, name)) for name in ("collect", "table", "printed"))


def test_every_format_of_documents_is_in_the_table_and_can_be_named() -> None:
    assert _written("documents", "render") == {
        module.__name__.rpartition(".")[2] for module in DOCUMENTS.values()
    }
    assert tuple(DOCUMENTS) == FORMATS


def test_every_template_is_in_the_table() -> None:
    folder = ROOT / "fer_core" / "report" / "templates"
    assert {path.stem for path in folder.glob("*.toml")} == set(TEMPLATES)
    assert len(TEMPLATES) == len(set(TEMPLATES))
