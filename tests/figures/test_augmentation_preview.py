import io

import numpy as np
import pandas as pd
import pytest

from fer_core import figures
from fer_core.data.preview import preview
from fer_core.errors import InputError
from fer_core.store import RunStore


def build(known, *names, **options):
    return figures.build("augmentation_preview", known.store, names or ("made-up",), **options)


def test_what_is_stored_is_drawn(known, pictures):
    original, *rows = pictures(build(known))
    image = known.arrays["made-up"].splits["train"].images[3]
    np.testing.assert_array_equal(original, image)
    stored = preview(image, sample="train:3", name="").array
    assert len(rows) == len(stored)
    for drawn, faces in zip(rows, stored, strict=True):
        for s in range(3):
            for draw in range(4):
                left = 51 * (4 * s + draw) + 9 * s
                np.testing.assert_array_equal(drawn[:, left : left + 48], faces[s, draw])


def test_kinds_and_strengths_are_named(known):
    built = build(known)
    notes = [note.text for note in built.figure.layout.annotations]
    assert notes[:2] == ["As stored: train:3", "shift-flip: shift 10 %, flip"]
    assert notes[2:5] == ["strength × 0.5", "strength × 1", "strength × 2"]
    assert notes[6] == "full: rotate 12°, shift 10 %, zoom 10 %, flip, erase 25 %"
    hover = built.figure.data[-1].hovertext
    assert hover[-1] == "full: rotate 24°, shift 20 %, zoom 20 %, flip, erase 50 %"
    assert "made-up (synthetic data), train:3, seed 0: shift-flip" in built.description


def test_the_csv_has_the_strengths_of_every_face(known):
    table = pd.read_csv(io.BytesIO(figures.export(build(known), "csv")))
    assert len(table) == 3 * 3 * 4
    strongest = table[(table["kind"] == "rotate-shift-flip") & (table["strength"] == 2)]
    assert strongest["draw"].tolist() == [0, 1, 2, 3]
    for column, value in {"rotate": 24, "shift": 0.2, "zoom": 0, "erase": 0, "seed": 0}.items():
        assert set(strongest[column]) == {value}
    assert set(table["name"]) == {"train-3"}


def test_without_a_preview_the_command_that_makes_it_is_named(tiny_store: RunStore, tiny_faces):
    with pytest.raises(InputError) as raised:
        figures.build("augmentation_preview", tiny_store, ("tiny",))
    assert str(raised.value) == (
        "no augmentation preview of tiny is stored; make it: fer-core data preview tiny"
    )
    tiny_store.add_dataset("two words", tiny_faces)
    with pytest.raises(InputError, match=r"fer-core data preview 'two words' --sample test:1$"):
        figures.build("augmentation_preview", tiny_store, ("two words",), sample="test:1")


def test_the_last_preview_is_shown_unless_a_sample_is_named(tiny_store: RunStore, tiny_faces):
    train = tiny_faces.splits["train"]
    for index in (5, 2):
        record = preview(train.images[index], sample=f"train:{index}", name=train.names[index])
        tiny_store.add_dataset_tensor(tiny_faces.fingerprint, record)

    def shown(**options):
        built = figures.build("augmentation_preview", tiny_store, ("tiny",), **options)
        return built.info.datasets[0].sample

    assert shown() == "train:2"
    assert shown(sample="train:5") == shown(sample=train.names[5]) == "train:5"
    with pytest.raises(InputError, match="no image 'nobody'"):
        shown(sample="nobody")
