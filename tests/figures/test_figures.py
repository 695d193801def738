import inspect

import pytest

from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures import canvas


@pytest.mark.parametrize("name", figures.FIGURES)
def test_every_figure_has_the_four_parts(name):
    module = figures.FIGURES[name]
    first, second = list(inspect.signature(module.collect).parameters)[:2]
    assert first == "store"
    assert second == {"run": "run_ids", "dataset": "names"}[figures.subject_of(name)]
    for part in ("draw", "describe"):
        assert "language" in inspect.signature(getattr(module, part)).parameters
    assert list(inspect.signature(module.table).parameters) == ["info"]


@pytest.mark.parametrize("name", figures.FIGURES)
def test_a_figure_has_its_size_font_and_words(known, name):
    runs = ("cnn", "dnn")[: figures.least_of(name)]
    built = figures.build(name, known.store, runs, width_mm=120, font_size=8)
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
        name, known.store, ("cnn", known.long, known.chinese, known.markup), width_mm=300
    )
    drawn = str(built.figure.to_dict()["data"]) + str(built.figure.layout.annotations)
    assert "<b>" not in drawn
    assert "<script" not in drawn
    assert "&lt;b&gt;" in drawn
    assert known.chinese in drawn
    # In a template "%{x}" would be replaced by a value.
    assert not [t for t in built.figure.data if "bold" in (t.hovertemplate or "")]
    assert known.markup in built.description
    assert known.markup in set(built.table[figures.subject_of(name)])


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


def test_a_figure_that_compares_takes_two_different_runs(known):
    for runs in (("cnn",), ("cnn", known.store.run("cnn").id)):
        with pytest.raises(InputError, match="compares 2 or more different runs; see: fer-core"):
            figures.build("confusion_difference", known.store, runs)


def test_a_figure_about_data_takes_data_sets_and_runs_that_used_them(known):
    by_run = figures.build("class_counts", known.store, ("cnn", known.store.run("real").id))
    by_name = figures.build("class_counts", known.store, ("made-up", "photographs", "made-up"))
    assert by_run.figure == by_name.figure
    # The run of this name was trained on made-up.
    [own] = figures.build("class_counts", known.store, (known.chinese,)).info.datasets
    assert own.dataset.name == known.chinese


def test_no_data_sets_and_unknown_ones(known, tiny_store):
    with pytest.raises(InputError, match="samples needs at least one data set; see: fer-core data"):
        figures.build("samples", known.store, ())
    with pytest.raises(InputError, match=r"no data set and no run 'ck\+' in .*fer-core data list"):
        figures.build("samples", known.store, ("ck+",))
    with tiny_store.start_run("elsewhere", config={}):
        pass
    with pytest.raises(InputError, match="run 'elsewhere' has no stored data set"):
        figures.build("samples", tiny_store, ("elsewhere",))


@pytest.mark.parametrize(
    "name", [name for name in figures.FIGURES if figures.subject_of(name) == "dataset"]
)
def test_a_figure_about_data_says_what_is_synthetic(known, name):
    def words(*names):
        built = figures.build(name, known.store, names, width_mm=170)
        notes = [note.text for note in built.figure.layout.annotations]
        return notes, built

    notes, built = words("made-up")
    assert "synthetic data" in notes
    assert "made-up (synthetic data)" in built.description
    assert built.table["synthetic"].all()
    notes, built = words("made-up", known.chinese)
    assert {"synthetic data", "made-up", known.chinese} <= set(notes)
    notes, built = words("made-up", "photographs")
    assert "synthetic data" not in notes
    assert {"made-up (synthetic)", "photographs"} <= set(notes)
    assert dict(zip(built.table["dataset"], built.table["synthetic"], strict=True)) == {
        "made-up": True,
        "photographs": False,
    }


@pytest.mark.parametrize(
    "name",
    [
        *("saliency_panel", "explanations", "lime_panel", "mean_explanation", "filters"),
        *("filter_detail", "layer_outputs", "kernels", "class_images", "adversarial", "dream"),
    ],
)
def test_a_figure_of_maps_says_what_is_synthetic(known, name):
    built = figures.build(name, known.store, ("cnn", "dnn"), width_mm=170)
    assert "synthetic data" in [note.text for note in built.figure.layout.annotations]
    assert "cnn (synthetic data)" in built.description
    assert built.table["synthetic"].all()
    built = figures.build(name, known.store, ("cnn", "real"), width_mm=170)
    notes = [note.text for note in built.figure.layout.annotations]
    assert "synthetic data" not in notes
    assert {"cnn (synthetic)", "real"} <= set(notes)
    said = dict(zip(built.table["run"], built.table["synthetic"], strict=True))
    assert said == {"cnn": True, "real": False}


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
