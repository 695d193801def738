"""Every page in Traditional Chinese; the language by session: picker, URL or browser."""

import re
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fer_core.translation import language_names
from tests.dashboard.conftest import Open

CHINESE = language_names()["zh-TW"]
TITLES = {
    "runs": ("Runs", "實驗"),
    "learning_curves": ("Learning curves", "學習曲線"),
    "confusion": ("Confusion", "混淆矩陣"),
    "compare": ("Compare", "比較"),
    "errors": ("Errors", "錯誤分析"),
    "ensemble": ("Ensemble", "集成"),
    "explanations": ("Explanations", "模型解釋"),
    "filters": ("Filters", "濾波器"),
    "architecture": ("Architecture", "模型架構"),
    "data": ("Data", "資料"),
    "photo": ("Try a photo", "試試照片"),
    "report": ("Report", "報告"),
}
IDEOGRAPHS = re.compile("[\u3400-\u9fff]")


def text_of(app: AppTest) -> str:
    elements = [*app.title, *app.subheader, *app.text, *app.caption, *app.metric]
    return "\n".join(f"{element.value} {getattr(element, 'label', '')}" for element in elements)


def labels(app: AppTest) -> list[str]:
    widgets = [*app.button_group, *app.selectbox, *app.multiselect, *app.toggle, *app.slider]
    return [widget.label for widget in widgets]


def test_all_pages_are_listed() -> None:
    pages = Path(__file__).parents[2].joinpath("dashboard", "app_pages").glob("[!_]*.py")
    assert {page.stem for page in pages} == set(TITLES)


@pytest.mark.parametrize("page", TITLES)
@pytest.mark.parametrize("picked", [(), ("a", "b")], ids=["none picked", "two picked"])
def test_every_page_is_chinese_throughout(
    open_app: Open, three_runs: Path, complete: None, page: str, picked: tuple[str, ...]
) -> None:
    app = open_app(three_runs, page, *picked, language=CHINESE)
    assert app.title[0].value == TITLES[page][1]
    assert all(IDEOGRAPHS.search(label) for label in labels(app)), labels(app)
    assert "Project-Id-Version" not in text_of(app)  # what gettext makes of an empty message


@pytest.mark.parametrize("page", TITLES)
def test_the_picker_changes_a_page_there_and_back(
    open_app: Open, three_runs: Path, page: str
) -> None:
    english, chinese = TITLES[page]
    app = open_app(three_runs, page, "a", "b")
    assert app.title[0].value == english
    assert not IDEOGRAPHS.search(text_of(app))
    for name, title in ((CHINESE, chinese), ("English", english)):
        picker = app.sidebar.selectbox(key="language")
        picker.set_value({CHINESE: "zh-TW", "English": "en"}[name]).run()
        assert not app.exception
        assert app.title[0].value == title
        assert app.sidebar.multiselect(key="runs").value == ["a", "b"]


def test_two_sessions_speak_two_languages_in_turn(open_app: Open, three_runs: Path) -> None:
    first = open_app(three_runs, "confusion", "a", "b", language=CHINESE)
    second = open_app(three_runs, "confusion", "a", "b")
    for _again in range(2):
        for app, title, word in ((first, "混淆矩陣", "生氣"), (second, "Confusion", "Angry")):
            app.run()
            assert app.title[0].value == title
            assert app.selectbox(key="cell_true").options[0] == word
    assert "驗證集的混淆矩陣" in text_of(first)
    assert "Confusion matrix on validation" in text_of(second)


def test_the_command_draws_the_figure_in_the_language_of_the_page(
    open_app: Open, three_runs: Path
) -> None:
    app = open_app(three_runs, "confusion", "a", "b", language=CHINESE)
    assert "fer-core figure confusion_matrix a b -o confusion_matrix.svg --lang zh-TW" in [
        code.value for code in app.code
    ]


def test_what_was_chosen_stays_when_the_language_changes(open_app: Open, one_run: Path) -> None:
    app = open_app(one_run, "runs", "only")
    app.button_group(key="section").set_value("layers").run()
    app.sidebar.selectbox(key="language").set_value("zh-TW").run()
    assert app.button_group(key="section").value == "layers"
    assert list(app.dataframe[1].value.columns)[:3] == ["層", "類型", "輸出形狀"]


def test_a_status_is_found_by_its_word_in_either_language(open_app: Open, one_run: Path) -> None:
    app = open_app(one_run, "runs", language=CHINESE)
    for words, found in (("已完成", 1), ("finished", 1), ("失敗", 0)):
        app.text_input(key="filter").set_value(words).run()
        assert len(app.dataframe) == found


@pytest.mark.parametrize(
    ("locale", "title"),
    [
        ("zh-TW", "實驗"),
        ("zh-Hant-HK", "實驗"),
        ("zh-CN", "Runs"),
        ("de-DE", "Runs"),
        (None, "Runs"),
    ],
)
def test_the_first_language_is_the_browsers(
    open_app: Open,
    one_run: Path,
    monkeypatch: pytest.MonkeyPatch,
    locale: str | None,
    title: str,
) -> None:
    monkeypatch.setattr(type(st.context), "locale", property(lambda self: locale))
    assert open_app(one_run).title[0].value == title


def test_what_the_url_says_wins_over_the_browser(
    open_app: Open, one_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(st.context), "locale", property(lambda self: "zh-TW"))
    assert open_app(one_run, language="English").title[0].value == "Runs"


@pytest.mark.parametrize("said", ["de", "", "<b>x</b>"])
def test_an_unknown_language_in_the_url_is_ignored(
    open_app: Open, one_run: Path, said: str
) -> None:
    assert open_app(one_run, language=said).title[0].value == "Runs"


def test_without_a_store_the_picker_is_there_and_the_state_is_chinese(
    open_app: Open, tmp_path: Path
) -> None:
    app = open_app(tmp_path / "runs.db", language=CHINESE)
    assert app.sidebar.selectbox(key="language").value == "zh-TW"
    assert "這裡還沒有實驗庫" in app.subheader[0].value


def test_an_empty_store_is_chinese(open_app: Open, empty_store: Path, complete: None) -> None:
    assert "尚無實驗" in open_app(empty_store, language=CHINESE).subheader[0].value
    assert "尚無資料集" in open_app(empty_store, "data", language=CHINESE).subheader[0].value


def test_runs_that_ended_badly_are_chinese(
    open_app: Open, stopped_runs: Path, complete: None
) -> None:
    app = open_app(stopped_runs, "learning_curves", "killed", "broken", language=CHINESE)
    assert "程序已消失" in text_of(app)
