"""docs/report.md names every template with its parts, and edits that a report takes."""

import json
import re
from pathlib import Path

from fer_core.report.edits import Edits
from fer_core.report.template import TEMPLATES, read_template

TEXT = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")


def test_every_template_has_its_row_with_its_parts() -> None:
    rows = {}
    for line in TEXT.partition("| template |")[2].partition("\n\n")[0].splitlines()[2:]:
        name, _questions, parts = (re.findall(r"`([\w-]+)`", cell) for cell in line.split("|")[1:4])
        rows[name[0]] = tuple(parts)
    assert rows == {name: read_template(name).slots for name in TEMPLATES}


def test_the_edits_are_of_the_template_2017() -> None:
    example = json.loads(TEXT.partition("```json")[2].partition("```")[0])
    edits = Edits.from_json(example)
    assert edits.to_json() == example
    items = {each.key: each.items for each in read_template("2017").sections}
    assert {*edits.texts, *edits.left_out} <= {*items}
    for key in edits.captions:
        section, _hyphen, name = key.rpartition("-")
        assert name in [item.name for item in items[section]]
