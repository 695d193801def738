"""Figures of what runs answered: flips, probabilities, recall against share, calibration, groups
of seeds and the curve of ensembles."""

import io

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import recall_score

from fer_core import figures
from fer_core.analysis.wording import group_sentence
from fer_core.errors import InputError
from fer_core.figures import flips, palette
from fer_core.records import CLASS_NAMES, Predictions
from tests.figures import boxes

NAMES = (
    "flips",
    "probabilities",
    "recall_against_share",
    "calibration",
    "group_effects",
    "ensemble_curve",
)


def build(name, known, runs=("cnn", "dnn"), **options):
    return figures.build(name, known.store, runs, **options)


def right(known, name):
    return known.probabilities[name].argmax(axis=1) == known.labels


@pytest.mark.parametrize("name", NAMES)
def test_it_says_how_runs_were_judged_and_what_is_synthetic(known, name):
    built = build(name, known)
    assert "On validation; weights: best epoch on validation; averaging: none." in built.description
    assert "flatters" in built.description
    assert "cnn (synthetic data)" in built.description
    notes = " ".join(note.text for note in built.figure.layout.annotations)
    assert "synthetic data" in notes
    assert built.table["synthetic"].all()


@pytest.mark.parametrize("name", ["flips", "probabilities", "ensemble_curve"])
def test_runs_on_different_images_are_refused(known, name):
    with pytest.raises(InputError, match="judged on different validation"):
        build(name, known, ("cnn", "real"))


@pytest.mark.parametrize("name", [each for each in NAMES if each != "ensemble_curve"])
def test_missing_predictions_name_the_command(known, name):
    with pytest.raises(InputError, match="fer-core evaluate cnn --split test --average flip"):
        build(name, known, split="test", averaging="flip")


def test_flips_are_the_images_that_one_run_alone_gets_right(known):
    a, b = right(known, "cnn"), right(known, "dnn")
    built = build("flips", known, most=70)
    [(first, second)] = built.info.sides
    assert set(first.places) == set(np.flatnonzero(a & ~b)[:70])
    assert set(second.places) <= set(np.flatnonzero(b & ~a))
    assert (first.total, second.total) == ((a & ~b).sum(), (b & ~a).sum())
    table = pd.read_csv(io.BytesIO(figures.export(built, "csv")))
    assert len(table) == len(first.places) + len(second.places)
    for row in table.itertuples():
        place = int(row.sample.split(":")[1])
        mine, theirs = (
            known.probabilities[row.run][place],
            known.probabilities[row.wrong_run][place],
        )
        assert CLASS_NAMES.index(row[table.columns.get_loc("class") + 1]) == known.labels[place]
        assert row.probability == pytest.approx(mine[known.labels[place]])
        assert CLASS_NAMES[theirs.argmax()] == row.wrong_class
        assert row.wrong_probability == pytest.approx(theirs.max())
    swapped = build("flips", known, ("dnn", "cnn"), most=70).info.sides[0]
    assert [side.samples for side in swapped] == [second.samples, first.samples]


def test_flips_show_the_images_and_at_most_so_many(known, pictures):
    built = build("flips", known, most=3)
    pixels, *_ = pictures(built)
    [(first, second)] = built.info.sides
    images = known.arrays["made-up"].splits["validation"].images
    np.testing.assert_array_equal(pixels[:48, :48], images[first.places[0]])
    assert len(first.places) == len(second.places) == 3
    assert f"3 of {first.total}" in str(built.figure.layout.annotations)
    for value in (0, 71, "many"):
        with pytest.raises(InputError, match=r"most .* in 1\.\.70"):
            build("flips", known, most=value)


def test_two_runs_that_answer_alike_have_no_flips(known):
    info = build("flips", known).info
    nothing = [tuple(replace_side(side) for side in both) for both in info.sides]
    empty = info._replace(sides=tuple(nothing))
    assert flips.table(empty).empty
    assert "errs: none." in flips.describe(empty)
    assert not [trace for trace in flips.draw(empty).data if trace.text is not None]


def replace_side(side):
    none = np.empty(0, np.int64)
    return side._replace(total=0, places=none, samples=(), names=(), images=side.images[:0])


def test_probabilities_are_seven_bars_a_run(known, pictures):
    built = build("probabilities", known, samples="validation:4,validation:1")
    bars = [trace for trace in built.figure.data if trace.type == "bar"]
    expected = [(place, run) for place in (4, 1) for run in ("cnn", "dnn")]
    for bar, (place, run) in zip(bars, expected, strict=True):
        np.testing.assert_allclose(bar.x, 100 * known.probabilities[run][place], rtol=1e-6)
    assert [bar.marker.color for bar in bars[:2]] == list(palette.OKABE_ITO[:2])
    images = known.arrays["made-up"].splits["validation"].images
    for pixels, place in zip(pictures(built), (4, 1), strict=True):
        np.testing.assert_array_equal(pixels, images[place])
    assert len(built.table) == 2 * 2 * 7


def test_without_samples_one_image_of_each_class_is_shown(known):
    info = build("probabilities", known).info
    assert known.labels[info.places].tolist() == [0, 1, 2, 3, 4, 5]  # none is Neutral
    assert info.places[2] == np.flatnonzero(known.labels == 2)[0]


def test_images_of_another_split_are_refused(known):
    with pytest.raises(InputError, match="train:1 is not of the validation images of run 'cnn'"):
        build("probabilities", known, samples="train:1")
    many = ",".join(f"validation:{place}" for place in range(29))
    with pytest.raises(InputError, match="29 images; probabilities shows at most 28"):
        build("probabilities", known, samples=many)


