"""Black, flat and text-like images, and the flags that findings become."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from fer_core.data.audit import audited
from fer_core.data.audit.contrast import black_and_flat
from fer_core.data.audit.flags import flags_of
from fer_core.data.audit.graphics import graphic_score, text_like
from fer_core.data.audit.rows import BLOCK, Rows
from fer_core.data.synthetic import synthesise
from fer_core.records import AUDIT_FLAGS, DatasetArrays, SplitArrays

from .test_audit_near import scenes


def kinds_of(arrays: DatasetArrays, split: str) -> list[set[str]]:
    return [
        {kind for bit, kind in enumerate(AUDIT_FLAGS) if value >> bit & 1}
        for value in arrays.flags[split].tolist()
    ]


def page(lines: list[str], *, ink: int = 0, paper: int = 255) -> np.ndarray:
    image = Image.new("L", (48, 48), paper)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((2, 2 + 11 * number), line, fill=ink, font=ImageFont.load_default(9))
    return np.asarray(image)


def test_black_is_every_pixel_and_flat_is_hardly_any_contrast() -> None:
    black = np.zeros((48, 48), np.uint8)
    dot = black.copy()
    dot[20, 20] = 1
    random = np.random.default_rng(0)
    quiet = random.normal(120, 4, (48, 48)).round().astype(np.uint8)
    loud = random.normal(120, 6, (48, 48)).round().astype(np.uint8)
    found = black_and_flat(np.stack([black, dot, np.full_like(black, 255), quiet, loud]))
    assert found[0].tolist() == [True, False, False, False, False]
    assert found[1].tolist() == [False, True, True, True, False]


def test_the_graphic_score_is_that_of_plain_loops() -> None:
    image = np.concatenate([scenes(1)[0][:24], page(["Sorry."])[:24]])
    shaded = 0
    for row in range(48):
        for column in range(48):
            near = image[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].astype(int)
            shaded += 8 < near.max() - near.min() < 64
    counts = {grey: int((abs(image.astype(int) - grey) <= 8).sum()) for grey in range(256)}
    first = max(counts, key=lambda grey: (counts[grey], -grey))
    second = max(count for grey, count in counts.items() if abs(grey - first) >= 64)
    wanted = (counts[first] + second - shaded) / 48**2
    assert graphic_score(image[None])[0] == pytest.approx(wanted, abs=1e-12)
    assert graphic_score(image[None, :0].reshape(0, 48, 48)).shape == (0,)


def test_text_signs_and_line_drawings_are_text_like_and_pictures_are_not() -> None:
    text = page(["The image", "is no longer", "available"])
    sign = page(["!"], ink=230, paper=10)
    drawing = Image.new("L", (48, 48), 250)
    ImageDraw.Draw(drawing).ellipse((6, 4, 42, 44), outline=0, width=2)
    assert text_like(np.stack([text, sign, np.asarray(drawing)])).all()
    assert not text_like(scenes(200)).any()
    shading = np.linspace(0, 250, 48).astype(np.uint8) * np.ones((48, 1), np.uint8)
    assert not text_like(shading[None]).any()


def test_synthetic_faces_are_neither_text_nor_near_copies() -> None:
    faces = synthesise(2000, seed=11)
    kinds = [kind for split in faces.splits for found in kinds_of(faces, split) for kind in found]
    assert set(kinds) <= {"near-copy", "near-conflict"}
    assert len(kinds) <= 2


def test_every_kind_of_finding_is_flagged_where_it_is() -> None:
    face, other, third, fourth = scenes(4, seed=3)
    black, flat = np.zeros_like(face), np.full_like(face, 7)
    text = page(["moved or", "image."])
    splits = {
        "train": SplitArrays(
            np.stack([face, black, face, flat, text, other, np.fliplr(other), third]),
            np.array([3, 0, 4, 1, 2, 5, 5, 6], np.int8),
            tuple("abcdefgh"),
        ),
        "test": SplitArrays(
            np.stack([third, np.rot90(other), face, fourth]),
            np.array([6, 0, -1, 2], np.int8),
            tuple("ijkl"),
        ),
    }
    told: list[tuple[int, int]] = []
    arrays = audited("folder", splits, progress=lambda done, total: told.append((done, total)))
    same, differs = {"copy", "near-copy"}, {"conflict", "near-conflict"}
    assert kinds_of(arrays, "train") == [
        {*differs, "twin"},
        {"black"},
        {*same, *differs, "twin"},
        {"flat"},
        {"text-like"},
        {"near-conflict"},
        {"near-copy", "near-conflict"},
        {"twin"},
    ]
    assert kinds_of(arrays, "test") == [
        {*same, "twin"},
        {"near-copy", "near-conflict"},
        {*same, "twin"},  # unlabelled: in no conflict
        set(),
    ]
    assert arrays.near_groups["train"].tolist() == [0, 1, 0, 2, 3, 4, 4, 5]
    assert arrays.near_groups["test"].tolist() == [5, 4, 0, 6]
    assert arrays.flags["test"].dtype == np.uint16
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 2), st.integers(0, 1)), max_size=12),
    st.randoms(use_true_random=False),
)
def test_flags_of_groups_are_those_of_plain_loops(images: list, random: object) -> None:
    images.sort(key=lambda image: image[2])
    groups, labels, splits = (np.array([i[k] for i in images], int) for k in range(3))
    nothing = np.zeros(len(images), bool)
    flags = flags_of(
        black=nothing,
        flat=nothing,
        text_like=nothing,
        identical=groups,
        near=groups // 2,
        labels=labels.astype(np.int8),
        splits=splits,
    )
    bit = {kind: 1 << number for number, kind in enumerate(AUDIT_FLAGS)}
    for row, (group, label, split) in enumerate(images):
        wanted = 0
        for column, (group2, label2, split2) in enumerate(images):
            differs = -1 not in (label, label2) and label != label2
            for same, copy, conflict in (
                (group == group2, "copy", "conflict"),
                (group // 2 == group2 // 2, "near-copy", "near-conflict"),
            ):
                wanted |= bit[copy] if same and column < row else 0
                wanted |= bit[conflict] if same and differs else 0
            wanted |= bit["twin"] if group == group2 and split != split2 else 0
        assert flags[row] == wanted


def test_rows_are_all_images_in_the_order_of_the_splits() -> None:
    counts = {"train": BLOCK + 3, "empty": 0, "test": 5}
    images = {
        name: np.random.default_rng(count).integers(0, 256, (count, 48, 48), dtype=np.uint8)
        for name, count in counts.items()
    }
    rows, whole = Rows(images), np.concatenate(list(images.values()))
    assert len(rows) == len(whole)
    blocks = list(rows.blocks())
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), whole)
    assert [(part.start, part.stop) for part, _ in blocks] == [
        (0, BLOCK),
        (BLOCK, BLOCK + 3),
        (BLOCK + 3, BLOCK + 8),
    ]
    chosen = np.array([BLOCK + 7, 0, BLOCK + 3, BLOCK + 2, 0])
    np.testing.assert_array_equal(rows.take(chosen), whole[chosen])
    column = np.arange(len(rows))
    apart = rows.split(column)
    assert {name: len(part) for name, part in apart.items()} == counts
    np.testing.assert_array_equal(rows.joined(apart), column)
    assert rows.split_numbers.tolist() == [0] * (BLOCK + 3) + [2] * 5
