"""Templates: the questions of a report and what answers each, one TOML file a template.

title = {en = "Image Sentiment Classification", "zh-TW" = "..."}
slots = ["cnn", "dnn"]          # the parts that runs play, in the order of their colours

[[sections]]
key = "2-dnn"                   # names files; unique
label = {en = "2 DNN", "zh-TW" = "..."}   # of its tab; else the key
question = {en = "...", "zh-TW" = "..."}
of = ["cnn", "dnn"]             # slots; "all" is every run; a slot that no run plays is said
optional = true                 # left out where a slot of it is not played, instead

[[sections.items]]
facts = "architecture"          # a paragraph of FACTS, or
figure = "learning_curves"      # a figure of FIGURES, or
table = "parameters"            # a table of TABLES
of = ["dnn"]                    # else the section's
each = true                     # one for each run, instead of one for all
options = {metric = "accuracy"} # of the figure, the table or the facts
caption = {en = "...", "zh-TW" = "..."}   # else the figure's or the table's own
"""

import inspect
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from fer_core.errors import InputError
from fer_core.figures import FIGURES, options_of
from fer_core.figures.options import one_of
from fer_core.report.facts import FACTS
from fer_core.report.slots import ALL, SLOTS
from fer_core.report.tables import TABLES
from fer_core.translation import LANGUAGES

# In the order in which they are offered.
TEMPLATES = (
    "comparison",
    "2017",
    "2018-spring",
    "2018-fall",
    "2019-spring-hw3",
    "2019-spring-hw4",
    "2019-fall",
)

