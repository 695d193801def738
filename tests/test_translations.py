"""The catalogues hold every message of the code, and each translation has what its original has."""

import gettext
import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message

from fer_core.errors import InputError
from fer_core.explain.ascent_styles import STYLES
from fer_core.figures.wanted_maps import TARGETS
from fer_core.records import (
    AVERAGINGS,
    FAILED,
    FINISHED,
    INTERRUPTED,
    PUBLIC,
    RUNNING,
    STALE,
    TEST,
    TRAIN,
    VALIDATION,
)
from fer_core.translation import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    language_for,
    language_names,
    translator,
)
from fer_core.words import STORED, clauses, listed, sentences, weights_name
from tests import translations

PATHS = sorted(translations.CATALOGUES.glob("*/LC_MESSAGES/*.po"))
CATALOGUES = {path.parents[1].name: translations.read(path) for path in PATHS}
ADVICE = "run: make translations, then translate what it names"
CHINESE = "\u3400-\u9fff"
FULL_WIDTH = "，。：；（）、「」"


def test_a_new_language_starts_with_every_message_and_is_read_once_translated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(translations, "CATALOGUES", tmp_path)
    monkeypatch.setattr(translations, "LANGUAGES", ("en", "ja"))
    translations.main()
    path = tmp_path / "ja" / "LC_MESSAGES" / "fer_lab.po"
    every = {message.id for message in messages(translations.extracted())}
    assert {message.id for message in messages(translations.read(path))} == every
    assert f"{len(every)} to translate" in capsys.readouterr().out
    started = path.read_text(encoding="utf-8")
    assert started.count('msgid "Happy"\nmsgstr ""\n') == 1
    translated = started.replace('msgid "Happy"\nmsgstr ""', 'msgid "Happy"\nmsgstr "喜び"')
    path.write_text(translated, encoding="utf-8")
    translations.main()
    assert path.read_text(encoding="utf-8") == translated
    with path.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Happy") == "喜び"
    assert f"{len(every) - 1} to translate" in capsys.readouterr().out


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


TRANSLATED = [message for catalogue in CATALOGUES.values() for message in messages(catalogue)]


def test_every_language_but_english_has_a_catalogue() -> None:
    others = {language.replace("-", "_") for language in LANGUAGES if language != DEFAULT_LANGUAGE}
    assert set(CATALOGUES) == others
    assert language_names() == {"en": "English", "zh-TW": "繁體中文"}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parents[1].name)
def test_what_is_read_is_what_was_translated(path: Path) -> None:
    compiled = translations.compiled(translations.read(path))
    assert path.with_suffix(".mo").read_bytes() == compiled, ADVICE


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_catalogue_has_the_messages_of_the_code_and_no_others(language: str) -> None:
    found = {message.id for message in messages(CATALOGUES[language])}
    wanted = {message.id for message in messages(translations.extracted())}
    assert len(wanted) > 500
    assert sorted(wanted - found) == [], ADVICE
    assert sorted(found - wanted) == [], ADVICE
    assert list(CATALOGUES[language].obsolete) == [], ADVICE


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_message_is_translated_and_none_is_a_guess(language: str) -> None:
    every = messages(CATALOGUES[language])
    assert [message.id for message in every if not message.string] == []
    assert [message.id for message in every if message.fuzzy] == []


def fields(text: str) -> list[tuple[str, str, str | None]]:
    parsed = [part[1:] for part in Formatter().parse(text) if part[1] is not None]
    return sorted((name, spec or "", conversion) for name, spec, conversion in parsed)


def test_a_translation_has_the_fields_of_its_original_in_their_formats() -> None:
    unlike = [m.id for m in TRANSLATED if fields(str(m.id)) != fields(str(m.string))]
    assert unlike == []


def edges(text: str) -> tuple[str, str, int]:
    return (
        text[: len(text) - len(text.lstrip())],
        text[len(text.rstrip()) :],
        text.count("\n"),
    )


def test_a_translation_begins_and_ends_with_the_space_of_its_original() -> None:
    unlike = [m.id for m in TRANSLATED if edges(str(m.id)) != edges(str(m.string))]
    assert unlike == []


@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        ("half-width punctuation after Chinese", f"[{CHINESE}][,.:;()?!]"),
        ("a bracket of the other width", r"\([^()]*）|（[^（）]*\)"),
        ("a space beside full-width punctuation", f"[{FULL_WIDTH}] | [{FULL_WIDTH}]"),
        ("no space between Chinese and Latin", f"[{CHINESE}][A-Za-z0-9]|[A-Za-z0-9][{CHINESE}]"),
        ("full-width digits or letters", "[０-９Ａ-Ｚａ-ｚ％]"),
    ],
)
def test_chinese_is_set_as_the_head_of_its_catalogue_says(fault: str, pattern: str) -> None:
    wrong = [m.string for m in messages(CATALOGUES["zh_TW"]) if re.search(pattern, str(m.string))]
    assert wrong == [], fault


def test_the_words_of_stored_values_are_messages() -> None:
    statuses = {RUNNING, FINISHED, INTERRUPTED, FAILED, STALE}
    splits = {TRAIN, VALIDATION, TEST, PUBLIC}
    assert set(STORED) >= {*TARGETS, *statuses, *splits, *STYLES, *AVERAGINGS}


def test_the_classes_are_those_of_the_reports() -> None:
    _ = translator("zh-TW")
    named = [_(name) for name in TARGETS[2:]]
    assert named == ["生氣", "厭惡", "恐懼", "高興", "難過", "驚訝", "中立"]


@pytest.mark.parametrize("language", ["de", "zh_TW", "", "../../etc", "zh"])
def test_an_unknown_language_is_refused_in_one_line(language: str) -> None:
    with pytest.raises(InputError, match=r"language '.*' is none of: en, zh-TW") as refused:
        translator(language)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-TW", "zh-TW"),
        ("zh-tw", "zh-TW"),
        ("zh_TW", "zh-TW"),
        ("zh-Hant", "zh-TW"),
        ("zh-Hant-TW", "zh-TW"),
        ("zh-HK", "zh-TW"),
        ("zh-MO", "zh-TW"),
        ("zh-Hans-HK", "en"),
        ("zh-CN", "en"),
        ("zh", "en"),
        ("en-GB", "en"),
        ("de-TW", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_a_browser_gets_the_language_it_can_read(locale: str | None, language: str) -> None:
    assert language_for(locale) == language


def test_lists_and_sentences_are_joined_as_the_language_joins_them() -> None:
    english, chinese = translator("en"), translator("zh-TW")
    assert listed(["a", "b", "c"], english) == "a, b, c"
    assert listed(["甲", "乙", "丙"], chinese) == "甲、乙、丙"
    assert clauses(["a, b", "", "c"], english) == "a, b; c"
    assert clauses(["甲、乙", "丙"], chinese) == "甲、乙；丙"
    assert sentences(["One.", "Two."], english) == "One. Two."
    assert sentences(["一。", "二。"], chinese) == "一。二。"
    assert listed([], english) == ""
    assert listed(["{a}", "{b}"], english) == "{a}, {b}"  # a name is no format


def test_weights_have_words_but_for_those_of_an_epoch() -> None:
    _ = translator("zh-TW")
    names = [weights_name(weights, _) for weights in ("best", "last", "average", "epoch-5")]
    assert names == ["最佳", "最後", "平均", "epoch-5"]
