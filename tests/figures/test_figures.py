import inspect

import pytest

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import canvas


@pytest.mark.parametrize("name", figures.FIGURES)
def test_every_figure_has_the_four_parts(name):
    module = figures.FIGURES[name]
    first, second = list(inspect.signature(module.collect).parameters)[:2]
    assert (first, second) == ("store", "run_ids")
    for part in ("draw", "describe"):
        assert "language" in inspect.signature(getattr(module, part)).parameters
    assert list(inspect.signature(module.table).parameters) == ["info"]


@pytest.mark.parametrize("name", figures.FIGURES)
def test_a_figure_has_its_size_font_and_words(known, name):
    built = figures.build(name, known.store, ("cnn",), width_mm=120, font_size=8)
    layout = built.figure.layout
    assert layout.width == pytest.approx(120 / 25.4 * 96)
    assert layout.font.size == pytest.approx(8 / 72 * 96)
    assert layout.font.family.startswith("Liberation Sans, Noto Sans CJK TC")
    assert layout.title.text is None
    assert layout.paper_bgcolor == "#ffffff"
    assert built.description
    assert built.width_mm == 120


@pytest.mark.parametrize("name", figures.FIGURES)
def test_text_that_plotly_would_interpret_is_escaped(known, name):
    built = figures.build(
        name, known.store, ("cnn", known.long, known.chinese, known.markup), width_mm=170
    )
    drawn = str(built.figure.to_dict()["data"]) + str(built.figure.layout.annotations)
    assert "<b>" not in drawn
    assert "<script" not in drawn
    assert "&lt;b&gt;" in drawn
    assert known.chinese in drawn
    # In a template "%{x}" would be replaced by a value.
    assert not [t for t in built.figure.data if "bold" in (t.hovertemplate or "")]
    assert known.markup in built.description
    assert known.markup in set(built.table["run"])


@pytest.mark.parametrize("name", figures.FIGURES)
def test_runs_are_found_by_id_or_name_and_drawn_once(known, name):
    run_id = known.store.run("cnn").id
    by_name = figures.build(name, known.store, ("cnn", "dnn"))
    by_id = figures.build(name, known.store, [run_id, "dnn", "cnn"])
    assert by_name.figure == by_id.figure


def test_options_and_their_defaults_can_be_asked_for():
    assert figures.options_of("learning_curves") == {
        "smoothing": 0.0,
        "x": "epoch",
        "metric": "both",
    }
    assert figures.options_of("confusion_matrix")["normalise"] == "true"


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("roc", {}, f"figure 'roc' is none of: {', '.join(figures.FIGURES)}"),
        (
            "learning_curves",
            {"colour": "red"},
            "option of learning_curves 'colour' is none of: smoothing, x, metric",
        ),
        ("learning_curves", {"width_mm": 3}, "width 3 is not in 60..600 mm"),
        ("learning_curves", {"font_size": 99}, "font size 99 is not in 5..24 pt"),
    ],
)
def test_what_cannot_be_built_says_what_can(known, name, arguments, message):
    with pytest.raises(InputError) as raised:
        figures.build(name, known.store, ("cnn",), **arguments)
    assert str(raised.value) == message


def test_no_runs_and_unknown_runs(known):
    with pytest.raises(InputError, match="needs at least one run"):
        figures.build("learning_curves", known.store, ())
    with pytest.raises(InputError, match="no run 'vgg'"):
        figures.build("learning_curves", known.store, ("vgg",))


def test_all_histories_are_read_at_once(known, monkeypatch):
    asked = []
    monkeypatch.setattr(type(known.store), "histories", _counting("histories", asked, known))
    figures.build("learning_curves", known.store, ("cnn", "dnn", "first"))
    assert asked == ["histories"]


def _counting(name, asked, known):
    original = getattr(type(known.store), name)

    def method(self, *arguments):
        asked.append(name)
        return original(self, *arguments)

    return method


def test_legends_know_their_height():
    page = canvas.Canvas(85, 9)
    assert page.legend_height([]) == 0
    assert page.legend_height(["one", "two"]) == pytest.approx(24, abs=1)
    assert page.legend_height(["x" * 40, "y" * 40]) == pytest.approx(43, abs=1)
