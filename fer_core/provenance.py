"""What made a stored array of a run, and whether one that is there was made in the same way."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from fer_core.loading import LoadedModel
from fer_core.records import TensorKey, TensorRecord


class Skipped(NamedTuple):
    """What was not done, and why."""

    what: str
    why: str


def wanted_of(loaded: LoadedModel, **decides: Any) -> dict[str, Any]:
    """Return what an array's provenance must say: the weights, and what else decides its values,
    as the store gives it back."""
    found: dict[str, Any] = json.loads(json.dumps(decides))
    return {"checkpoint_sha256": loaded.sha256, **found}


def is_made_with(key: TensorKey, wanted: Mapping[str, Any]) -> bool:
    """Say whether an array's provenance has all these values."""
    return all(key.provenance.get(name) == value for name, value in wanted.items())


def versions_of(loaded: LoadedModel) -> dict[str, str]:
    """Return what a result depends on beside weights, options and seed: networks are looked into
    in float32, whatever they were trained in."""
    return loaded.device.versions() | {"precision": "float32"}


def key_of(record: TensorRecord) -> TensorKey:
    """Return what a record says without its array."""
    return TensorKey(**{each.name: getattr(record, each.name) for each in fields(TensorKey)})
