"""The figure `filters`: which tile is where, in which order, and what is said of dead ones."""

import numpy as np
import pytest

from fer_core import figures
from fer_core.analysis.tiles import stretched
from fer_core.errors import InputError
from fer_core.figures import filter_grid
from tests.figures import filtered, networks


def build(store, *runs, **options):
    return figures.build("filters", store, runs or ("cnn",), **options)


@pytest.fixture
def own(tiny_store):
    """Runs `net`, with nine convolutions, and `dense`, with nothing stored."""
    for name, network in (("net", "d-cnn"), ("dense", "e-dnn")):
        with tiny_store.start_run(
            name, config={}, preset="p", data="tiny", layers=networks.layers(network)
        ):
            pass
    return tiny_store


def test_every_filter_is_drawn_in_its_place_row_by_row(known, pictures):
    built = build(known.store, per_row=3, width_mm=170)
    [sheet] = pictures(built)
    assert sheet.shape == (2 * 51 + 48, 2 * 51 + 48)
    expected = stretched(filtered.images("cnn")[:, -1])
    for number in range(filtered.COUNT):
        row, column = divmod(number, 3)
        tile = sheet[51 * row : 51 * row + 48, 51 * column : 51 * column + 48]
        np.testing.assert_array_equal(tile, expected[number])
    assert (sheet[102:, 102:] == 255).all()  # the ninth place is empty
    titles = [note.text for note in built.figure.layout.annotations]
    assert "Filters of layer conv1 (# Ascent Epoch 20)" in titles


def test_sixteen_stand_in_a_row(known, pictures):
    filtered.add_layer(known.store, "dnn", "conv2", count=20)
    [sheet] = pictures(build(known.store, "dnn", layer="conv2"))
    assert sheet.shape == (51 + 48, 15 * 51 + 48)


def test_a_step_is_shown_with_its_activations(known, pictures):
    built = build(known.store, step=10, activations="on", width_mm=170)
    [side] = built.info.sides
    assert side.step == 10
    np.testing.assert_array_equal(side.tiles, stretched(filtered.images("cnn")[:, 1]))
    np.testing.assert_array_equal(side.activations, filtered.activations("cnn")[:, 1])
    [written] = [trace.text for trace in built.figure.data if trace.mode == "text"]
    expected = [f"{value:.2f}" if value else "0" for value in filtered.activations("cnn")[:, 1]]
    assert list(written) == expected


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"), (0.0004, "<.01"), (0.4642, "0.46"), (9.994, "9.99"), (9.996, "10.0"),
        (99.96, "100"), (1234.5, "1234"), (12345.0, "12.3 k"), (-0.464, "-0.5"),
    ],
)  # fmt: skip
def test_an_activation_is_written_shortly(value, written):
    assert filter_grid.short(value) == written


def test_orders_are_by_activation_and_by_likeness(known):
    strongest = np.argsort(-filtered.activations("cnn")[:, -1], kind="stable")
    [side] = build(known.store, order="activation").info.sides
    np.testing.assert_array_equal(side.filters, strongest)
    np.testing.assert_array_equal(side.tiles, stretched(filtered.images("cnn")[strongest, -1]))
    [side] = build(known.store, order="similarity").info.sides
    places = {int(number): place for place, number in enumerate(side.filters)}
    assert sorted(places) == list(range(filtered.COUNT))
    assert abs(places[filtered.DOUBLE] - places[filtered.OF]) == 1


def test_dead_and_duplicate_filters_are_counted_and_in_the_table(known):
    built = build(known.store)
    line = built.description.split("\n")[1]
    assert "8 filters at step 20; dead: 1; duplicates (correlation 0.95 or more): 1." in line
    table = built.table.set_index("filter")
    assert table.index[table.dead].tolist() == [filtered.DEAD]
    assert table.index[table.duplicate].tolist() == [filtered.DOUBLE]
    np.testing.assert_allclose(table.activation, filtered.activations("cnn")[:, -1])


def test_some_filters_are_named_and_others_refused(known):
    [side] = build(known.store, filters="6,2").info.sides
    assert side.filters.tolist() == [6, 2]
    with pytest.raises(InputError, match="no filter 8 is stored of conv1; there are 8, 0 to 7"):
        build(known.store, filters="8")