FACT, FIGURE, TABLE = "facts", "figure", "table"
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Item:
    """One thing that answers a question. kind: FACT, FIGURE or TABLE; of: slots; each: one for each
    run; caption: by language, empty for the default."""

    kind: str
    name: str
    of: tuple[str, ...]
    each: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    caption: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A question, by language, with what answers it. label: its short name, by language; optional:
    left out without all its parts."""

    key: str
    label: Mapping[str, str]
    question: Mapping[str, str]
    items: tuple[Item, ...]
    optional: bool = False


@dataclass(frozen=True)
class Template:
    """The questions of a report. title: by language; slots: in the order of their colours."""

    name: str
    title: Mapping[str, str]
    slots: tuple[str, ...]
    sections: tuple[Section, ...]


@cache
def read_template(name: str) -> Template:
    """Read one of TEMPLATES. Raises InputError for another name."""
    one_of("template", name, TEMPLATES)
    source = files("fer_core.report") / "templates" / f"{name}.toml"
    return parse(source.read_text(encoding="utf-8"), name)


def parse(text: str, name: str) -> Template:
    """Read the text of a template.

    Raises InputError, one line with file, section and value, for anything that it does not know
    and for anything that lacks.
    """
    where = f"{name}.toml"
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: no TOML: {' '.join(str(error).split())}") from None
    _only(where, whole, needed=("title", "slots", "sections"))
    slots = _names(f"{where}, slots", whole["slots"], SLOTS)
    tables = whole["sections"]
    if not isinstance(tables, list) or not tables:
        raise InputError(f"{where}: sections is {tables!r}; write one [[sections]] or more")
    sections = tuple(
        _section(f"{where}, section {number}", each, slots)
        for number, each in enumerate(tables, start=1)
    )
    keys = [section.key for section in sections]
    for key in keys:
        if keys.count(key) > 1:
            raise InputError(
                f"{where}: {keys.count(key)} sections have the key {key!r}; use it once"
            )
    return Template(name, _texts(f"{where}, title", whole["title"]), slots, sections)


def _section(where: str, table: Any, slots: tuple[str, ...]) -> Section:
    _only(where, table, needed=("key", "question", "of", "items"), known=("label", "optional"))
    key = table["key"]
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InputError(f"{where}: key is {key!r}; use small letters, digits and single hyphens")
    where = f"{where.rpartition(' ')[0]} {key!r}"
    of = _of(where, table, slots)
    optional = _truth(where, table, "optional")
    items = table["items"]
    if not isinstance(items, list) or not items:
        raise InputError(f"{where}: items is {items!r}; write one [[sections.items]] or more")
    label = table.get("label", dict.fromkeys(LANGUAGES, key.replace("-", " ")))
    return Section(
        key,
        _texts(f"{where}, label", label),
        _texts(f"{where}, question", table["question"]),
        tuple(
            _item(f"{where}, item {number}", each, of, slots)
            for number, each in enumerate(items, start=1)
        ),
        optional,
    )


def _item(where: str, table: Any, of: tuple[str, ...], slots: tuple[str, ...]) -> Item:
    known = {FACT: tuple(FACTS), FIGURE: tuple(FIGURES), TABLE: tuple(TABLES)}
    _only(where, table, known=(*known, "of", "each", "options", "caption"))
    kinds = [kind for kind in known if kind in table]
    if len(kinds) != 1:
        raise InputError(
            f"{where}: it names {' and '.join(kinds) or 'nothing'}; name one of {', '.join(known)}"
        )
    kind = kinds[0]
    name = table[kind]
    if not isinstance(name, str) or name not in known[kind]:
        raise InputError(f"{where}: {kind} is {name!r}; use one of {', '.join(known[kind])}")
    where = f"{where} ({name})"
    each = _truth(where, table, "each")
    options = table.get("options", {})
    if not isinstance(options, dict):
        raise InputError(f"{where}: options is {options!r}; write {{name = value}}")
    allowed = _options(kind, name)
    for option in options:
        if option not in allowed:
            raise InputError(
                f"{where}: no option {option!r}; use one of {', '.join(allowed) or 'none'}"
            )
    if "caption" in table and kind == FACT:
        raise InputError(f"{where}: facts have no caption; leave it out")
    return Item(
        kind,
        name,
        _of(where, table, slots) if "of" in table else of,
        each,
        options,
        _texts(f"{where}, caption", table["caption"]) if "caption" in table else {},
    )


def _of(where: str, table: dict[str, Any], slots: tuple[str, ...]) -> tuple[str, ...]:
    names = _names(f"{where}, of", table["of"], (*slots, ALL))
    if not names:
        raise InputError(f"{where}, of: [] is empty; name slots, or {ALL!r}")
    return names


def _truth(where: str, table: dict[str, Any], key: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise InputError(f"{where}: {key} is {value!r}; use true or false")
    return value


def _options(kind: str, name: str) -> tuple[str, ...]:
    if kind == FIGURE:
        return tuple(options_of(name))
    function = FACTS[name].paragraphs if kind == FACT else TABLES[name].collect
    return tuple(
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter.name != "language"
    )


def _only(
    where: str, table: Any, *, needed: tuple[str, ...] = (), known: tuple[str, ...] = ()
) -> None:
    if not isinstance(table, dict):
        raise InputError(f"{where}: {table!r} is no table; write key = value")
    for key in table:
        if key not in (*needed, *known):
            raise InputError(
                f"{where}: unknown key {key!r}; use one of {', '.join((*needed, *known))}"
            )
    for key in needed:
        if key not in table:
            raise InputError(f"{where}: no {key}; write one")


def _texts(where: str, table: Any) -> Mapping[str, str]:
    _only(where, table, needed=LANGUAGES)
    for language, text in table.items():
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"{where}: {language} is {text!r}; write a text")
    return dict(table)


def _names(where: str, names: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(names, list):
        raise InputError(f'{where}: {names!r} is no list; write ["{known[0]}"]')
    for name in names:
        if name not in known:
            raise InputError(f"{where}: {name!r} is none of {', '.join(known)}")
        if names.count(name) > 1:
            raise InputError(f"{where}: {name!r} stands there {names.count(name)} times")
    return tuple(names)
