import pytest

from fer_core.errors import InputError
from fer_core.store.names import clean_name, clean_note, clean_tags


@pytest.mark.parametrize("name", ["a", "x" * 80, "<b>bold</b>", "表情 3", "![](http://x)", "😀"])
def test_good_names_stay_as_they_are(name):
    assert clean_name(name) == name


def test_names_are_stripped_and_composed():
    assert clean_name("  vgg 3\n") == "vgg 3"
    assert clean_name("e\u0301") == "\u00e9"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "0 characters; give 1 to 80"),
        (" \t ", "0 characters"),
        ("x" * 81, "81 characters"),
        ("a\nb", "U\\+000A"),
        ("a\x00b", "U\\+0000"),
        ("a\x1b[31mb", "U\\+001B"),
        ("a\u202eb", "U\\+202E"),
        ("a\u2028b", "U\\+2028"),
        ("a\ud800", "U\\+D800"),
        (7, "give a text"),
        ("--help", "looks like an option"),
    ],
)
def test_other_names_are_refused_in_one_printable_line(name, words):
    with pytest.raises(InputError, match=words) as caught:
        clean_name(name)
    assert str(caught.value).isprintable()


def test_tags_are_cleaned_and_kept_once_in_order():
    assert clean_tags([" b ", "a", "b"]) == ("b", "a")
    for tags in ("abc", ["x" * 41], [""]):
        with pytest.raises(InputError):
            clean_tags(tags)


def test_notes_keep_their_lines():
    assert clean_note(" one\r\n\ttwo ") == "one\n\ttwo"
    for note in ("a\x00", "\ud800", "x" * 10_001, None):
        with pytest.raises(InputError):
            clean_note(note)
