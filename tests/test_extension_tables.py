"""Who adds a figure, a page, a family of models or an explainer adds a line to its table, too."""

from pathlib import Path

from fer_core import explain, figures, models
from fer_core.records import EXPLANATION_METHODS

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
