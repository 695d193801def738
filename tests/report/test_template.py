"""Templates are read strictly: what is wrong is one line with file, section and value."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.errors import InputError
from fer_core.figures import FIGURES
from fer_core.report.template import FIGURE, TEMPLATES, parse, read_template
from fer_core.translation import LANGUAGES

BOTH = {"en": "a", "zh-TW": "甲"}
WHOLE: dict[str, Any] = {
    "title": BOTH,
    "slots": ["cnn", "dnn"],
    "sections": [
        {
            "key": "1-cnn",
            "question": BOTH,
            "of": ["cnn"],
            "items": [
                {"figure": "learning_curves", "options": {"metric": "accuracy"}, "caption": BOTH}
            ],
        },
        {
            "key": "2-dnn",
            "question": BOTH,
            "of": ["cnn", "dnn"],
            "optional": True,
            "items": [{"figure": "confusion_matrix", "of": ["dnn"], "each": True}],
        },
    ],
}


def toml(value: Any) -> str:
    """Write plain values as TOML: JSON texts, numbers and lists are TOML, tables are not."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def written(whole: dict[str, Any]) -> str:
    return "\n".join(f"{json.dumps(key)} = {toml(value)}" for key, value in whole.items())


def test_a_template_is_read_with_its_defaults() -> None:
    template = parse(written(WHOLE), "mine")
    assert (template.name, template.slots) == ("mine", ("cnn", "dnn"))
    first, second = template.sections
    assert (first.optional, second.optional) == (False, True)
    assert first.question == BOTH
    (item,) = first.items
    assert (item.kind, item.name, item.of, item.each) == (
        FIGURE,
        "learning_curves",
        ("cnn",),
        False,
    )
    assert (item.options, item.caption) == ({"metric": "accuracy"}, BOTH)
    (item,) = second.items
    assert (item.of, item.each, item.options, item.caption) == (("dnn",), True, {}, {})


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_that_comes_along_is_right(name: str) -> None:
    template = read_template(name)
    assert template.name == name
    assert all({*section.question} == {*LANGUAGES} for section in template.sections)


def at(path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> str:
    whole = json.loads(json.dumps(WHOLE))  # equal parts are parts of their own
    place: Any = whole
    for step in path[:-1]:
        place = place[step]
    change(place, path[-1])
    return written(whole)


def put(value: Any) -> Callable[[Any, Any], None]:
    return lambda place, key: place.__setitem__(key, value)


def drop(place: Any, key: Any) -> None:
    del place[key]


ITEM = ("sections", 0, "items", 0)


@pytest.mark.parametrize(
    ("path", "change", "words"),
    [
        (("colour",), put("red"), ["unknown key 'colour'"]),
        (("title",), drop, ["no title"]),
        (("title", "zh-TW"), drop, ["title", "no zh-TW"]),
        (("title", "en"), put(" "), ["title", "en is ' '"]),
        (("title", "de"), put("a"), ["title", "unknown key 'de'"]),
        (("slots",), put("cnn"), ["slots", "'cnn' is no list"]),
        (("slots",), put(["rnn"]), ["slots", "'rnn' is none of cnn, dnn"]),
        (("slots",), put(["cnn", "cnn"]), ["slots", "'cnn' stands there 2 times"]),
        (("sections",), put([]), ["sections is []"]),
        (("sections", 0, "mood"), put(1), ["section 1", "unknown key 'mood'"]),
        (("sections", 0, "key"), put("../a"), ["section 1", "key is '../a'"]),
        (("sections", 1, "key"), put("1-cnn"), ["2 sections have the key '1-cnn'"]),
        (("sections", 0, "of"), put([]), ["section '1-cnn', of", "[] is empty"]),
        (("sections", 0, "of"), put(["poor"]), ["section '1-cnn'", "'poor' is none of cnn, dnn"]),
        (("sections", 1, "question", "en"), drop, ["section '2-dnn'", "question", "no en"]),
        (("sections", 0, "items"), put([]), ["section '1-cnn'", "items is []"]),
        ((*ITEM, "figure"), drop, ["section '1-cnn', item 1", "names nothing"]),
        ((*ITEM, "figure"), put("pie"), ["section '1-cnn'", "figure is 'pie'", "kernels"]),
        ((*ITEM, "figure"), put(["pie"]), ["section '1-cnn'", "figure is ['pie']"]),
        ((*ITEM, "table"), put("x"), ["section '1-cnn'", "it names figure and table"]),
        ((*ITEM, "size"), put(1), ["section '1-cnn'", "unknown key 'size'"]),
        ((*ITEM, "each"), put("yes"), ["(learning_curves)", "each is 'yes'"]),
        ((*ITEM, "of"), put(["all", "x"]), ["(learning_curves)", "'x' is none of cnn, dnn, all"]),
        (("sections", 0, "optional"), put(1), ["section '1-cnn'", "optional is 1"]),
        ((*ITEM, "of"), put([]), ["(learning_curves), of", "[] is empty"]),
        ((*ITEM, "options"), put([]), ["(learning_curves)", "options is []"]),
        (
            (*ITEM, "options", "colour"),
            put("red"),
            ["(learning_curves)", "no option 'colour'", "smoothing, x, metric"],
        ),
        ((*ITEM, "caption", "zh-TW"), drop, ["(learning_curves), caption", "no zh-TW"]),
    ],
)
def test_what_is_wrong_is_named_in_one_line(
    path: tuple[Any, ...], change: Callable[[Any, Any], None], words: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        parse(at(path, change), "mine")
    line = str(caught.value)
    assert line.startswith("mine.toml")
    assert "\n" not in line
    for word in words:
        assert word in line


def test_a_key_that_stands_there_twice_and_no_toml_are_refused() -> None:
    for text in (written(WHOLE) + "\nslots = []", "title = ", "\x00"):
        with pytest.raises(InputError, match=r"^mine.toml: no TOML: [^\n]*$"):
            parse(text, "mine")


def _paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    return [p for k, v in steps for p in [(*before, k), *_paths(v, (*before, k))]]


scalars = st.one_of(
    st.booleans(), st.integers(-9, 9), st.text("aé甲", max_size=3), st.sampled_from([*FIGURES])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1), inner),
    max_leaves=4,
)


@given(path=st.sampled_from(_paths(WHOLE)), value=values)
def test_a_value_of_any_kind_anywhere_is_read_or_refused_in_one_line(
    path: tuple[Any, ...], value: Any
) -> None:
    refused = ""
    try:
        template = parse(at(path, put(value)), "mine")
    except InputError as error:
        refused = str(error)
    if refused:
        assert refused.startswith("mine.toml")
        assert "\n" not in refused
        return
    for section in template.sections:
        for item in section.items:
            assert item.kind != FIGURE or item.name in FIGURES
            assert {*item.of} <= {*template.slots, "all"}


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(InputError, match=r"template '\.\./x' is none of: comparison"):
        read_template("../x")
