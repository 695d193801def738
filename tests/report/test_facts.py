"""Facts say what is stored, in numbers that were worked out by hand from the small store."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_core.analysis.answers import read_answers
from fer_core.analysis.pairs import compare_all
from fer_core.records import Epoch
from fer_core.report.facts import FACTS, comparison
from fer_core.store import RunStore
from tests.report.small import small_store
from tests.store.samples import make_predictions

FACTS_FOLDER = Path(__file__).parents[2] / "fer_core" / "report" / "facts"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    with small_store(tmp_path_factory.mktemp("report")) as store:
        yield store


@pytest.fixture
def small_with_train(tmp_path: Path) -> Iterator[RunStore]:
    """The same, with answers of cnn's first epoch on its training images."""
    with small_store(tmp_path) as store:
        right = make_predictions(store, store.run("cnn").id, "train", epoch=1)
        store.add_predictions(store.run("cnn").id, right)
        yield store


def told(store: RunStore, name: str, *runs: str, language: str = "en") -> list[str]:
    found: list[str] = FACTS[name].paragraphs(
        store, tuple(store.run(each) for each in runs), language=language
    )
    return found


def test_every_fact_is_in_the_table():
    written = {
        path.stem
        for path in FACTS_FOLDER.glob("*.py")
        if "\ndef paragraphs(" in path.read_text(encoding="utf-8")
    }
    assert written == set(FACTS)


def test_an_architecture_is_told_layer_by_kind_with_parameters_as_keras_counts(small):
    cnn, dnn = told(small, "architecture", "cnn", "dnn")
    assert "images of 48 × 48 pixels with 1 channel" in cnn
    assert "Convolutions, 1 in all, in this order: 1 with 2 filters (3×3)." in cnn
    assert "Pooling: 1 MaxPool2d 2×2." in cnn
    assert "Normalisation layers: 1 BatchNorm2d." in cnn
    assert "Activations: 1 ReLU. Dropout: 1 Dropout 0.5." in cnn
    assert "Dense layers, 1 in all: 7 units." in cnn
    assert "8,099, of which 8,095 are trainable and 4 are not." in cnn
    assert "It has no convolution." in dnn
    assert "16,135, of which 16,135 are trainable and 0 are not." in dnn


def test_a_run_without_layers_says_so(small):
    assert told(small, "architecture", "bare") == ["bare: its layers are not stored."]
    assert told(small, "architecture", "both") == []


def test_training_tells_recipe_best_epoch_convergence_gap_and_time(small):
    [cnn] = told(small, "training", "cnn", "bare", "both")
    assert "Recipe of cnn (synthetic data): optimizer Adam; learning rate 0.001;" in cnn
    assert "batch size 4; schedule constant; label smoothing 0.1;" in cnn
    assert "augmentation: shift up to 10 % of the side, half of the images mirrored; seed 0" in cnn
    # Adam has no momentum, and a weight decay of 0 does nothing.
    assert "momentum" not in cnn
    assert "decay" not in cnn
    assert "Trained on 20 images of made-up, judged on 10 for validation." in cnn
    # Wilson's interval of 8 of 10; one standard error is sqrt(0.8 * 0.2 / 10) = 0.126.
    assert "Best validation accuracy 80.0 % [49.0, 94.3] (n = 10) at epoch 2 of 3" in cnn
    assert "stops improving at epoch 2, the first within one standard error (12.6 points)" in cnn
    assert "+10.0 points at the best epoch, +30.0 at the last." in cnn
    assert "An epoch took 20 s (median of 3; a CPU)." in cnn


def test_accuracy_comes_with_n_interval_twins_weights_readings_and_leaderboard(small):
    cnn, bare = told(small, "accuracy", "cnn", "bare")
    validation = (
        "cnn (synthetic data) on validation: accuracy 80.0 % [49.0, 94.3] of 10 images (95 % "
        "Wilson interval), 77.8 % [45.3, 93.7] of the 9 without an identical twin in its training "
        "data; weights: epoch 2, the best on validation; averaging: none."
    )
    assert cnn.startswith(validation)
    assert "cnn (synthetic data) on test: accuracy 80.0 % [37.6, 96.4] of 5 images" in cnn
    assert "Always saying Happy would be right for 40.0 % of the images of validation." in cnn
    assert "Readings of test so far: 1." in cnn
    assert "Readings of validation" not in cnn
    assert "Noted of the leaderboard: 0.68514 public." in cnn
    assert bare == "bare: no predictions of its best weights are stored."


def test_no_share_is_told_of_no_images(small_with_train):
    [cnn] = told(small_with_train, "accuracy", "cnn")
    assert (
        "cnn (synthetic data) on train: accuracy 100.0 % [83.9, 100.0] of 20 images (95 % Wilson "
        "interval), each of which, or an identical one, is in its training data; weights"
    ) in cnn
    assert "nan" not in cnn


