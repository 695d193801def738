"""CONTRIBUTING's recipes work as they stand."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from streamlit.testing.v1 import AppTest
from test_readme import marked_blocks

from fer_core import figures
from fer_core.config import RunConfig
from fer_core.experiment import train_run
from fer_core.models import build, layer_table, presets
from fer_core.report import collect
from fer_core.report import plan as planning
from fer_core.report.content import FigureBlock, Paragraph, TableBlock
from fer_core.report.facts import FACTS
from fer_core.report.tables import TABLES
from fer_core.report.template import parse
from fer_core.store import RunStore
from tests.report import cast

BLOCKS = marked_blocks("CONTRIBUTING.md")


def test_every_recipe_is_tested() -> None:
    assert list(BLOCKS) == ["figure", "fact", "table", "template", "page", "preset"]


def module(block: str, name: str, folder: Path) -> ModuleType:
    """Return the module that a recipe writes."""
    path = folder / f"{name}.py"
    path.write_text(BLOCKS[block], encoding="utf-8")
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    loaded = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(loaded)
    return loaded


def test_the_recipe_for_a_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    epoch_seconds = module("figure", "epoch_seconds", tmp_path)
    monkeypatch.setitem(figures.FIGURES, "epoch_seconds", epoch_seconds)
    run = train_run(tiny_store, tiny_config.replace(epochs=2), name="<b>mine</b>")
    built = figures.build("epoch_seconds", tiny_store, (run.id,))
    assert built.table["seconds"][0] == pytest.approx(run.seconds / 2)
    assert "<b>mine</b>: " in built.description
    assert figures.export(built, "csv").startswith(b"run,seconds\n")
    assert list(built.figure.data[0].y) == ["&lt;b&gt;mine&lt;/b&gt;"]


def test_the_recipes_for_parts_of_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FACTS, "seeds", module("fact", "seeds", tmp_path))
    monkeypatch.setitem(TABLES, "seconds", module("table", "seconds", tmp_path))
    mine = parse(BLOCKS["template"], "mine")
    monkeypatch.setattr(planning, "read_template", lambda _name: mine)
    with RunStore.open(tmp_path / "runs.db") as store:
        cast.add_data(store)
        cast.add(store, "a")
        cast.add(store, "b", cast.DENSE)
        content = collect.content(store, planning.plan(store, ["a", "b"], template="mine"))
    [section] = content.sections
    words, table, curves = section.blocks
    assert words == Paragraph("a (synthetic data) was trained with seed 0.", draft=True)
    assert isinstance(table, TableBlock)
    assert table.rows == (("a", "2"), ("b", "2"))
    assert list(table.data["seconds"]) == [2.0, 2.0]
    assert isinstance(curves, FigureBlock)
    assert curves.built.subjects == (content.runs[0].id,)


def test_the_recipe_for_a_page(tiny_store: RunStore, tiny_config: RunConfig) -> None:
    from dashboard.queries import View

    run = train_run(tiny_store, tiny_config.replace(epochs=1), name="*mine*")
    app = AppTest.from_string(BLOCKS["page"])
    app.session_state.view = View(tiny_store, (run,), (run,))
    app.run()
    assert not app.exception
    assert [text.value for text in app.text] == ["*mine*", "no note yet"]


def test_the_recipe_for_a_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "smallest.toml").write_text(BLOCKS["preset"], encoding="utf-8")
    monkeypatch.setattr(presets, "_FOLDER", tmp_path)
    config = presets.preset_config("smallest", data="faces")
    layers = layer_table(build(config.architecture))
    assert layers[0].output_shape == (16, 48, 48)
    # 5x5 convolution, batch norm, 3x3 convolution, two dense layers.
    by_hand = (416, 64, 4_640, 4_608 * 64 + 64, 455)
    assert sum(layer.parameters for layer in layers) == sum(by_hand)
