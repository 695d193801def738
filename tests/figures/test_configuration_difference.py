import io
import json
from collections.abc import Iterator

import pandas as pd
import pytest

from fer_core import figures
from fer_core.errors import InputError
from fer_core.store import RunStore

LAYERS = [{"conv": 8}, {"relu": True}, {"max_pool": 2}, {"flatten": True}, {"dense": 7}]
CONFIGS = {
    "plain": {"augment": "none", "epochs": 3, "architecture": {"layers": LAYERS}, "seed": 0},
    "full": {"augment": "full", "epochs": 3, "architecture": {"layers": LAYERS[1:-1]}, "seed": 0},
    "odd": {"augment": "a\x1b[31m<b>\n", "epochs": 3, "nesterov": False, "seed": 0},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[RunStore]:
    with RunStore.open(tmp_path_factory.mktemp("configurations") / "runs.db") as opened:
        for name, config in CONFIGS.items():
            with opened.start_run(name, config=config):
                pass
        yield opened


def notes(built):
    return [note.text for note in built.figure.layout.annotations]


def test_only_what_differs_stands_in_the_table(store):
    built = figures.build("configuration_difference", store, ("plain", "full"))
    assert dict(built.info.settings) == {
        "augment": ("none", "full"),
        "architecture.layers": (LAYERS, LAYERS[1:-1]),
    }
    assert {"plain", "full", "augment", "none", "architecture.layers", "5 entries"} <= set(
        notes(built)
    )
    assert "epochs" not in notes(built)
    assert built.description.splitlines()[:2] == [
        "Settings that differ between plain, full.",
        "augment: plain none; full full",
    ]


def test_all_settings_are_there_when_asked_for(store):
    built = figures.build("configuration_difference", store, ("plain", "full"), show="all")
    assert {"epochs", "seed", "3"} <= set(notes(built))
    one = figures.build("configuration_difference", store, ("plain",), show="all")
    assert "architecture.layers.1.conv" in one.info.settings
    with pytest.raises(InputError, match="show 'some' is none of: differing, all"):
        figures.build("configuration_difference", store, ("plain",), show="some")


def test_values_are_one_printable_escaped_line(store):
    built = figures.build("configuration_difference", store, ("plain", "odd"))
    assert built.info.settings["nesterov"] == ("–", False)
    drawn = notes(built)
    assert {"–", "false"} <= set(drawn)
    assert all(text.isprintable() and "<b>" not in text for text in drawn)
    assert any("&lt;b&gt;" in text for text in drawn)


def test_where_columns_are_too_narrow_values_stand_below_each_other_with_their_runs(store):
    wide, narrow = (
        figures.build("configuration_difference", store, tuple(CONFIGS), width_mm=width)
        for width in (170, 60)
    )
    settings = wide.info.settings
    rows = [len({note.y for note in built.figure.layout.annotations}) for built in (wide, narrow)]
    different = [len({json.dumps(value) for value in values}) for values in settings.values()]
    assert rows == [1 + len(settings), len(settings) + sum(different)]
    assert all(note.x < 1 for note in narrow.figure.layout.annotations)
    written = " ".join(notes(narrow)).replace(",", "").split()
    assert written.count("plain") == len(settings)
    # The first setting: none and two others, each before the run that has it.
    assert notes(narrow)[:3] == ["augment", "none", "plain"]


@pytest.mark.parametrize("width", [60, 170])
def test_where_nothing_differs_it_says_so(store, width):
    built = figures.build("configuration_difference", store, ("plain",), width_mm=width)
    assert "no setting differs" in notes(built)
    assert built.description.endswith("no setting differs")


def test_the_csv_holds_the_values_in_full(store):
    built = figures.build("configuration_difference", store, ("plain", "full"))
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    assert table["run"].tolist() == ["plain", "plain", "full", "full"]
    assert table["value"].tolist()[::2] == ["none", "full"]
    assert table["value"][1].startswith('[{"conv": 8}, {"relu": true}')
