"""Files that are cut or changed anywhere: refused in one line, or taken as they say."""

import dataclasses
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fer_core.errors import InputError
from fer_core.store import RunStore
from fer_core.store.bundles import ImportedRun
from tests.store.bundles.shared import Tampered


def attempt(store: RunStore, file: Path) -> tuple[ImportedRun, ...]:
    """Import a file; return its runs, none where it is refused in one line."""
    try:
        return store.import_runs(file).runs
    except InputError as error:
        line = str(error)
    assert "\n" not in line
    return ()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 0.9999))
def test_a_file_that_is_cut_off_is_refused(share, whole, refused, tmp_path):
    content = whole.read_bytes()
    (tmp_path / "cut.ferlab").write_bytes(content[: int(share * len(content))])
    refused(tmp_path / "cut.ferlab")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_with_other_bytes_is_refused_or_the_same(data, whole, empty, tmp_path):
    """Whatever byte is changed: nothing but an InputError, and nothing but the runs come in."""
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    (tmp_path / "bytes.ferlab").write_bytes(content)
    attempt(empty, tmp_path / "bytes.ferlab")
    for run in empty.runs():
        empty.delete(run.id)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_manifest_with_another_value_anywhere_is_refused_or_taken(data, whole, empty, tmp_path):
    """Whatever value is replaced by whatever JSON: an InputError, or runs that can be read."""
    file = Tampered(whole)
    place: Any = file.manifest
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    simple = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    place[key] = data.draw(simple | st.lists(simple, max_size=2) | st.just({"a": 1}))
    file.write(tmp_path / "value.ferlab")
    for run in attempt(empty, tmp_path / "value.ferlab"):
        assert dataclasses.asdict(empty.details(run.id))
        assert len(empty.histories([run.id])[run.id]) == empty.run(run.id).epochs
        empty.delete(run.id)
