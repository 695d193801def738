"""What the templates name exists, and each question stands there in both languages."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from fer_core import figures
from fer_core.report.facts import FACTS
from fer_core.report.tables import TABLES

FILES = sorted((Path(figures.__file__).parents[1] / "report" / "templates").glob("*.toml"))
SLOTS = {"cnn", "dnn", "before", "after", "poor", "explain"}
LANGUAGES = {"en", "zh-TW"}


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def items(path: Path) -> list[dict[str, Any]]:
    return [item for section in read(path)["sections"] for item in section["items"]]


def test_there_is_a_template_for_each_year_and_a_free_one():
    assert [path.stem for path in FILES] == [
        "2017", "2018-fall", "2018-spring", "2019-fall", "2019-spring-hw3", "2019-spring-hw4",
        "comparison",
    ]  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_questions_stand_there_in_both_languages_under_keys_of_their_own(path):
    template = read(path)
    texts = [template["title"], *(section["question"] for section in template["sections"])]
    texts += [item["caption"] for item in items(path) if "caption" in item]
    for each in texts:
        assert set(each) == LANGUAGES
        assert each["en"].isascii()
        assert any("\u4e00" <= character <= "\u9fff" for character in each["zh-TW"])
    keys = [section["key"] for section in template["sections"]]
    assert len(keys) == len(set(keys))
    for language in LANGUAGES:
        labels = [section["label"][language] for section in template["sections"]]
        assert len(set(labels)) == len(keys)
        assert max(map(len, labels)) <= 34


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_facts_figures_tables_and_their_options_exist(path):
    for item in items(path):
        [kind] = {"facts", "figure", "table"} & {*item}
        options = item.get("options", {})
        assert {*item} <= {kind, "of", "each", "options", "caption"}
        if kind == "facts":
            assert item[kind] in FACTS
            assert not options
        elif kind == "figure":
            assert set(options) <= set(figures.options_of(item[kind]))
        else:
            known = TABLES[item[kind]].collect.__kwdefaults__ or {}
            assert set(options) <= set(known)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_sections_and_items_are_of_slots_that_the_template_has(path):
    template = read(path)
    slots = set(template["slots"])
    assert slots <= SLOTS
    of = [section["of"] for section in template["sections"]]
    of += [item["of"] for item in items(path) if "of" in item]
    for each in of:
        assert each
        assert each == ["all"] or set(each) <= slots
    used = {slot for each in of for slot in each} - {"all"}
    assert used == slots


def test_every_figure_fact_and_table_is_in_a_template():
    named = [item for path in FILES for item in items(path)]
    for kind, table in (("figure", figures.FIGURES), ("facts", FACTS), ("table", TABLES)):
        assert {item[kind] for item in named if kind in item} == set(table)
