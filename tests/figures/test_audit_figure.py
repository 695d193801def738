import io

import numpy as np
import pandas as pd

from fer_core import figures
from fer_core.records import AUDIT_FLAGS


def build(known, *names):
    return figures.build("audit", known.store, names or ("made-up",))


def expected(known, name):
    """(kinds, splits): how many flags have each bit."""
    return np.array(
        [
            [sum(int(f) >> bit & 1 for f in flags) for flags in known.arrays[name].flags.values()]
            for bit in range(len(AUDIT_FLAGS))
        ]
    )


def test_bars_are_the_flagged_images_of_each_split(known):
    built = build(known)
    counts = expected(known, "made-up")
    assert counts.min() > 0
    np.testing.assert_array_equal(built.info.datasets[0].summary.counts, counts)
    drawn = [trace for trace in built.figure.data if trace.x[0] is not None]
    for s, (trace, images) in enumerate(zip(drawn, (100, 200, 50), strict=True)):
        np.testing.assert_allclose(trace.x, 100 * counts[:, s] / images)
        assert trace.text[0].startswith(f"{counts[0, s]} (")
    assert built.figure.layout.yaxis.ticktext[:3] == ("all black", "almost flat", "text-like")


def test_the_csv_is_the_info(known):
    table = pd.read_csv(io.BytesIO(figures.export(build(known, "made-up", "photographs"), "csv")))
    assert list(table["kind"][:8]) == list(AUDIT_FLAGS)
    for name in ("made-up", "photographs"):
        rows = table[table["dataset"] == name]
        by_split = rows["count"].to_numpy().reshape(3, len(AUDIT_FLAGS)).T
        np.testing.assert_array_equal(by_split, expected(known, name))
        np.testing.assert_allclose(rows["share"], rows["count"] / rows["images"])


def test_the_description_counts_findings_and_groups(known):
    text = build(known).description
    counts = expected(known, "made-up")
    train, validation, test = counts[AUDIT_FLAGS.index("twin")]
    total = counts[AUDIT_FLAGS.index("twin")].sum()
    assert f"twin {total} (train {train}, validation {validation}, test {test})" in text
    # 20 validation images have the bytes of a training image.
    assert "20 pictures are there more than once byte for byte (20 surplus copies)" in text
    assert "Images with a twin in train: validation 20, test 0." in text


def test_nothing_found_is_said(tiny_store):
    built = figures.build("audit", tiny_store, ("tiny",))
    found = built.info.datasets[0].summary.counts.sum()
    assert ("nothing found" in built.description) == (found == 0)
    drawn = [trace for trace in built.figure.data if trace.x[0] is not None]
    assert [text for trace in drawn for text in trace.text].count("0") >= 3 * 8 - found
