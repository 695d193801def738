import dataclasses
import io

import numpy as np
import pandas as pd
import pytest

from fer_core import figures
from fer_core.fingerprints import dataset_fingerprint, split_fingerprint
from fer_core.records import CLASS_NAMES
from fer_core.store import RunStore


def build(known, *names, **options):
    return figures.build("class_counts", known.store, names or ("made-up",), **options)


def bars(built):
    """The bars by legend group: split -> (lengths, texts)."""
    return {t.legendgroup: (t.x, t.text) for t in built.figure.data if t.x[0] is not None}


def test_counts_are_numpys(known):
    [found] = build(known).info.datasets
    splits = known.arrays["made-up"].splits
    assert found.splits == tuple(splits)
    for s, arrays in enumerate(splits.values()):
        expected = np.bincount(arrays.labels, minlength=7)
        np.testing.assert_array_equal(found.counts[:, s], expected)
    assert found.images.tolist() == [100, 200, 50]
    assert found.unlabelled.tolist() == [0, 0, 0]


def test_a_bar_is_the_share_of_its_split_with_the_count_beside_it(known):
    for split, (lengths, texts) in bars(build(known)).items():
        labels = known.arrays["made-up"].splits[split].labels
        counts = np.bincount(labels, minlength=7)
        np.testing.assert_allclose(lengths, 100 * counts / len(labels))
        assert texts[0] == f"{counts[0]} ({100 * counts[0] / len(labels):.1f} %)"
        assert texts[6] == "0"


def test_the_longest_bar_leaves_room_for_its_text(known):
    for width in (85, 170):
        layout = build(known, width_mm=width).figure.layout
        longest = max(max(lengths) for lengths, _ in bars(build(known)).values())
        pixels = layout.width * (layout.xaxis.domain[1] - layout.xaxis.domain[0])
        assert pixels * (1 - longest / layout.xaxis.range[1]) > len("49 (24.5 %)") * 5


def test_a_split_without_labels_has_no_bars_but_a_line(known):
    built = build(known, "photographs")
    assert list(bars(built)) == ["train", "validation"]
    line = "test: 50 images, no labels"
    assert line in [note.text for note in built.figure.layout.annotations]
    assert line in built.description
    rows = built.table[built.table["split"] == "test"]
    assert rows["count"].tolist() == [0] * 7 + [50]
    assert rows["class"].tolist() == [*CLASS_NAMES, ""]


def test_a_split_with_some_labels_says_how_many_lack_one(known, tmp_path):
    arrays = known.arrays["made-up"]
    train = arrays.splits["train"]
    train = dataclasses.replace(train, labels=np.where(np.arange(100) < 30, -1, train.labels))
    fingerprint = split_fingerprint(train.images, train.labels)
    partly = dataclasses.replace(
        arrays,
        splits={"train": train},
        fingerprints={"train": fingerprint},
        fingerprint=dataset_fingerprint({"train": fingerprint}),
    )
    with RunStore.open(tmp_path / "runs.db") as store:
        store.add_dataset("partly", partly)
        built = figures.build("class_counts", store, ("partly",))
    notes = [note.text for note in built.figure.layout.annotations]
    assert "train: 30 of 100 images without a label" in notes
    assert "partly (synthetic data): train: 30 of 100 images without a label" in built.description
    [(lengths, _)] = bars(built).values()
    assert sum(lengths) == pytest.approx(70)


def test_the_csv_is_the_info(known):
    built = build(known, "made-up", "photographs")
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")), keep_default_na=False)
    assert list(table) == ["dataset", "synthetic", "split", "class", "count", "share"]
    assert len(table) == 2 * 3 * 7 + 1
    totals = table.groupby(["dataset", "split"])["count"].sum()
    assert totals.tolist() == [100 if split == "train" else 200 if split == "validation" else 50
                               for _, split in totals.index]  # fmt: skip
    np.testing.assert_allclose(table.groupby(["dataset", "split"])["share"].sum(), 1)


def test_the_description_has_every_count(known):
    text = build(known).description
    for split, arrays in known.arrays["made-up"].splits.items():
        counts = np.bincount(arrays.labels, minlength=7)
        share = f"{100 * counts[3] / len(arrays.labels):.1f} %"
        part = text.split(f"{split}, {len(arrays.labels)} images: ")[1]
        assert f"Happy {counts[3]} ({share})" in part.split(";")[0]


def test_several_data_sets_share_one_scale_and_name_themselves(known):
    built = build(known, "made-up", "photographs", width_mm=170)
    layout = built.figure.layout
    assert layout.xaxis.range == layout.xaxis2.range
    assert layout.xaxis.domain[1] < layout.xaxis2.domain[0]
    narrow = build(known, "made-up", "photographs", width_mm=85).figure.layout
    assert narrow.yaxis.domain[0] > narrow.yaxis2.domain[1]
    assert narrow.height <= 235 * 96 / 25.4  # a page