def test_a_click_says_which_filter_of_which_run(known):
    built = build(known.store, "cnn", "dnn", layer="conv1", filters="3,1")
    clicks = [trace.customdata for trace in built.figure.data if trace.customdata is not None]
    ids = [known.store.run(name).id for name in ("cnn", "dnn")]
    found = [[list(point) for point in each] for each in clicks]
    assert found == [[[3, run, "best"], [1, run, "best"]] for run in ids]


def test_runs_and_weights_are_facets(own):
    for weights in ("best", "epoch-1"):
        filtered.add_layer(own, "net", "conv3", weights=weights)
    built = build(own, "net", layer="conv3", weights="best,epoch-1", width_mm=170)
    assert [each.side.weights for each in built.info.sides] == ["best", "epoch-1"]
    notes = [note.text for note in built.figure.layout.annotations]
    assert {"net, best", "net, epoch-1"} <= set(notes)


def test_the_first_layer_of_the_network_is_shown_unless_another_is_named(own):
    for layer in ("conv9", "conv2"):
        filtered.add_layer(own, "net", layer)
    for layer, shown in (("", "conv2"), ("conv9", "conv9"), ("last", "conv9")):
        assert build(own, "net", layer=layer).info.sides[0].layer == shown


def test_the_command_is_named_for_what_is_not_stored(own):
    filtered.add_layer(own, "net", "conv2")
    cases = [
        ({"layer": "conv3"}, "net", "fer-core filters net --layers conv3"),
        ({"layer": "last"}, "net", "fer-core filters net --layers conv9"),
        ({"style": "natural"}, "net", "fer-core filters net --style natural"),
        (
            {"layer": "conv2", "weights": "epoch-3"},
            "net",
            "fer-core filters net --layers conv2 --weights epoch-3",
        ),
        (
            {"layer": "conv2", "start": "validation:1"},
            "net",
            "fer-core filters net --layers conv2 --start validation:1",
        ),
        ({}, "dense", "fer-core filters dense"),
    ]
    for options, run, command in cases:
        with pytest.raises(InputError) as raised:
            build(own, run, **options)
        assert str(raised.value).endswith(f"make them with: {command}"), raised.value
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step": 15}, "step 15 of conv1 is not stored; use one of 0, 10, 20"),
        ({"order": "size"}, "order 'size' is none of: index, activation, similarity"),
        ({"style": "rough"}, "style 'rough' is none of: plain, natural"),
        ({"per_row": 0}, "per_row 0 is not in 1..64"),
        ({"activations": "yes"}, "activations 'yes' is none of: on, off"),
        ({"filters": "first"}, "filter 'first' is not a whole number"),
        ({"weights": ""}, "weights is ''; use best"),
    ],
)
def test_options_are_checked(known, options, message):
    with pytest.raises(InputError) as raised:
        build(known.store, **options)
    assert message in str(raised.value)


def test_without_similarity_duplicates_are_not_counted_and_no_order_is_made_up(own):
    filters = filtered.images("net")
    said = {"filters": [0, 4], "dead": [], "steps": list(filtered.STEPS)}
    values = filtered.activations("net")
    key = {"method": "plain", "layer": "conv1"}
    own.add_tensors(
        own.run("net").id,
        [
            filtered.record(filtered.FILTERS, filters[:2], **key, **said),
            filtered.record(filtered.FILTER_ACTIVATIONS, values[:2], **key, **said),
        ],
    )
    built = build(own, "net")
    assert built.info.sides[0].filters.tolist() == [0, 4]
    assert built.info.sides[0].duplicates is None
    assert "duplicates" not in built.description
    assert built.table.duplicate.isna().all()
    with pytest.raises(InputError, match="no stored similarity of the filters of conv1"):
        build(own, "net", order="similarity")


@pytest.mark.parametrize("width_mm", [85, 170])
def test_a_layer_of_512_filters_is_one_picture_that_fits(own, width_mm):
    filtered.add_layer(own, "net", "conv9", count=512)
    built = build(own, "net", width_mm=width_mm)
    [picture] = built.figure.layout.images
    assert picture.x >= 0
    assert picture.x + picture.sizex <= 1
    assert picture.y <= 1
    assert picture.y - picture.sizey >= 0
