"""Files that somebody made to do harm, or that were cut: one line, and the store as it was."""

import dataclasses
import json
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fer_core.errors import InputError
from fer_core.store import RunStore
from tests.store.bundles import shared
from tests.store.bundles.shared import Tampered

Change = Callable[[Tampered], Any]


@pytest.fixture
def refused(empty: RunStore, tmp_path: Path) -> Callable[[Path], str]:
    """Import a file that must be refused; return the line that says why."""

    def import_(path: Path) -> str:
        before = shared.content(empty.path), shared.files(empty.folder)
        with pytest.raises(InputError) as error:
            empty.import_runs(path)
        assert (shared.content(empty.path), shared.files(empty.folder)) == before
        assert {each.name for each in empty.folder.iterdir()} <= {
            "runs.db", "runs.db-wal", "runs.db-shm", "datasets",
        }  # fmt: skip
        assert not list((empty.folder / "datasets").glob("*"))
        assert not list(tmp_path.glob("outside*"))
        line = str(error.value)
        assert "\n" not in line
        assert line.isprintable()
        assert line.startswith(f"{path}: ")
        assert len(line) < 600
        return line

    return import_


def labels(value: int) -> Change:
    def change(file: Tampered) -> None:
        split = file.data["splits"][2]
        array = file.array(split["labels"]).copy()
        array[3] = value
        split["labels"] = file.put_array(array)

    return change


def probabilities(change: Callable[[np.ndarray], Any]) -> Change:
    def replace(file: Tampered) -> None:
        prediction = file.run["predictions"][0]
        array = file.array(prediction["array"]).copy()
        replaced = change(array)
        prediction["array"] = file.put_array(array if replaced is None else replaced)

    return replace


def weights(content: bytes) -> Change:
    def change(file: Tampered) -> None:
        sha256 = file.put(content, folder="weights/{}.safetensors")
        file.run["checkpoints"] = {"last": sha256}
        file.run["epochs"][-1]["weights_sha256"] = sha256

    return change


def safetensors(header: dict[str, Any], body: bytes = b"", length: int | None = None) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def objects(file: Tampered) -> str:
    """An array of Python objects, whose reading would run code; return its hash."""
    body = b"\x80\x04N."
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
    blob = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body
    return file.put(blob, dtype="|O", shape=[1])


def entry(file: Tampered, sha256: str) -> dict[str, Any]:
    return next(each for each in file.manifest["members"] if each["sha256"] == sha256)


def swap_bytes(file: Tampered) -> None:
    name = next(name for name in file.members if name.startswith("arrays/"))
    content = bytearray(file.members[name])
    content[-1] ^= 1
    file.members[name] = bytes(content)


def put(part: str, value: Any) -> Change:
    """Replace a value in the manifest's first run: ``layers.0.type``."""

    def change(file: Tampered) -> None:
        *path, last = part.split(".")
        place: Any = file.run
        for step in path:
            place = place[int(step) if step.isdigit() else step]
        place[int(last) if last.isdigit() else last] = value

    return change


def put_data(part: str, value: Any) -> Change:
    return lambda file: file.data.__setitem__(part, value)