def test_the_epoch_is_that_of_the_answers_though_a_later_one_is_better_now(small_with_train):
    [cnn] = told(small_with_train, "accuracy", "cnn")
    assert "training data; weights: epoch 1 (now the best on validation is epoch 2);" in cnn
    assert "training data; weights: epoch 2, the best on validation;" in cnn


def test_an_ensemble_is_flattered_by_the_choice_of_its_members_epochs(small):
    told_ = "epochs of its members were chosen on the validation images, which flatters it."
    for fact in ("accuracy", "ensemble"):
        [both] = told(small, fact, "both")
        assert told_ in both
    [cnn] = told(small, "accuracy", "cnn")
    assert "The epoch was chosen on the validation images, which flatters it there." in cnn


def test_settings_of_a_loop_of_ones_own_may_be_anything(tmp_path):
    odd = {
        "schedule": "cosine", "warmup": "5 epochs", "augment": "full", "rotate": "10",
        "optimizer": ["sgd"], "normalise": None,
    }  # fmt: skip
    with RunStore.open(tmp_path / "runs.db") as store:
        with store.start_run("own", config=odd) as run:
            run.add_epoch(Epoch(1))
        [own] = told(store, "training", "own")
    assert "schedule cosine; normalisation: null; augmentation: half of the images mirrored" in own


def test_a_student_is_told_with_its_teachers(tmp_path):
    config = {"optimizer": "sgd", "teacher_weight": 0.6, "temperature": 2.0}
    with RunStore.open(tmp_path / "runs.db") as store:
        with store.start_run("big", config={}) as big:
            pass
        for name, teacher in (("student", big.id), ("alone", "")):
            with store.start_run(name, config={**config, "teacher": teacher}) as run:
                run.add_epoch(Epoch(1))
        student, alone = told(store, "training", "student", "alone")
    assert f"taught by big ({big.id}) with 0.6 of the loss, at temperature 2.0; seed 0" in student
    assert "taught" not in alone


def test_a_comparison_tells_sizes_and_the_paired_test(small):
    sizes, test = told(small, "comparison", "cnn", "dnn", "bare")
    assert "cnn (synthetic data): 8,099 parameters, accuracy 80.0 %" in sizes
    # 16135 / 8099
    assert "dnn (synthetic data) has 1.99 times as many parameters as cnn" in sizes
    assert "best epoch on validation" in sizes
    # Three images that one alone gets right, one the other: 2 * (1 + 4) / 16.
    assert "cnn is 20.00 points more accurate than dnn" in test
    assert "the same 10 images; exact McNemar test: p = 0.62" in test
    assert "the data do not tell which one is better" in test
    assert told(small, "comparison", "cnn", "bare") == []


def test_many_pairs_are_counted_rather_than_told(small):
    answers = read_answers(small, ["cnn", "dnn"], split="validation")
    said = comparison.tests(compare_all([*answers, *answers]), "en")
    assert said.count("exact McNemar test:") == 6
    said = comparison.tests(compare_all([*answers, *answers, answers[0]]), "en")
    assert said.startswith(
        "Of the 10 pairs of runs, the data support a difference of accuracy in 0"
    )


def test_before_and_after_tell_what_differs_and_the_difference(small):
    differs, reached, test = told(small, "augmentation_effect", "dnn", "cnn")
    assert "dnn (synthetic data): normalisation mean and deviation of the training" in differs
    assert "augmentation none." in differs
    assert differs.endswith(
        "Settings that differ, in the order dnn (synthetic data) / cnn (synthetic data): augment "
        "(none / shift-flip)."
    )
    assert "cnn (synthetic data): accuracy 80.0 % [49.0, 94.3] of 10 images." in reached
    assert "cnn is 20.00 points more accurate than dnn" in test
    assert told(small, "augmentation_effect", "cnn") == []


def test_confusion_tells_pairs_by_share_and_classes_beside_their_share_of_training(small):
    [cnn] = told(small, "confusion", "cnn", "bare")
    assert "on validation (n = 10; weights: best epoch on validation)" in cnn
    assert "Angry for Happy (1 of 3, 33.3 %), Neutral for Angry (1 of 3, 33.3 %)." in cnn
    assert "most often: Happy (100.0 % [51.0, 100.0], n = 4; 20.0 % of the training images)" in cnn
    assert "least often: Neutral (66.7 % [20.8, 93.9], n = 3; 40.0 % of the training" in cnn
    # Ranks of shares 2.5, 1, 2.5 and of recalls 1.5, 3, 1.5: opposite; of 6 orders all that put
    # the largest or the smallest at the odd one: 2 in 6 reach -1.
    assert "-1.00 (p = 0.33, 3 classes)" in cnn


def test_the_data_are_counted_with_twins_blanks_and_copies(small):
    [data] = told(small, "data", "cnn", "dnn", "bare")
    assert "made-up (synthetic data)" in data
    assert "train 20, validation 10, test 5." in data
    assert "Angry 8 (40.0 %), Disgust 0 (0.0 %)" in data
    assert "Flagged of 35 images: all black 1, almost flat 0, text-like 0." in data
    assert "byte for byte: 1, with 1 images beyond the first of each; labelled with" in data
    assert "more than one class: 0." in data
    assert "Of validation, 1 images (10.0 %) have an identical one in train." in data


