"""``fer-core presets`` and matching, as a person types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer_core.config import RunConfig
from fer_core.experiment import train_run
from fer_core.models import parameter_count, preset_text
from fer_core.store import RunStore

Command = Callable[..., tuple[int, str, str]]
E_CNN = 10_607_815
MINE = """
[architecture]
family = "sequential"
layers = [{ flatten = true }, { dense = 16, repeat = 2, then = ["relu"] }, { dense = 7 }]
"""
MINE_PARAMETERS = (2304 * 16 + 16) + (16 * 16 + 16) + (16 * 7 + 7)


def _json(result: tuple[int, str, str]) -> Any:
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


def test_the_list_tells_what_each_is_and_its_parameters(command: Command) -> None:
    listed = {preset["name"]: preset for preset in _json(command("presets", "list", "--json"))}
    assert len(listed) == 15
    assert listed["b-cnn"]["parameters"] == 4_880_743
    assert all(preset["description"] for preset in listed.values())
    code, out, _ = command("presets", "list")
    assert code == 0
    assert "4,880,743" in out
    assert listed["b-cnn"]["description"] in out


def test_show_says_where_each_setting_comes_from(command: Command) -> None:
    shown = _json(command("presets", "show", "e-cnn", "--json"))
    assert shown["recipe"]["epochs"] == 400
    assert (shown["sources"]["epochs"], shown["sources"]["rotate"]) == ("reported", "ours")
    code, out, _ = command("presets", "show", "b-cnn")
    assert code == 0
    assert "4,880,743 parameters: 4,870,887 trainable, 9,856 not" in out
    assert "reported: dropout, average_pool, epochs 250, batch_size 128\n" in out
    assert "reconstructed: layers" in out


def test_a_file_of_one_s_own_is_shown_and_trained(command: Command) -> None:
    Path("mine.toml").write_text(MINE + "[recipe]\nepochs = 2\nbatch_size = 16\n")
    shown = _json(command("presets", "show", "mine.toml", "--json"))
    assert shown["parameters"]["total"] == MINE_PARAMETERS
    assert "unmarked: epochs 2, batch_size 16" in command("presets", "show", "mine.toml")[1]
    assert command("data", "synth", "--n", "140")[0] == 0
    trained = _json(command("train", "mine.toml", "--json"))
    assert (trained["preset"], trained["name"], trained["epochs"]) == (
        "mine.toml", "mine.toml-1", 2,
    )  # fmt: skip
    assert trained["parameters"] == MINE_PARAMETERS


def test_the_file_of_a_preset_is_printed_as_it_is(command: Command) -> None:
    code, out, _ = command("presets", "show", "d-cnn", "--toml")
    assert (code, out) == (0, preset_text("d-cnn"))
    assert command("presets", "show", "d-cnn", "--toml", "--json")[0] == 2


def test_a_dnn_is_sized_like_a_preset_and_shown(command: Command) -> None:
    code, out, err = command(
        "presets", "show", "dnn", "--match-parameters", "e-cnn", "--json"
    )  # fmt: skip
    assert code == 0
    shown = json.loads(out)
    assert shown["parameters"]["total"] == pytest.approx(E_CNN, rel=0.01)
    assert shown["sources"]["layers"] == "given"
    assert "from preset e-cnn (10,607,815)" in err
    assert not Path("runs.db").exists()  # looking for a run of that name makes no store


def test_a_number_and_a_file_may_be_matched(command: Command) -> None:
    Path("mine.toml").write_text(MINE)
    for reference, wanted in (("400,000", 400_000), ("mine.toml", MINE_PARAMETERS)):
        arguments = ("presets", "show", "cnn", "--match-parameters", reference, "--json")
        shown = _json(command(*arguments))
        assert shown["parameters"]["total"] == pytest.approx(wanted, rel=0.01)


def test_a_run_s_name_wins_over_a_preset_s(
    command: Command, tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    run = train_run(tiny_store, tiny_config.replace(epochs=1), name="e-cnn")
    small = ("--set", "batch_size=16", "--epochs", "1", "--json")
    code, out, err = command("train", "dnn", "--match-parameters", "e-cnn", *small)
    assert code == 0, err
    trained = json.loads(out)
    assert f"from run e-cnn ({run.parameters:,})" in err
    assert trained["parameters"] == pytest.approx(run.parameters, rel=0.01)
    # What was built is what is stored.
    config = RunConfig.from_dict(tiny_store.details(trained["id"]).config)
    assert parameter_count(config) == trained["parameters"]
    assert config.sources["layers"] == "given"


def test_a_number_begins_no_run_s_id(
    command: Command, tiny_store: RunStore, tiny_config: RunConfig
) -> None:
    run = train_run(tiny_store, tiny_config.replace(epochs=1), name="tiny")
    number = run.id.split("-")[0]  # the day
    _, _, err = command("presets", "show", "dnn", "--match-parameters", number, "--json")
    assert "the number asked for" in err
    _, _, err = command("presets", "show", "dnn", "--match-parameters", run.id, "--json")
    assert "from run tiny" in err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("show", "vgg"), "no preset 'vgg'"),
        (("show", "none.toml"), "none.toml cannot be read"),
        (("show", "dnn", "--match-parameters", "vgg"), "'vgg' is no run, and no preset 'vgg'"),
        (("show", "dnn", "--match-parameters", "5"), "no widths give 5 parameters to within 1%"),
        (("show", "dnn", "--match-parameters", "10000000000"), "10,000,000,000 parameters are too"),
        (("show", "e-dnn", "--match-parameters", "fast", "--match-by", "depth"), "has a repeat"),
        (("show", "dnn", "--match-parameters", "e-cnn", "--match-by", "size"), "--match-by is"),
        (("show", "broken.toml"), "layer 2 { dense = 7 } on input 4x48x48: dense takes a vector"),
    ],
)
def test_what_cannot_be_shown_is_one_line(
    command: Command, arguments: tuple[str, ...], named: str
) -> None:
    Path("broken.toml").write_text(
        '[architecture]\nfamily = "sequential"\nlayers = [{ conv = 4 }, { dense = 7 }]\n'
    )
    code, out, err = command("presets", *arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert named in err
    # And train says the same, before it makes a store.
    code, _, trained = command("train", *arguments[1:], "--data", "x")
    assert (code, trained) == (2, err)
    assert not Path("runs.db").exists()
