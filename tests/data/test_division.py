import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.config import RunConfig
from fer_core.data.division import divide
from fer_core.data.holdout import held_out_indices
from fer_core.errors import InputError
from fer_core.records import AUDIT_FLAGS


def config(**values: object) -> RunConfig:
    return RunConfig(preset="p", architecture={}, data="faces", **values)  # type: ignore[arg-type]


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 255)), min_size=30, max_size=60),
    st.sets(st.sampled_from(AUDIT_FLAGS)),
    st.sampled_from(["official", 0.3]),
)
def test_a_division_is_that_of_a_plain_loop(
    images: list[tuple[int, int]], kinds: set[str], validation: str | float
) -> None:
    labels = np.array([label for label, _ in images], np.int8)
    flags = np.array([bits for _, bits in images], np.uint16)
    settings = config(drop=",".join(kinds), validation=validation, seed=5)
    held_out = set()
    if validation == 0.3:
        held_out = set(held_out_indices(labels, 0.3, seed=5).tolist())
    counts = {kind: 0 for kind in AUDIT_FLAGS if kind in kinds}
    dropped = set()
    for index, bits in enumerate(flags.tolist()):
        for kind in counts:
            if index not in held_out and bits & 1 << AUDIT_FLAGS.index(kind):
                counts[kind] += 1
                dropped.add(index)
    if len(images) - len(held_out) - len(dropped) < 2:
        with pytest.raises(InputError, match="drop fewer kinds"):
            divide(settings, labels, lambda: flags)
        return
    found = divide(settings, labels, lambda: flags)
    assert set(found.held_out.tolist()) == held_out
    assert found.dropped.tolist() == sorted(dropped)
    assert list(found.dropped_counts.items()) == list(counts.items())
    assert found.held_out.dtype == found.dropped.dtype == np.int32


def test_without_a_drop_the_flags_are_not_asked_for() -> None:
    def missing() -> np.ndarray:
        raise AssertionError("not stored")

    found = divide(config(), np.zeros(5, np.int8), missing)
    assert (len(found.held_out), len(found.dropped), found.dropped_counts) == (0, 0, {})


def test_an_unlabelled_image_that_is_held_out_is_refused() -> None:
    labels = np.array([0, 0, -1, -1], np.int8)
    flags = np.array([0, 0, 1, 1], np.uint16)
    assert divide(config(drop="black"), labels, lambda: flags).dropped.tolist() == [2, 3]
    with pytest.raises(InputError, match="1 training images of 'faces' have no label"):
        divide(config(drop="black", validation=0.5), labels, lambda: flags)
