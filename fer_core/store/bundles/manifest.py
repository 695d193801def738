"""What `manifest.json` of a shared file holds, and the check that it does.

Within configurations and provenances, which may hold anything, it is JSON as Python writes it,
with NaN and Infinity; everywhere else numbers are finite.
"""

import json
import re
from typing import Any

from fer_core.config import RunConfig
from fer_core.errors import InputError
from fer_core.records import ENSEMBLE, FAILED, FINISHED, INTERRUPTED
from fer_core.store import codec
from fer_core.store.bundles.checking import (
    BadFile,
    boolean,
    fail,
    fields,
    having,
    line,
    listed,
    mapped,
    matching,
    moment,
    name,
    number,
    one_of,
    optional,
    several,
    table,
    text,
    whole,
)
from fer_core.store.names import NAME_LENGTH, NOTE_LENGTH, TAG_LENGTH, clean_note

FORM = 1
NAME = "manifest.json"
MEMBER_NAME = re.compile(r"arrays/[0-9a-f]{64}\.npy|weights/[0-9a-f]{64}\.safetensors")

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SHA256 = matching("[0-9a-f]{64}", "a SHA-256")
_CHECKPOINT = matching("best|last|epoch-[1-9][0-9]{0,8}", "best, last or epoch-N")
_SHARE = number(0, 1)


def _note(value: Any, where: str) -> str:
    if not isinstance(value, str) or len(value) > NOTE_LENGTH:
        raise fail(where, value, f"a text of at most {NOTE_LENGTH:,} characters")
    try:
        return clean_note(value)
    except InputError as error:
        raise BadFile(f"{where}: {str(error).partition(';')[0]}") from None


def _sample_name(value: Any, where: str) -> str:
    """What the source called an image: any text of one line, as it is never part of a path."""
    if not isinstance(value, str) or len(value) > 1000 or _UNPRINTABLE.search(value):
        raise fail(where, value, "a text of one line")
    return value


def _setting(value: Any, where: str) -> Any:
    return (listed(number()) if isinstance(value, list) else number())(value, where)


_MEMBER = fields(
    {
        "name": matching(MEMBER_NAME.pattern, "the name of an array or of weights"),
        "size": whole(),
        "sha256": _SHA256,
        "dtype": optional(matching("[<|>][biufcSU][0-9]{1,9}", "a plain type")),
        "shape": optional(listed(whole())),
    }
)
_LAYER_FIELDS = fields(
    {
        **dict.fromkeys(("name", "path", "type"), text),
        "output_shape": listed(whole()),
        **dict.fromkeys(("parameters", "trainable", "non_trainable", "operations"), whole()),
        "input_shape": listed(whole()),
        "settings": mapped(line, _setting),
    }
)
_PAIR = several(number(), 2)


def _layer(value: Any, where: str) -> dict[str, Any]:
    """A layer whose costs and shapes can be worked out from its settings."""
    layer = _LAYER_FIELDS(value, where)
    settings, where = layer["settings"], f"{where}.settings"
    for setting in ("rate", "slope"):
        if setting in settings:
            number()(settings[setting], f"{where}.{setting}")
    if "groups" in settings:
        whole(1)(settings["groups"], f"{where}.groups")
    if settings and len(layer["input_shape"]) == 3 and _is_convolution(layer):
        for setting in ("kernel", "stride", "padding", "dilation"):
            pair = _PAIR(settings.get(setting), f"{where}.{setting}")
            if setting == "stride" and not min(pair) > 0:
                raise fail(f"{where}.stride", pair, "above 0")
    counted = _is_convolution(layer) or "Norm" in layer["type"] or layer["type"] == "Linear"
    if counted and not layer["output_shape"]:
        raise fail(f"{where.removesuffix('.settings')}.output_shape", [], "the shape of an output")
    return layer


def _is_convolution(layer: dict[str, Any]) -> bool:
    return layer["type"].startswith("Conv") or "groups" in layer["settings"]