CHANGED: dict[str, tuple[Change, str]] = {
    "another hash": (swap_bytes, "SHA-256"),
    "newer form": (lambda f: f.manifest.update(form=2), "newer FER Lab.*update FER Lab"),
    "no form": (lambda f: f.manifest.pop("form"), "lacks 'form'"),
    "form of another type": (lambda f: f.manifest.update(form="1"), "form is '1'"),
    "unknown key": (lambda f: f.manifest.update(code="x"), "unknown 'code'"),
    "wrong size": (lambda f: f.manifest["members"][0].update(size=1), "bytes, not 1"),
    "huge size": (lambda f: f.manifest["members"][0].update(size=10**15), "bytes, not 10000"),
    "wrong dtype": (
        lambda f: entry(f, f.run["predictions"][0]["array"]).update(dtype="<f8"),
        "is <f4 .* not <f8",
    ),
    "wrong shape": (
        lambda f: entry(f, f.run["predictions"][0]["array"]).update(shape=[7, 4]),
        r"not <f4 \(7, 4\)",
    ),
    "member missing": (lambda f: f.members.pop(next(iter(f.members))), "it lacks"),
    "member unlisted": (lambda f: f.manifest["members"].pop(), "its manifest lacks"),
    "member listed twice": (
        lambda f: f.manifest["members"].append(f.manifest["members"][0]),
        "twice",
    ),
    "reference to nothing": (put("predictions.0.array", "0" * 64), "not among its members"),
    "object array": (lambda f: put("tensors.0.array", objects(f))(f), "not a plain type"),
    "object array that says it is none": (
        lambda f: (
            put("tensors.0.array", objects(f))(f),
            f.manifest["members"][-1].update(dtype="<f4"),
        ),
        "no plain array",
    ),
    "array of nothing": (
        lambda f: put("tensors.0.array", f.put(b"", dtype="<f4", shape=[0]))(f),
        "no plain array",
    ),
    "array that claims more": (
        lambda f: put(
            "tensors.0.array",
            f.put(
                b"\x93NUMPY\x01\x00F\x00"
                + b"{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999,), }\n".ljust(70),
                dtype="<f4",
                shape=[9999999999],
            ),
        )(f),
        "no plain array",
    ),
    "not a number": (
        probabilities(lambda a: a.__setitem__((0, 0), np.nan)),
        "not all finite and positive",
    ),
    "negative": (probabilities(lambda a: a.__setitem__((0, 0), -0.5)), "finite and positive"),
    "rows that do not sum to 1": (probabilities(lambda a: a * np.float32(2)), "sum to 2"),
    "float64 probabilities": (probabilities(lambda a: a.astype(float)), "float64"),
    "too few rows": (probabilities(lambda a: a[:-1]), r"float32 \(3, 7\)"),
    "six classes": (probabilities(lambda a: a[:, :6]), r"\(4, 6\)"),
    "label too large": (labels(7), "labels go from .* to 7"),
    "label too small": (labels(-2), "labels go from -2"),
    "other labels": (labels(6), "images are not those of its fingerprint"),
    "groups that would fill the memory": (
        lambda f: f.data["splits"][0].update(groups=f.put_array(np.full(40, 2**30, np.int32))),
        "groups go from",
    ),
    "labels of another split": (
        lambda f: f.data["splits"][0].update(labels=f.data["splits"][1]["labels"]),
        "labels are int8",
    ),
    "images of some splits": (
        lambda f: f.data["splits"][0].update(images=None),
        "images of some splits only",
    ),
    "another fingerprint": (
        lambda f: (put_data("fingerprint", "a" * 64)(f), put("dataset", "a" * 64)(f),
                   f.manifest["runs"][1].update(dataset="a" * 64)),
        "another fingerprint",
    ),
    "held out beyond train": (
        lambda f: put("held_out", f.put_array(np.array([40], np.int32)))(f),
        "go from 40",
    ),
    "held out of another type": (
        lambda f: put("held_out", f.put_array(np.array([4], np.int64)))(f),
        "int64",
    ),
    "held out twice": (
        lambda f: put("held_out", f.put_array(np.array([4, 4], np.int32)))(f),
        "twice",
    ),
    "other held out": (
        lambda f: put("held_out", f.put_array(np.array([4, 5, 6, 7], np.int32)))(f),
        "held-out images are not those",
    ),
    "prediction of another split": (put("predictions.0.split", "moon"), "no split 'moon'"),
    "prediction of other images": (put("predictions.0.fingerprint", "b" * 64), "other images"),
    "prediction of other weights": (put("predictions.0.weights", "worst"), "not best, last"),
    "two of a key": (
        lambda f: f.run["predictions"].append(f.run["predictions"][0]),
        "two arrays with one key",
    ),
    "id that climbs": (put("id", "../../outside"), "not a run's id"),
    "id that is absolute": (put("id", "/tmp/outside"), "not a run's id"),
    "id with other digits": (put("id", "٢٦٠١٠١-١٢٠٠٠٠-abcd"), "not a run's id"),
    "id with a line break": (put("id", "260101-120000-abcd\n"), "not a run's id"),
    "id twice": (
        lambda f: f.manifest["runs"][1].update(id=f.run["id"], name="other"),
        "twice",
    ),
    "fingerprint that climbs": (put_data("fingerprint", "../outside"), "not a SHA-256"),
    "split that climbs": (
        lambda f: f.data["splits"][0].update(name="../../outside"),
        "not a split's name",
    ),
    "checkpoint that climbs": (
        lambda f: f.run["checkpoints"].update({"../../outside": "0" * 64}),
        "not best, last or epoch-N",
    ),
    "markup in a name": (put("name", "<script>alert(1)</script>"), "without markup"),
    "a picture in a name": (put("name", "![x](http://a.example/x.png)"), "without markup"),
    "markup in a data set's name": (put_data("name", "<img src=x>"), "without markup"),
    "markup in a tag": (put("tags", ["<b>x</b>"]), "without markup"),
    "a name that is an option": (put("name", "--yes"), "looks like an option"),
    "a name with a terminal's escape": (put("name", "a\x1b[2Jb"), "control character"),
    "a name of 81 characters": (put("name", "x" * 81), "81 characters"),
    "a name that is a number": (put("name", 5), "is 5, not a text"),
    "a note with an escape": (put("note", "a\x1b[2J"), "control character"),
    "half a character": (put("preset", "\ud800"), "control character"),
    "layers that are a text": (put("layers", "conv"), "not a list"),
    "layer without a type": (lambda f: f.run["layers"][0].pop("type"), "lacks 'type'"),
    "layer with a text for a size": (put("layers.0.output_shape", ["4", 2]), "a whole number"),
    "layer with a negative size": (put("layers.0.output_shape", [-4]), "a whole number"),
    "layer with a text setting": (put("layers.0.settings", {"kernel": "x"}), "not a number"),
    "configuration that is a list": (put("config", []), "not a table"),
    "configuration of a network that is none": (
        put("config", {"architecture": {"family": "sequential"}, "epochs": "many"}),
        "its configuration is none",
    ),
    "versions that are numbers": (put("versions", {"torch": 2}), "not a text"),
    "seed beyond SQLite": (put("seed", 2**63), "not a whole number"),
    "truth for a number": (put("parameters", True), "not a whole number"),
    "epoch 0": (put("epochs.0.epoch", 0), "from 1"),
    "epochs of one number": (put("epochs.1.epoch", 1), "1 twice"),
    "accuracy of 2": (put("epochs.0.train_accuracy", 2), "from 0 to 1"),
    "loss that is no number": (put("epochs.0.train_loss", float("nan")), "not a number"),
    "infinite seconds": (put("epochs.0.seconds", float("inf")), "not a number"),
    "a time far away": (put("created_at", 1e300), "from 0 to"),
    "a status of its own": (put("status", "running"), "not one of finished"),
    "a data set that it lacks": (put("dataset", "c" * 64), "the file lacks"),
    "predictions of no data": (put("dataset", None), "of no data set"),
    "an own source that is no text": (
        lambda f: put("tensors.0.array", f.put_array(np.zeros((2, 2))))(f),
        "its source is float64",
    ),
    "weights of no epoch": (put("checkpoints.last", "d" * 64), "of none of its epochs"),
    "weights that are none": (weights(b"PK\x03\x04"), "no file of weights"),
    "weights with a header too long": (weights(safetensors({}, length=2**62)), "header too large"),
    "weights with a shape that lies": (
        weights(safetensors({"w": {"dtype": "F32", "shape": [9], "data_offsets": [0, 8]}}, b"0" * 8)),
        "no file of weights",
    ),
    "weights with offsets beyond the end": (
        weights(safetensors({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, b"0000")),
        "no file of weights",
    ),
    "weights with a size that overflows": (
        weights(
            safetensors({"w": {"dtype": "F32", "shape": [2**40] * 2, "data_offsets": [0, 8]}}, b"0" * 8)
        ),
        "no file of weights",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGED)
def test_a_changed_file_is_refused(what, whole, refused, tmp_path):
    change, told = CHANGED[what]
    file = Tampered(whole)
    change(file)
    line = refused(file.write(tmp_path / "changed.ferlab"))
    assert re.search(told, line), line


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../outside.npy", "no such file has"),
        ("/tmp/outside.npy", "no such file has"),
        ("arrays/../../outside.npy", "no such file has"),
        ("arrays\\outside.npy", "no such file has"),
        ("C:outside.npy", "no such file has"),
        ("arrays/", "no such file has"),
        (f"arrays/{'a' * 64}.npy\x00.png", "no such file has"),
        (f"arrays/{'A' * 64}.npy", "no such file has"),
        ("<b>x</b>", "no such file has"),
        (f"arrays/{'a' * 64}.npy", "its manifest lacks"),
    ],
)
def test_a_member_with_another_name_is_refused(name, told, whole, refused, tmp_path):
    def add(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("x")
        info.filename = name  # as written: the constructor would clean it
        archive.writestr(info, b"x")

    assert told in refused(Tampered(whole).write(tmp_path / "named.ferlab", change=add))


def test_a_link_is_refused(whole, refused, tmp_path):
    add = shared.link(f"arrays/{'a' * 64}.npy", "/etc/passwd")
    path = Tampered(whole).write(tmp_path / "link.ferlab", change=add)
    assert "a link or a folder" in refused(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("of", ["manifest.json", "arrays"])
def test_a_name_twice_is_refused(of, whole, refused, tmp_path):
    name = next(each for each in [*Tampered(whole).members, "manifest.json"] if of in each)
    path = Tampered(whole).write(
        tmp_path / "twice.ferlab", change=lambda archive: archive.writestr(name, b"{}")
    )
    assert "twice" in refused(path)


def test_a_bomb_is_refused_before_it_is_read(whole, refused, tmp_path):
    bomb = Tampered(whole)
    bomb.members[f"arrays/{'a' * 64}.npy"] = bytes(50_000_000)
    path = bomb.write(tmp_path / "bomb.ferlab", compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1_000_000
    assert "is compressed" in refused(path)


def test_members_that_lie_over_each_other_are_refused(whole, refused, tmp_path):
    """Without compression a bomb needs many entries for one place."""
    path = tmp_path / "overlap.ferlab"
    size = 1_000_000
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", b"{}")
        archive.writestr(f"arrays/{0:064x}.npy", bytes(size))
        first = archive.getinfo(f"arrays/{0:064x}.npy")
        for number in range(1, 100):
            info = zipfile.ZipInfo(f"arrays/{number:064x}.npy")
            info.header_offset, info.CRC = first.header_offset, first.CRC
            info.compress_size = info.file_size = size
            archive.filelist.append(info)
    assert "claim more than" in refused(path)


def test_a_size_that_lies_is_refused(whole, refused, tmp_path):
    content = bytearray(whole.read_bytes())
    place = content.rfind(b"PK\x01\x02")
    struct.pack_into("<II", content, place + 20, 2**31, 2**31)
    (tmp_path / "size.ferlab").write_bytes(content)
    assert "claim" in refused(tmp_path / "size.ferlab")


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 200_000, b"1" * 9_999]
)
def test_a_manifest_that_is_none_is_refused(text, refused, tmp_path):
    path = tmp_path / "manifest.ferlab"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", text)
    assert "manifest" in refused(path)


def test_no_file_at_all_and_files_of_other_kinds(refused, tmp_path):
    assert "no such file" in refused(tmp_path / "none.ferlab")
    assert "no such file" in refused(tmp_path)
    for name, content in (("empty", b""), ("text", b"hello"), ("npy", b"\x93NUMPY\x01\x00")):
        path = tmp_path / f"{name}.ferlab"
        path.write_bytes(content)
        assert "no file of shared runs" in refused(path)
    with zipfile.ZipFile(tmp_path / "other.ferlab", "w") as archive:
        archive.writestr("manifest.csv", "x")
    assert "no such file has" in refused(tmp_path / "other.ferlab")


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
    try:
        empty.import_runs(tmp_path / "bytes.ferlab")
    except InputError as error:
        assert "\n" not in str(error)
    else:
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
    try:
        done = empty.import_runs(tmp_path / "value.ferlab")
    except InputError as error:
        assert "\n" not in str(error)
        return
    for run in done.runs:
        assert dataclasses.asdict(empty.details(run.id))
        assert len(empty.histories([run.id])[run.id]) == empty.run(run.id).epochs
        empty.delete(run.id)