def test_recall_stands_against_the_share_of_what_was_trained_on(known):
    built = build("recall_against_share", known)
    train = known.arrays["made-up"].splits["train"].labels
    shares = np.bincount(train, minlength=7) / len(train)
    said = known.probabilities["cnn"].argmax(axis=1)
    recalls = recall_score(known.labels, said, labels=range(6), average=None, zero_division=0)
    points = list(built.figure.data[:7])
    np.testing.assert_allclose([point.x[0] for point in points], 100 * shares)
    np.testing.assert_allclose([point.y[0] for point in points[:6]], 100 * recalls)
    assert np.isnan(points[6].y[0])
    correlation = spearmanr(shares[:6], recalls).statistic
    written = f"{correlation:.2f}".replace("-", "−")
    assert f"cnn (synthetic data): ρ = {written}, p = " in built.description
    assert any(f"ρ = {written}" in note.text for note in built.figure.layout.annotations)


def test_calibration_draws_the_bins(known):
    built = build("calibration", known)
    confidence, correct = known.probabilities["cnn"].max(axis=1), right(known, "cnn")
    line = next(trace for trace in built.figure.data if trace.name == "accuracy")
    seen = np.isfinite(line.y)
    # All answers have the same confidence, 0.7.
    np.testing.assert_allclose(line.x[seen], [70], rtol=1e-5)
    np.testing.assert_allclose(line.y[seen], [100 * correct.mean()])
    table = built.table[built.table["run"] == "cnn"]
    assert table["count"].sum() == 200
    error = abs(correct.mean() - confidence.mean())
    assert table["calibration_error"].iloc[0] == pytest.approx(error, abs=1e-6)
    assert f"ECE {100 * error:.1f} %" in built.description


@pytest.fixture
def seeds(known):
    """Two runs of one learning rate and two of another, which answer as known ones do."""
    names = {"low-0": "cnn", "low-1": "dnn", "high-0": known.long, "high-1": known.chinese}
    for name, answers in names.items():
        rate, seed = name.split("-")
        with known.store.start_run(
            name, config={"rate": rate, "seed": seed}, data="made-up", seed=int(seed)
        ) as run:
            judged = known.store.evaluation_split(run.id, "validation")
            known.store.add_predictions(
                run.id,
                Predictions(
                    "validation",
                    "best",
                    "none",
                    known.probabilities[answers],
                    1,
                    "h",
                    judged.fingerprint,
                ),
            )
    yield {name: right(known, answers).mean() for name, answers in names.items()}
    for name in names:
        known.store.delete(name)


def test_runs_that_differ_by_seed_only_are_a_group(known, seeds):
    built = build("group_effects", known, tuple(seeds))
    low, high = built.info.groups
    mean, runs = built.figure.data[:2]
    accuracies = np.array(list(seeds.values()))
    np.testing.assert_allclose(mean.x, 100 * accuracies.reshape(2, 2).mean(axis=1))
    np.testing.assert_allclose(runs.x, 100 * accuracies)
    np.testing.assert_allclose(mean.x + mean.error_x.array, [100 * low.high, 100 * high.high])
    deviations = np.repeat(accuracies.reshape(2, 2).std(axis=1, ddof=1), 2)
    assert built.table["deviation"].tolist() == pytest.approx(deviations.tolist())
    notes = [note.text for note in built.figure.layout.annotations]
    assert {"low-0 ×2", "high-0 ×2"} <= set(notes)
    assert group_sentence(built.info.differences[0], [low, high], ["low-0", "high-0"]) in (
        built.description
    )
    assert "They differ in rate: low / high." in built.description


def test_a_single_run_has_no_interval_over_seeds(known, seeds):
    built = build("group_effects", known, ("low-0", "low-1", "high-0"))
    mean = built.figure.data[0]
    assert np.isnan(mean.error_x.array).tolist() == [False, True]
    assert "a single run" in built.description
    assert "What seeds alone change is not known" in built.description
    assert f"{100 * seeds['high-0']:.1f} %" in {n.text for n in built.figure.layout.annotations}


def test_the_curve_is_that_of_the_mean_of_probabilities(known):
    runs = ("dnn", "cnn", known.chinese)
    built = build("ensemble_curve", known, runs)
    together, alone = built.figure.data[:2]
    names = [each.run.name for each in built.info.members]
    for count in (1, 2, 3):
        mean = np.mean([known.probabilities[name] for name in names[:count]], axis=0)
        expected = 100 * (mean.argmax(axis=1) == known.labels).mean()
        assert together.x[count - 1] == pytest.approx(expected)
        assert alone.x[count - 1] == pytest.approx(100 * right(known, names[count - 1]).mean())
    best = max(runs, key=lambda name: right(known, name).sum())
    assert names[0] == best
    assert built.table["members"].tolist() == [1, 2, 3]
    wide = build("ensemble_curve", known, runs, width_mm=170)
    notes = [note.text for note in wide.figure.layout.annotations]
    assert {f"1 {names[0]}", f"2 + {names[1]}"} <= set(notes)


@pytest.mark.browser
@pytest.mark.parametrize("width", [85, 170])
def test_no_text_is_cut_or_covers_another(known, drawing, browser, width):
    """With names that are long, Chinese or markup."""
    page = browser.new_page()
    for name in NAMES:
        runs = ("cnn", known.long, known.chinese)
        built = build(name, known, runs, width_mm=width)
        page.set_content(figures.export(built, "svg").decode())
        found = page.evaluate(boxes.OF_TEXTS)
        left, top = page.evaluate(
            "() => { const b = document.querySelector('svg').getBoundingClientRect();"
            " return [b.left, b.top]; }"
        )
        found = [[t, x - left, y - top, r - left, b - top] for t, x, y, r, b in found]
        layout = built.figure.layout
        assert not boxes.outside(found, layout.width, layout.height), name
        assert not boxes.overlapping(found), name
    page.close()