_EPOCH = fields(
    {
        "epoch": whole(1),
        "train_loss": optional(number()),
        "train_accuracy": optional(_SHARE),
        "validation_loss": optional(number()),
        "validation_accuracy": optional(_SHARE),
        "seconds": optional(number()),
        "learning_rate": optional(number()),
        "weights_sha256": optional(_SHA256),
    }
)
_JUDGED = {
    "split": line,
    "weights": matching("best|last|average|epoch-[1-9][0-9]{0,8}", "best, last, average, epoch-N"),
    "averaging": line,
    "checkpoint_sha256": text,
}
_PREDICTIONS = fields(
    {**_JUDGED, "epoch": whole(), "fingerprint": text, "array": _SHA256, "created_at": moment}
)
_KEY = {**dict.fromkeys(("method", "layer", "sample", "target", "weights"), text), "kind": line}
_TENSOR = fields({**_KEY, "provenance": table, "array": _SHA256, "created_at": moment})
_RUN = fields(
    {
        "id": matching("[0-9]{6}-[0-9]{6}-[0-9a-f]{4}", "a run's id"),
        "name": name("run's name", NAME_LENGTH),
        "preset": text,
        "status": one_of(FINISHED, INTERRUPTED, FAILED),
        "dataset": optional(_SHA256),
        "seed": whole(-(2**63)),
        "parameters": whole(),
        "epochs_planned": whole(),
        "created_at": moment,
        "updated_at": moment,
        "tags": listed(name("tag", TAG_LENGTH), different="="),
        "note": _note,
        "leaderboard_public": optional(_SHARE),
        "leaderboard_private": optional(_SHARE),
        "config": table,
        "layers": listed(_layer),
        "versions": mapped(line, text),
        "device": text,
        "held_out": optional(_SHA256),
        "held_out_fingerprint": text,
        "dropped": optional(_SHA256),
        "dropped_counts": optional(mapped(line, whole())),
        "epochs": listed(_EPOCH, different="epoch"),
        "predictions": listed(_PREDICTIONS),
        "tensors": listed(_TENSOR),
        "test_readings": listed(fields({**_JUDGED, "read_at": moment})),
        "checkpoints": mapped(_CHECKPOINT, _SHA256),
    }
)
_ENSEMBLE = having(
    {
        "combine": line,
        "weighting": line,
        "members": mapped(line, number(0)),
        "member_ids": mapped(line, line),
    }
)
_SPLIT = fields(
    {
        "name": matching("[A-Za-z0-9][A-Za-z0-9_-]{0,127}", "a split's name"),
        "fingerprint": _SHA256,
        "names": listed(_sample_name),
        **dict.fromkeys(("labels", "groups", "near", "flags"), _SHA256),
        "images": optional(_SHA256),
        "regions": optional(_SHA256),
    }
)
_DATASET = fields(
    {
        "name": name("data set's name", NAME_LENGTH),
        "fingerprint": _SHA256,
        "form": line,
        "synthetic": boolean,
        "created_at": moment,
        "splits": listed(_SPLIT, different="name"),
        "tensors": listed(
            fields(
                {
                    "kind": line,
                    "sample": text,
                    "provenance": table,
                    "array": _SHA256,
                    "created_at": moment,
                }
            )
        ),
    }
)
_MANIFEST = fields(
    {
        "form": whole(1),
        "members": listed(_MEMBER, different="name"),
        "datasets": listed(_DATASET, different="fingerprint"),
        "runs": listed(_RUN, different="id"),
    }
)


def encode(manifest: dict[str, Any]) -> bytes:
    """Return the manifest as JSON; BadFile for what `decode` would refuse."""
    text = codec.to_json(manifest)  # keys keep their order, which displays follow
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise BadFile(f"a text in it is damaged ({error.reason})") from None
    decode(content)
    return content


def decode(content: bytes) -> dict[str, Any]:
    """Return the checked manifest; BadFile when it is of a newer form or not as it should be."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        reason = (str(error).splitlines() or ["nested too deep"])[0]
        raise BadFile(f"its {NAME} is no JSON ({reason[:80]})") from None
    form = found.get("form") if isinstance(found, dict) else None
    if type(form) is int and form > FORM:
        raise BadFile(f"it was written by a newer FER Lab (form {form}, this one reads {FORM})")
    return _checked(found)


def _checked(manifest: Any) -> dict[str, Any]:
    found = _MANIFEST(manifest, "the manifest")
    fingerprints = {each["fingerprint"] for each in found["datasets"]}
    for run in found["runs"]:
        where = f"run {run['name']!a}"
        if run["dataset"] is not None and run["dataset"] not in fingerprints:
            raise BadFile(f"{where} is of a data set that the file lacks")
        if run["dataset"] is None and (run["held_out"] or run["dropped"] or run["predictions"]):
            raise BadFile(f"{where} has predictions or left out images of no data set")
        _check_keys(run["predictions"], ("split", "weights", "averaging"), where)
        _check_keys(run["tensors"], tuple(_KEY), where)
        _check_config(run, where)
        _check_checkpoints(run, where)
    names = [run["name"] for run in found["runs"]]
    if len(set(names)) < len(names):
        raise BadFile("two of its runs have one name")
    return found


def _check_keys(records: list[dict[str, Any]], key: tuple[str, ...], where: str) -> None:
    keys = [tuple(record[part] for part in key) for record in records]
    if len(set(keys)) < len(keys):
        raise BadFile(f"{where} has two arrays with one key")


def _check_config(run: dict[str, Any], where: str) -> None:
    """A loop of one's own may keep anything; what was trained or combined here must be a
    configuration."""
    if run["preset"] == ENSEMBLE:
        _ENSEMBLE(run["config"], f"{where}: its configuration")
    if not run["preset"] or run["preset"] == ENSEMBLE or "architecture" not in run["config"]:
        return
    try:
        RunConfig.from_dict(run["config"])
    except (InputError, TypeError, ValueError) as error:
        reason = (str(error).splitlines() or ["?"])[0]
        raise BadFile(f"{where}: its configuration is none ({reason[:200]})") from None


def _check_checkpoints(run: dict[str, Any], where: str) -> None:
    hashes = {epoch["epoch"]: epoch["weights_sha256"] for epoch in run["epochs"]}
    for checkpoint, sha256 in run["checkpoints"].items():
        kept = checkpoint.removeprefix("epoch-")
        of = [hashes.get(int(kept))] if kept.isdigit() else list(hashes.values())
        if sha256 not in of:
            raise BadFile(f"{where}: its {checkpoint} weights are of none of its epochs")
