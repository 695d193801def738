"""What somebody may change in a shared file to do harm, and what the refusal must say of it."""

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.store.bundles.shared import Tampered

Change = Callable[[Tampered], Any]


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


def one_tensor(shape: list[int], body: bytes) -> Change:
    """Weights that say they are one tensor of 8 bytes."""
    header = {"w": {"dtype": "F32", "shape": shape, "data_offsets": [0, 8]}}
    return weights(safetensors(header, body))


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


def deep(depth: int) -> list[Any]:
    """A list in a list, and so on."""
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


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
    "convolution without a stride": (
        lambda f: f.run["layers"][0]["settings"].pop("stride"),
        "settings.stride is None, not a list",
    ),
    "convolution that stands still": (
        put("layers.0.settings.stride", [1, 0]),
        "stride is .* not above 0",
    ),
    "convolution of three sides": (put("layers.0.settings.kernel", [3, 3, 3]), "3 values, not 2"),
    "convolution in no groups": (put("layers.0.settings.groups", 0), "from 1"),
    "convolution without an output": (put("layers.0.output_shape", []), "the shape of an output"),
    "ensemble of nothing": (put("preset", "ensemble"), "its configuration lacks 'combine'"),
    "ensemble with words for weights": (
        lambda f: f.run.update(
            preset="ensemble",
            config={
                "combine": "mean", "weighting": "equal", "members": {"a": "?"}, "member_ids": {},
            },
        ),
        "members.a is '.', not a number",
    ),
    "configuration without a bottom": (put("config", {"a": deep(40)}), "more than 30 deep"),
    "layer with a text setting": (put("layers.0.settings", {"kernel": "x"}), "not a number"),
    "configuration with a terminal's escape": (
        put("config", {"a": [{"b": "\x1b]0;x\x07"}]}),
        "without control characters",
    ),
    "provenance with half a character": (
        put("tensors.0.provenance", {"\udc00": 1}),
        "without control characters",
    ),
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
        "source .* is float64",
    ),
    "weights of no epoch": (put("checkpoints.last", "d" * 64), "of none of its epochs"),
    "weights that are none": (weights(b"PK\x03\x04"), "no file of weights"),
    "weights with a long header": (weights(safetensors({}, length=2**62)), "header too large"),
    "weights with a shape that lies": (one_tensor([9], b"0" * 8), "no file of weights"),
    "weights that end too early": (one_tensor([2], b"0000"), "no file of weights"),
    "weights that overflow": (one_tensor([2**40] * 2, b"0" * 8), "no file of weights"),
}  # fmt: skip
