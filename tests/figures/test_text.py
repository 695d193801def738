import html
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.figures import text
from fer_core.translation import translator

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=90)


@given(ANY_TEXT)
def test_clean_text_is_one_line_that_any_format_can_hold(given_text):
    cleaned = text.clean(given_text)
    cleaned.encode()
    assert not {unicodedata.category(c) for c in cleaned} & {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
    assert cleaned == cleaned.strip()


def test_names_in_any_script_stay_as_they_are():
    assert text.clean("表情 vgg-3 naïve ±1 😀") == "表情 vgg-3 naïve ±1 😀"
    assert text.clean("two\nlines\tand \u202eturned") == "two lines and turned"


@given(ANY_TEXT)
def test_escaped_text_has_no_tags_and_reads_back(given_text):
    escaped = text.escape(given_text)
    assert not set("<>$") & set(escaped)
    assert html.unescape(escaped) == given_text


def test_escaping_worked_by_hand():
    assert text.escape("<b>x</b> &amp; $x$") == "&lt;b&gt;x&lt;/b&gt; &amp;amp; &#36;x&#36;"


@given(ANY_TEXT.map(text.clean), st.floats(20, 300))
def test_shortened_text_fits(given_text, room):
    shortened = text.shorten(given_text, 12, room)
    assert text.text_width(shortened, 12) <= room
    assert shortened == given_text or text.ELLIPSIS in shortened


def test_shortened_names_keep_both_ends():
    shortened = text.shorten("resnet-18-with-a-very-long-description-seed2", 12, 130)
    assert shortened.startswith("resnet-18")
    assert shortened.endswith("seed2")


def test_widths_of_liberation_sans():
    assert text.text_width("0.65", 12) == pytest.approx(12 * (3 * 0.556 + 0.278))
    assert text.text_width("Will", 1000) == 944 + 3 * 222
    assert text.text_width("表情", 12) == 24


def test_labels_stay_distinct_when_shortened():
    names = ["x" * 50 + "a" + "y" * 50, "x" * 50 + "b" + "y" * 50, "short"]
    labels = text.run_labels(names, 12, 150)
    assert len(set(labels)) == 3
    assert labels[0].startswith("1: ")
    assert labels[2] == "short"
    assert all(text.text_width(label, 12) <= 150 for label in labels)


def test_numbers_have_the_same_digits_everywhere():
    assert text.percent(0.65449) == "65.4 %"
    assert text.points(-0.0123) == "-1.2"
    assert text.interval(0.638, 0.67) == "[63.8, 67.0]"


def test_class_names_are_in_the_official_order():
    assert text.class_labels(translator("en"))[::3] == ["Angry", "Happy", "Neutral"]


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.00 k"),
        (9_994, "9.99 k"),
        (9_996, "10.0 k"),
        (99_960, "100 k"),
        (663_552, "664 k"),
        (999_499, "999 k"),
        (999_600, "1.00 M"),
        (42_467_328, "42.5 M"),
        (1_084_763_648, "1.08 G"),
    ],
)
def test_counts_have_three_digits(number, written):
    assert text.compact(number) == written


@given(st.lists(ANY_TEXT.map(text.clean), max_size=12), st.floats(40, 300))
def test_pieces_are_joined_in_order_into_lines_that_fit(pieces, room):
    lines = text.fill(pieces, 12, room)
    assert all(text.text_width(line, 12) <= room for line in lines)
    expected = " ".join(text.shorten(piece, 12, room) for piece in pieces)
    assert " ".join(lines) == expected


def test_lines_are_as_full_as_they_can_be():
    assert text.fill(["aaa", "bbb", "ccc"], 10, text.text_width("aaa bbb", 10)) == [
        "aaa bbb",
        "ccc",
    ]


def test_labels_break_where_words_may_be_broken_and_stay_whole_where_they_fit():
    def lines(label, room):
        return text.broken(label, 10, room)

    assert lines("Guided Grad-CAM", 500) == ["Guided Grad-CAM"]
    assert lines("Guided Grad-CAM", 50) == ["Guided", "Grad-CAM"]
    assert lines("SmoothGrad", 40) == ["Smooth", "Grad"]
    assert lines("積分梯度", 25) == ["積分", "梯度"]
    for label in ("Integrated gradients", "導引反向傳播"):
        assert all(text.text_width(line, 10) <= 31 for line in lines(label, 31))
    assert lines("Occlusion", 25) == [text.shorten("Occlusion", 10, 25)]
