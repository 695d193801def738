"""Page Explanations: which images it picks, what it shows, what it computes."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import commands
from fer_core.errors import InputError
from fer_core.records import EXPLANATION_METHODS
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.test_hostile_text import rendered
from tests.dashboard.test_pages import commands as shown_commands
from tests.dashboard.test_pages import words

Open = Callable[..., AppTest]
STORED = ("validation:0", "validation:1", "validation:2")


def choose(app: AppTest, key: str, value: Any) -> None:
    app.button_group(key=key).set_value(value)
    app.run()
    assert not app.exception, app.exception


def asked(app: AppTest, run: str) -> tuple[list[str], list[str]]:
    """Methods and samples of the command that a page prints for a run."""
    [command] = [c for c in shown_commands(app) if c.startswith(f"fer-core explain {run} ")]
    options = dict(word[2:].split("=", 1) for word in shlex.split(command) if word[:2] == "--")
    return options["methods"].split(","), options["samples"].split(",")


def drawn(app: AppTest) -> list[str]:
    """The samples of the figure on a page, from its command."""
    [command] = [c for c in shown_commands(app) if c.startswith("fer-core figure ")]
    [samples] = [word for word in shlex.split(command) if word.startswith("samples=")]
    return samples.removeprefix("samples=").split(",")


def predictions(store: RunStore, run: str) -> tuple[np.ndarray, np.ndarray]:
    labels = store.evaluation_split(run, "validation").labels
    return labels, store.predictions(run, "validation").probabilities


def by_confidence(members: np.ndarray, probabilities: np.ndarray) -> list[str]:
    chosen = np.flatnonzero(members).tolist()
    chosen.sort(key=lambda index: -probabilities[index].max())
    return [f"validation:{index}" for index in chosen]


# The command


def test_the_command_leaves_out_what_is_default() -> None:
    words = commands.explain(["a"], methods=["lime", "gradcam"], samples=["test:1", "train:22"])
    assert words == ["explain", "a", "--methods=lime,gradcam", "--samples=test:1,train:22"]
    words = commands.explain(
        ["a"], methods=["gradcam"], samples=["test:1"], layer="conv2", target="Sad", weights="last"
    )
    options = ["--layers=conv2", "--targets=Sad", "--weights=last"]
    assert words == ["explain", "a", "--methods=gradcam", "--samples=test:1", *options]


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"runs": ["a", "b"]}, "2 runs to explain; pick one"),
        ({"methods": []}, "nothing to explain; choose a method and an image"),
        ({"methods": ["--help"]}, "method is '--help'; use one of saliency, smoothgrad"),
        ({"samples": ["test:1 --force"]}, "sample is 'test:1 --force'; give split:index"),
        ({"samples": ["test:1,--force"]}, "sample is 'test:1,--force'; give split:index"),
        ({"samples": ["test:1"] * 513}, "513 images at once; choose at most 512"),
        ({"layer": "conv1 --force"}, "layer is 'conv1 --force'; use a name"),
        ({"target": "happy"}, "targets is 'happy'; use one of predicted, true, Angry"),
        ({"weights": "epoch-1"}, "weights is 'epoch-1'; use one of best, last, average"),
    ],
)
def test_the_command_refuses_what_no_widget_offers(choices: dict[str, Any], message: str) -> None:
    given = {"runs": ["a"], "methods": ["lime"], "samples": ["test:1"], **choices}
    with pytest.raises(InputError) as raised:
        commands.explain(given.pop("runs"), **given)
    assert str(raised.value).startswith(message)


# Picking images


def test_without_maps_one_image_of_each_class_is_offered(
    open_app: Open, trained_store: RunStore
) -> None:
    app = open_app(trained_store.path, "explanations", "first")
    methods, samples = asked(app, "first")
    assert methods == ["saliency", "gradcam", "lime"]
    labels, probabilities = predictions(trained_store, "first")
    right = probabilities.argmax(axis=1) == labels
    expected = []
    for label in np.unique(labels):
        own = labels == label
        members = own & right if (own & right).any() else own
        expected += by_confidence(members, probabilities)[:1]
    assert samples == expected
    assert f"first: maps that are not stored yet: {3 * len(samples)}" in words(app)
    assert not app.get("plotly_chart")


def test_images_are_picked_by_class_and_by_cell(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "explanations", "a")
    with RunStore.open(three_runs, read_only=True) as store:
        labels, probabilities = predictions(store, "a")
    guesses = probabilities.argmax(axis=1)
    choose(app, "explain_pick", "class")
    app.selectbox(key="explain_true").set_value(4).run()
    expected = by_confidence(labels == 4, probabilities)
    assert f"{len(expected)} such images" in words(app)
    shown = [sample for sample in expected[:7] if sample in STORED]
    assert (drawn(app) if app.get("plotly_chart") else []) == shown
    choose(app, "explain_pick", "cell")
    for key, value in (("explain_true", 2), ("explain_predicted", 4)):
        app.selectbox(key=key).set_value(value).run()
    expected = by_confidence((labels == 2) & (guesses == 4), probabilities)
    assert f"{len(expected)} such images" in words(app)


def test_images_wrong_in_one_run_and_right_in_another(
    open_app: Open, trained_store: RunStore
) -> None:
    app = open_app(trained_store.path, "explanations", "first", "second")
    choose(app, "explain_pick", "differ")
    labels, first = predictions(trained_store, "first")
    _labels, second = predictions(trained_store, "second")

    def expected(wrong: np.ndarray, right: np.ndarray) -> list[str]:
        members = (wrong.argmax(axis=1) != labels) & (right.argmax(axis=1) == labels)
        return by_confidence(members, wrong)

    assert f"{len(expected(first, second))} such images" in words(app)
    app.selectbox(key="explain_run").set_value("second").run()
    assert f"{len(expected(second, first))} such images" in words(app)
    assert expected(first, second) != expected(second, first)
    app.multiselect(key="runs").set_value(["second"]).run()
    assert not app.exception
    assert "Pick a second run with predictions on this split." in words(app)


def test_a_link_with_a_sample_lands_on_that_image(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "explanations", "a", sample="validation:1, validation:9999, nobody")
    assert app.button_group(key="explain_pick").value == "sample"
    assert drawn(app) == ["validation:1"]
    assert "no image validation:9999; validation has 0 to 69" in words(app)
    assert "no image 'nobody'; give split:index" in words(app)


def test_a_run_without_predictions_comes_with_the_command(
    open_app: Open, stopped_runs: Path
) -> None:
    app = open_app(stopped_runs, "explanations", "killed")
    assert shown_commands(app) == ["fer-core evaluate killed --split validation"]


# Showing


def test_stored_maps_are_shown_side_by_side_in_one_picture_a_run(
    open_app: Open, three_runs: Path
) -> None:
    app = open_app(three_runs, "explanations", "a", "b")
    choose(app, "explain_per_class", 4)
    assert sorted(drawn(app)) == list(STORED)
    [chart] = app.get("plotly_chart")
    layout = json.loads(chart.proto.spec)["layout"]
    assert len(layout["images"]) == 2 + 2, "a picture for each run, and two scales of colours"
    assert "3 of 3 images are shown." in words(app)


@pytest.mark.parametrize(
    ("figure", "option"),
    [
        ("saliency_panel", "threshold=0.8"),
        ("lime_panel", "top=5"),
        ("mean_explanation", "by=cell"),
    ],
)
def test_the_other_figures_repeat_every_choice(
    open_app: Open, three_runs: Path, figure: str, option: str
) -> None:
    app = open_app(three_runs, "explanations", "a", "b")
    choose(app, "explain_figure", figure)
    name, value = option.split("=")
    if name == "by":
        app.selectbox(key="explain_by").set_value(value).run()
    else:
        app.slider(key=f"explain_{name}").set_value(float(value) if "." in value else int(value))
        app.run()
    app.selectbox(key="explain_scale").set_value("shared").run()
    assert not app.exception
    command = shown_commands(app)[-1]
    assert command.startswith(f"fer-core figure {figure} a b ")
    assert f"--set {option}" in command
    assert "--set scale=shared" in command
    assert len(app.get("plotly_chart")) == 1


def test_what_is_there_is_shown_while_the_rest_is_offered(
    open_app: Open, trained_store: RunStore
) -> None:
    stores.explain(trained_store, "first", STORED[:2])
    stores.explain(trained_store, "second", STORED[:1])
    app = open_app(trained_store.path, "explanations", "first", "second", sample=",".join(STORED))
    assert drawn(app) == [STORED[0]]
    assert asked(app, "first") == (["saliency", "lime"], [STORED[2]])
    assert asked(app, "second") == (["saliency", "lime"], [*STORED[1:]])
    choose(app, "explain_methods", ["saliency", "occlusion"])
    assert asked(app, "first")[0] == ["saliency", "occlusion"]
    assert not app.get("plotly_chart"), "no image has both, and no method has all images"
    app.text_input(key="sample").set_value(STORED[0]).run()
    assert asked(app, "first") == (["occlusion"], [STORED[0]])
    assert drawn(app) == [STORED[0]]


def test_a_network_without_convolutions_is_left_out_of_grad_cam(
    open_app: Open, three_runs: Path, tmp_path: Path
) -> None:
    with RunStore.open(tmp_path / "runs.db") as store:
        stores.add_faces(store, 140)
        stores.add_run(store, "conv", epochs=2)
        with store.start_run("dense", config={}, preset="e-dnn", data=stores.DATA) as run:
            run.add_epoch(stores.epoch(1, 0.5))
        stores.predict(store, run.id, "validation", margin=1)
    app = open_app(tmp_path / "runs.db", "explanations", "conv", "dense")
    choose(app, "explain_methods", ["gradcam"])
    assert "dense: a network without convolutions has no such maps." in words(app)


# Links


def test_the_faces_of_a_cell_lead_here(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "confusion", "a", "b")
    app.selectbox(key="cell_true").set_value(3)
    app.selectbox(key="cell_predicted").set_value(3).run()
    html = "".join(each.proto.body for each in app.get("html"))
    links = [part.split('"')[0] for part in html.split('<a href="')[1:]]
    titles = [part.split("<")[0] for part in html.split("<b>")[1:]]
    expected = [t.replace(":", "%3A") for t in titles]
    assert links == [f"explanations?runs=a&amp;runs=b&amp;sample={each}" for each in expected]


def test_every_method_has_a_name_and_no_name_is_markup(open_app: Open, three_runs: Path) -> None:
    app = open_app(three_runs, "explanations", "a")
    options = app.button_group(key="explain_methods").options
    assert len(options) == len(set(options)) == len(EXPLANATION_METHODS)
    assert not [text for text in rendered(app) if "**" in text]
