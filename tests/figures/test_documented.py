"""docs/figures.md names every figure, its options, and commands that exist."""

import re
from pathlib import Path

import pytest
import typer.main

from fer_core import figures
from fer_core.cli.main import app

TEXT = (Path(__file__).parents[2] / "docs" / "figures.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip(" `"): cells[1:]
    for line in TEXT.splitlines()
    if line.startswith("| `")
    for cells in [line.strip("|").split("|")]
}
JUDGED = {"split", "weights", "averaging"}
OF_MAPS = {"samples", "per_class", "layer", "target", "weights", "scale"}
ALLUSIONS = {
    "those three": JUDGED,
    "the common ones": OF_MAPS,
    "the common ones without `layer`": OF_MAPS - {"layer"},
    "the common ones without `per_class`": OF_MAPS - {"per_class"},
}


def test_every_figure_has_its_row_and_no_row_is_left_over():
    assert sorted(ROWS) == sorted(figures.FIGURES)


@pytest.mark.parametrize("name", figures.FIGURES)
def test_a_row_names_the_options_and_their_number(name):
    _answers, options, _stored_by = ROWS[name]
    first, *_ = options.strip().split(";")
    named = ALLUSIONS.get(first, set())
    rest = options.replace(first, "", 1) if named else options
    named = named | set(re.findall(r"`(\w+)`", rest))
    assert named == set(figures.options_of(name))


def test_the_allusions_stand_in_the_text():
    assert all(f"`{option}` (" in TEXT for option in JUDGED | OF_MAPS)


def test_what_stores_it_is_a_command_with_such_options():
    commands = typer.main.get_command(app).commands
    for name, (_answers, _options, stored_by) in ROWS.items():
        written = [words.split() for words in re.findall(r"`([^`]+)`", stored_by)]
        for words in written:
            if words[0].startswith("--"):
                continue
            command = commands[words[0]]
            if words[1:] and not words[1].startswith("--"):
                command = command.commands[words[1]]
            known = {flag for parameter in command.params for flag in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= known, name
        assert written
