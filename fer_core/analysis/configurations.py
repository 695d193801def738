"""What differs between the configurations of runs, and which runs differ by their seed only."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fer_core.config import RunConfig

MISSING = "–"  # a setting that a configuration does not have
# `sources` says where a setting comes from; the teachers' hashes belong to their ids.
_DECIDES_NOTHING = ("sources", "teacher_sha256")
_FIELDS = dataclasses.fields(RunConfig)
_DEFAULTS = {each.name: each.default for each in _FIELDS if each.default is not dataclasses.MISSING}
_NEEDED = {each.name for each in _FIELDS} - {*_DEFAULTS, *_DECIDES_NOTHING}


def configuration_difference(
    configs: Sequence[Mapping[str, Any]],
    *,
    ignore: Sequence[str] = (),
    everything: bool = False,
) -> dict[str, tuple[Any, ...]]:
    """Return the settings that are not the same in all R configurations, with their R values.

    Settings in tables are named with dots (``architecture.family``), those in lists of equal
    length by their place from 1 (``architecture.layers.3.conv``); lists of different lengths
    differ as a whole. In the order of their first appearance. ignore: settings left out, as
    ``seed``; everything: those that are the same in all as well. A value is MISSING where a
    configuration lacks it, but a run of ours that is older than a setting has its default.
    """
    left_out = (*_DECIDES_NOTHING, *ignore)
    kept = [
        {key: value for key, value in _completed(each).items() if key not in left_out}
        for each in configs
    ]
    return _differences("", kept, everything)


def seed_groups(
    configs: Sequence[Mapping[str, Any]], seeds: Sequence[int]
) -> list[tuple[int, ...]]:
    """Return the places of configurations that are the same but for their seed, G groups in the
    order of their first member.

    A second run of the same seed is no further one, and an empty configuration says nothing:
    each of them is a group of its own.
    """
    groups: dict[str, list[int]] = {}
    for place, (config, seed) in enumerate(zip(configs, seeds, strict=True)):
        rest = {k: v for k, v in _completed(config).items() if k not in (*_DECIDES_NOTHING, "seed")}
        key = json.dumps(rest, sort_keys=True, default=str)
        if not rest or seed in [seeds[other] for other in groups.get(key, ())]:
            key = f"alone {place}"
        groups.setdefault(key, []).append(place)
    return [tuple(group) for group in groups.values()]


def _completed(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add what a run of ours did before there was a setting for it; not to other people's."""
    ours = _NEEDED <= {*config} <= {each.name for each in _FIELDS}
    return {**config, **{k: v for k, v in _DEFAULTS.items() if k not in config}} if ours else config


def _differences(name: str, values: Sequence[Any], everything: bool) -> dict[str, tuple[Any, ...]]:
    known = [value for value in values if value is not MISSING]
    if known and all(isinstance(value, Mapping) for value in known):
        if len(known) < len(values):
            return {name: tuple(values)}
        keys = dict.fromkeys(key for value in values for key in value)
        parts = {key: [value.get(key, MISSING) for value in values] for key in keys}
    elif (
        all(isinstance(value, (list, tuple)) for value in values)
        and len({len(value) for value in values}) == 1
    ):
        parts = {str(n): list(each) for n, each in enumerate(zip(*values, strict=True), 1)}
    else:
        same = not everything and all(value == values[0] for value in values)
        return {} if same else {name: tuple(values)}
    found: dict[str, tuple[Any, ...]] = {}
    for key, part in parts.items():
        found |= _differences(f"{name}.{key}" if name else key, part, everything)
    return found
