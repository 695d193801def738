import io

import numpy as np
import pandas as pd
import pytest

from fer_core import figures
from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES


def build(known, *names, **options):
    return figures.build("samples", known.store, names or ("made-up",), **options)


def test_images_are_of_their_class_and_each_is_there_once(known):
    [found] = build(known, per_class=5).info.datasets
    train = known.arrays["made-up"].splits["train"]
    assert len(set(found.indices)) == len(found.indices) == 6 * 5  # no Neutral
    np.testing.assert_array_equal(found.labels, np.repeat(range(6), 5))
    np.testing.assert_array_equal(found.labels, train.labels[found.indices])
    np.testing.assert_array_equal(found.images, train.images[found.indices])
    assert found.names == tuple(train.names[index] for index in found.indices)


def test_a_seed_decides_which(known):
    first, again, other = (build(known, seed=seed).info.datasets[0] for seed in (1, "1", 2))
    np.testing.assert_array_equal(first.indices, again.indices)
    assert (first.indices != other.indices).any()


def test_a_class_of_few_images_has_all_of_them(known):
    [found] = build(known, split="test", per_class=20).info.datasets
    assert sorted(found.indices) == list(range(50))


def test_every_pixel_is_drawn_as_it_is(known, pictures):
    built = build(known, per_class=3)
    [pixels] = pictures(built)
    [found] = built.info.datasets
    assert pixels.shape == (6 * 48 + 5 * 3, 3 * 48 + 2 * 3)
    for place, image in enumerate(found.images):
        row, column = divmod(place, 3)
        drawn = pixels[51 * row : 51 * row + 48, 51 * column : 51 * column + 48]
        np.testing.assert_array_equal(drawn, image)
    assert (pixels[48:51] == 255).all()


def test_missing_images_stay_white_and_rows_name_their_class(known, pictures):
    built = build(known, split="test", per_class=20)
    [pixels] = pictures(built)
    counts = np.bincount(known.arrays["made-up"].splits["test"].labels, minlength=7)
    for row, count in enumerate(counts[:6]):
        strip = pixels[51 * row : 51 * row + 48]
        assert (strip[:, : 51 * count - 3] < 255).any(axis=0).sum() == 48 * count
        assert (strip[:, 51 * count - 3 :] == 255).all()
    notes = [note.text for note in built.figure.layout.annotations]
    assert notes[:6] == list(CLASS_NAMES[:6])
    assert "Neutral" not in notes


def test_unlabelled_images_have_a_row_of_their_own(known):
    built = build(known, "photographs", split="test")
    [found] = built.info.datasets
    assert found.labels.tolist() == [-1] * 8
    assert "no label" in [note.text for note in built.figure.layout.annotations]
    assert set(built.table["class"]) == {""}


def test_what_the_mouse_is_over_is_named(known):
    built = build(known)
    [found] = built.info.datasets
    [trace] = built.figure.data
    assert trace.hovertext[0] == f"train:{found.indices[0]} train-{found.indices[0]}"
    assert len(trace.x) == len(found.indices)


def test_the_csv_names_every_sample(known):
    built = build(known, "made-up", known.chinese, per_class=2, split="validation")
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    for each in built.info.datasets:
        rows = table[table["dataset"] == each.dataset.name]
        assert rows["sample"].tolist() == [f"validation:{index}" for index in each.indices]
        assert rows["name"].tolist() == list(each.names)
        assert rows["class"].tolist() == [CLASS_NAMES[label] for label in each.labels]


def test_the_description_lists_the_samples_by_class(known):
    built = build(known, per_class=2, seed=4)
    indices = built.info.datasets[0].indices
    assert "Images of train, at most 2 of a class, drawn with seed 4." in built.description
    assert f"Angry {indices[0]}, {indices[1]}; Disgust" in built.description


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"per_class": "many"}, "per_class 'many' is not a whole number in 1..20"),
        ({"per_class": 0}, "per_class 0 is not in 1..20"),
        ({"per_class": 2.5}, "per_class '2.5' is not a whole number in 1..20"),
        ({"seed": -1}, "seed -1 is not in 0..4294967295"),
        (
            {"split": "dev"},
            "data set 'made-up' has no split 'dev'; use one of train, validation, test",
        ),
    ],
)
def test_wrong_options_say_what_goes(known, options, message):
    with pytest.raises(InputError) as raised:
        build(known, **options)
    assert str(raised.value) == message
