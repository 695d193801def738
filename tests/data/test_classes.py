import pytest

from fer_core.data.classes import (
    LEFT_OUT,
    Classes,
    UnknownClassError,
    class_index,
    known_names,
)
from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES


def test_every_official_name_is_its_own_index() -> None:
    assert [class_index(name) for name in CLASS_NAMES] == list(range(7))


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("anger", 0),
        ("disgusted", 1),
        ("fearful", 2),
        ("happiness", 3),
        ("joy", 3),
        ("HAPPY", 3),
        (" sadness ", 4),
        ("surprised", 5),
        ("neutral", 6),
        ("scared", 2),
        *((name, 0) for name in ("生氣", "生气", "憤怒", "愤怒")),
        *((name, 1) for name in ("厭惡", "厌恶")),
        *((name, 2) for name in ("恐懼", "恐惧", "害怕")),
        *((name, 3) for name in ("高興", "高兴", "快樂", "快乐", "開心", "开心")),
        *((name, 4) for name in ("難過", "难过", "悲傷", "悲伤", "傷心", "伤心")),
        *((name, 5) for name in ("驚訝", "惊讶")),
        *((name, 6) for name in ("中立", "中性", "平靜", "平静")),
        ("contempt", None),
        ("4", None),
        ("", None),
    ],
)
def test_synonyms_map_by_name(name: str, index: int | None) -> None:
    assert class_index(name) == index


def test_known_names_list_all_seven() -> None:
    assert known_names() == "angry, disgust, fear, happy, sad, surprise, neutral"


def numbered(text: str) -> list[int]:
    classes = Classes.parse(text)
    return [classes.index(str(number)) for number in range(len(classes.numbers))]


def test_numbers_stand_for_nothing_until_an_order_is_given() -> None:
    with pytest.raises(UnknownClassError, match=r"class 4 is a number.*--classes alphabetical"):
        Classes.parse("").index("4")
    assert numbered("official") == [0, 1, 2, 3, 4, 5, 6]
    # angry, disgust, fear, happy, neutral, sad, surprise
    assert numbered("alphabetical") == [0, 1, 2, 3, 6, 4, 5]
    assert Classes.parse("").with_official_numbers().index("4") == 4
    assert Classes.parse("alphabetical").with_official_numbers().index("4") == 6


def test_a_list_gives_the_numbers_their_classes_from_0_on() -> None:
    assert numbered("Happy, sadness ,none,生氣") == [3, 4, LEFT_OUT, 0]
    with pytest.raises(UnknownClassError, match=r"class 2; use 0 to 1, or say which it is: --cl"):
        Classes.parse("happy,sad").index("2")
    assert Classes.parse("happy,sad").index("01") == 4


def test_pairs_give_further_names_their_classes() -> None:
    classes = Classes.parse("Wut=angry,ekel = disgust,contempt=none,7=happy")
    names = ("wut", "WUT ", "ekel", "contempt", "7", "sad")
    assert [classes.index(name) for name in names] == [0, 0, 1, LEFT_OUT, 3, 4]
    assert all(classes.knows(name) for name in (*names, "3"))
    assert not classes.knows("bored")
    mixed = Classes.parse("official,7=none")
    assert [mixed.index("4"), mixed.index("7")] == [4, LEFT_OUT]


def test_a_pair_can_give_a_known_name_another_meaning() -> None:
    assert Classes.parse("fear=surprise").index("fear") == 5


@pytest.mark.parametrize("text", ["wut", "happy,", "=", "happy=", "a=b", "official,happy", ","])
def test_what_is_no_list_of_classes_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^--classes: '.*' is no class; use official, alphab"):
        Classes.parse(text)


def test_an_unknown_name_is_refused_with_the_option_that_tells_it() -> None:
    with pytest.raises(UnknownClassError) as caught:
        Classes.parse("").index("contempt")
    assert str(caught.value) == (
        "class 'contempt' is unknown; use angry, disgust, fear, happy, sad, surprise, neutral, "
        "or say which it is: --classes contempt=CLASS (or =none)"
    )
    with pytest.raises(UnknownClassError, match=r"class 'a\\nb' is unknown; use 0 to 6, or ang"):
        Classes.parse("official").index("a\nb")
