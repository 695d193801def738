"""Arrays that figures read are refused unless they are what figures take them for."""

import re
from typing import Any

import numpy as np
import pytest

from fer_core.records import (
    ADVERSARIAL,
    EXPLANATION,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    KERNELS,
    SEGMENT_WEIGHTS,
    SEGMENTS,
)
from fer_core.store.bundles.checking import BadFile
from fer_core.store.bundles.known_arrays import check_tensor
from tests.store.bundles.shared import ASCENT, ATTACKED, EXPLAINED, PREVIEW, Tampered

FACE = np.zeros((48, 48), np.float32)


@pytest.mark.parametrize(
    ("kind", "array", "told"),
    [
        (EXPLANATION, FACE[:47], r"float32 \(47, 48\), which is not of its kind \(48 × 48\)"),
        (EXPLANATION, FACE.astype(np.int64), "int64"),
        (SEGMENTS, np.full((48, 48), -1, np.int16), "has the segment -1"),
        (SEGMENTS, np.full((48, 48), 64, np.int16), "segment 64 with the weights of 64"),
        (SEGMENT_WEIGHTS, np.zeros(0), "not of its kind"),
        (FILTERS, np.zeros((3, 1, 48, 48)), "its provenance has 2 filters"),
        (FILTER_ACTIVATIONS, np.zeros((2, 2)), "its provenance has 1 steps"),
        (FILTER_SIMILARITY, np.eye(3), "of 3 filters of 'conv1', of which it has filter 3"),
        (FILTER_SIMILARITY, np.zeros((4, 5)), "not square"),
        (KERNELS, np.zeros((4, 0, 3, 3)), "not of its kind"),
        (ADVERSARIAL, np.zeros((3, 48, 48), np.float32), "not of its kind"),
    ],
)
def test_an_array_of_another_form_is_refused(kind, array, told, whole, refused, tmp_path):
    file = Tampered(whole)
    tensor = next(each for each in file.run["tensors"] if each["kind"] == kind)
    tensor["array"] = file.put_array(array)
    line = refused(file.write(tmp_path / "changed.ferlab"))
    assert re.search(told, line), line


@pytest.mark.parametrize(
    ("kind", "key", "value", "told"),
    [
        (EXPLANATION, "predicted", None, "predicted is None, not one of Angry"),
        (EXPLANATION, "probability", "9" * 9, "probability is '999999999', not a number"),
        (EXPLANATION, "options", ["a"], "options is .* not a table"),
        (EXPLANATION, "extras", {"r2": "x"}, "r2 is 'x', not a number"),
        (FILTERS, "filters", [0], "its provenance has 1 filters"),
        (FILTERS, "filters", [0, -3], "filters.1. is -3"),
        (ADVERSARIAL, "before", [0.5, 0.5], "before has 2 values, not 7"),
        (ADVERSARIAL, "epsilon", 10**400, "epsilon is 1000.*, not a number"),
    ],
)
def test_a_provenance_that_says_something_else_is_refused(
    kind, key, value, told, whole, refused, tmp_path
):
    file = Tampered(whole)
    tensor = next(each for each in file.run["tensors"] if each["kind"] == kind)
    tensor["provenance"][key] = value
    assert re.search(told, line := refused(file.write(tmp_path / "changed.ferlab"))), line
    del tensor["provenance"][key]
    assert f"its provenance lacks '{key}'" in refused(file.write(tmp_path / "less.ferlab"))


@pytest.mark.parametrize("sample", ["", "test", "test:99", "moon:1", "test:-1", "test:1x"])
def test_a_map_of_an_image_that_is_not_there_is_refused(sample, whole, refused, tmp_path):
    file = Tampered(whole)
    tensor = next(each for each in file.run["tensors"] if each["kind"] == EXPLANATION)
    tensor["sample"] = sample
    told = refused(file.write(tmp_path / "changed.ferlab"))
    assert "is of an image that the data set lacks" in told


def test_a_preview_of_another_form_is_refused(whole, refused, tmp_path):
    file = Tampered(whole)
    [tensor] = file.data["tensors"]
    tensor["provenance"]["settings"] = {}
    assert "settings lacks 'rotate'" in refused(file.write(tmp_path / "settings.ferlab"))
    tensor["provenance"] = PREVIEW
    tensor["array"] = file.put_array(np.zeros((2, 2, 3, 48, 48), np.uint8))
    assert "its provenance has 1 kinds" in refused(file.write(tmp_path / "kinds.ferlab"))


def test_what_a_diverged_run_has_stored_is_taken():
    said: dict[str, Any] = {**ATTACKED, "before": [float("nan")] * 7}
    for kind, array, provenance in (
        (EXPLANATION, FACE * np.nan, EXPLAINED),
        (ADVERSARIAL, np.stack([FACE, FACE * np.nan]), said),
        (FILTERS, np.full((2, 1, 48, 48), np.nan), ASCENT),
    ):
        tensor = {"kind": kind, "method": "saliency", "layer": "", "sample": "test:1"}
        check_tensor({**tensor, "provenance": provenance}, array, {"test": 2}, "run")
    with pytest.raises(BadFile, match="data set lacks"):
        check_tensor({**tensor, "kind": EXPLANATION, "provenance": EXPLAINED}, FACE, {}, "run")
