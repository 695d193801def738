"""Presets: an architecture and a recipe in one TOML file each."""

import tomllib
from pathlib import Path
from typing import Any

from fer_core.config import RunConfig
from fer_core.errors import InputError
from fer_core.models.own import is_own, own_preset, own_preset_name

_FOLDER = Path(__file__).parent / "presets"
_RECIPE_FREE = {"preset", "architecture", "data"}


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def preset_config(name: str, *, data: str, **settings: Any) -> RunConfig:
    """Return the preset's configuration for the data set `data`, with `settings` changed.

    name: of a preset, or ``FILE.py:CLASS`` for a network of one's own, whose recipe are the
    defaults of RunConfig.
    """
    content = _read(name)
    if is_own(name):
        name = own_preset_name(name)
    recipe = content["recipe"]
    if misplaced := _RECIPE_FREE & set(recipe):
        raise InputError(f"preset {name!r} sets {', '.join(sorted(misplaced))} in its recipe")
    values = {"preset": name, "architecture": content["architecture"], "data": data}
    return RunConfig.from_dict({**values, **recipe, **settings})


def preset_description(name: str) -> str:
    """Return the one line that tells what the preset is."""
    return str(_read(name)["description"])


def _read(name: str) -> dict[str, Any]:
    if is_own(name):
        return own_preset(name)
    if name not in preset_names():
        raise InputError(
            f"no preset {name!r}; use one of {', '.join(preset_names())} (fer-core presets list)"
        )
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
