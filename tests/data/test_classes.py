import pytest

from fer_core.data.classes import class_index, known_names
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
        ("contempt", None),
        ("4", None),
        ("", None),
    ],
)
def test_synonyms_map_by_name(name: str, index: int | None) -> None:
    assert class_index(name) == index


def test_known_names_list_all_seven() -> None:
    assert known_names() == "angry, disgust, fear, happy, sad, surprise, neutral"