def test_saliency_tells_what_is_stored_and_where_regions_are_known_the_shares(small):
    [cnn] = told(small, "saliency", "cnn", "dnn")
    assert "Saliency of 2 images, LIME of 2 images." in cnn
    assert "of the class that the run predicts" in cnn
    # Half of the pixels with 3, half with 1; the blank map does not count.
    assert (
        "Saliency, mean of 1 maps: mouth 75.0 % (50.0 %), rest of the image 25.0 % (50.0 %)" in cnn
    )


def test_lime_tells_fit_and_segments_beside_the_recall(small):
    [cnn] = told(small, "lime", "cnn", "dnn")
    assert "2 images explained; 60 to 64 segments an image; R² of its linear models" in cnn
    assert "0.50 to 0.75, median 0.62" in cnn
    assert "Happy: R² 0.50 (1), found 100.0 % of 4; Neutral: R² 0.75 (1), found 66.7 % of 3" in cnn


def test_filters_tell_dead_ones_duplicates_and_how_fine_they_are(small):
    [cnn] = told(small, "filters", "cnn", "dnn")
    assert "conv1: 3 filters after 20 steps (plain); dead: 1" in cnn
    assert "duplicates (correlation 0.95 or more): 1" in cnn
    assert "8 to 16 px 0.0 %, 4 to 8 px 100.0 %, up to 4 px 0.0 %" in cnn


def test_class_images_tell_how_many_are_taken_for_their_class(small):
    [cnn] = told(small, "class_images", "cnn", "dnn")
    assert "From noise (plain): 6 of 7 are taken for their class" in cnn
    assert "Angry 91.0 %, Disgust 1.0 %, Fear 91.0 %" in cnn


def test_attacks_tell_what_changed_how_little_is_enough_and_the_accuracy_left(small):
    [cnn] = told(small, "adversarial", "cnn", "dnn")
    assert "at most 8 grey levels; the answer to 1 of 2 images of validation changes (best" in cnn
    assert "of 1 images where one does: median 2.5 grey levels, least 2.5, most 2.5." in cnn
    assert "on 10 images of validation (best weights, 95 % Wilson intervals)" in cnn
    assert "80.0 % [49.0, 94.3] at 0, 20.0 % [5.7, 51.0] at 4." in cnn


def test_complexity_tells_sums_and_the_largest_layer_worked_out(small):
    how, cnn = told(small, "complexity", "cnn", "bare")
    assert "multiply-adds for one image" in how
    assert (
        "49,536 multiply-adds, most of one layer in conv1 (83.7 %): 2 × 48 × 48 × 1 × 3 × 3" in cnn
    )
    assert "8,099 parameters (32.4 kB in float32), most of one layer in dense1 (99.7 %)" in cnn
    assert "7 × (1152 + 1) = 8,071." in cnn
    # 3 outputs of 2 x 48 x 48, 3 of 1152 and 7, 4 bytes each
    assert (
        "take 69.1 kB, most of one layer in conv1 (26.7 %): 4 × 2 × 48 × 48 = 18,432 bytes" in cnn
    )


def test_the_arithmetic_of_convolutions_is_worked_out_for_the_runs_own(small):
    formula, cnn = told(small, "arithmetic", "cnn", "dnn")
    assert "(B, floor((W + 2 p1 − k1)/s1) + 1, floor((H + 2 p2 − k2)/s2) + 1, C_out)" in formula
    assert "conv1: kernel (3, 3), stride (1, 1), padding (1, 1): (B, 48, 48, 1) → (B," in cnn
    assert "floor((48 + 2×1 − 3)/1) + 1, 2) = (B, 48, 48, 2)." in cnn
    assert told(small, "arithmetic", "dnn") == []


def test_an_ensemble_tells_its_members_and_the_best_of_them(small):
    [both] = told(small, "ensemble", "cnn", "both")
    assert "combines 2 runs by the mean of their probabilities: cnn (0.50), dnn (0.50)." in both
    # Where they part, the first class of two that are as probable: right for one of four.
    assert "On validation: accuracy 60.0 % [31.3, 83.2] of 10 images" in both
    assert "Its most accurate member alone, of 2 in the store: cnn, 80.0 %" in both


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_a_fact_is_whole_paragraphs_in_both_languages(small, name, language):
    found = told(small, name, "cnn", "dnn", "both", "bare", language=language)
    assert found
    for paragraph in found:
        assert paragraph.strip() == paragraph
        assert "\n" not in paragraph
        assert paragraph.endswith((".", "。"))
        assert not re.search(r"{[a-z_]+[:}]", paragraph)  # a field that was not filled in
        assert "nan" not in paragraph


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_of_a_run_with_nothing_stored_is_no_error(small, name):
    assert all("bare" in each for each in told(small, name, "bare"))
