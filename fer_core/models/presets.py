"""Presets: an architecture and a recipe in one TOML file each, shipped or one's own."""

import tomllib
from pathlib import Path
from typing import Any

from fer_core.config import SOURCES, RunConfig
from fer_core.errors import InputError
from fer_core.models.own import is_own, own_preset, own_preset_name

_FOLDER = Path(__file__).parent / "presets"
_RECIPE_FREE = {"preset", "architecture", "data", "sources", "teacher", "teacher_sha256"}
_TABLES = ("architecture", "recipe", "sources")


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def preset_config(name: str, *, data: str, **settings: Any) -> RunConfig:
    """Return a preset's configuration for the data set `data`, with `settings` changed.

    name: of a preset that comes with the product, the path of a .toml file, or ``FILE.py:CLASS``
    for a network of one's own, whose recipe are the defaults of RunConfig. The sources of the
    settings come along; those in `settings` are ``given``.

    Raises InputError for what is wrong in the file or the settings, and for a setting that
    would do nothing, such as a rotation without augmentation.
    """
    content = _read(name)
    if is_own(name):
        name = own_preset_name(name)
    recipe = content["recipe"]
    if misplaced := _RECIPE_FREE & set(recipe):
        raise InputError(f"preset {name!r} sets {', '.join(sorted(misplaced))} in its recipe")
    config = RunConfig.from_dict(
        {
            "preset": Path(name).name,
            "architecture": content["architecture"],
            "data": data,
            **recipe,
            **settings,
            "sources": _sources(name, content) | dict.fromkeys(settings, "given"),
        }
    )
    config.refuse_idle(settings)
    return config


def preset_description(name: str) -> str:
    """Return the one line that tells what the preset is; empty for a file without one."""
    return str(_read(name).get("description", ""))


def preset_text(name: str) -> str:
    """Return the preset's file as it stands, comments and all.

    Raises InputError for ``FILE.py:CLASS``, which has no such file.
    """
    if is_own(name):
        raise InputError(f"{name!r} is written in Python; --toml prints presets and .toml files")
    _read(name)
    return _path(name).read_text(encoding="utf-8")


def _sources(name: str, content: dict[str, Any]) -> dict[str, str]:
    """Return where each field comes from, by field.

    A field is a setting of the recipe, a key of the architecture, or a kind or option of its
    layers, such as dropout: ``layers`` then stands for all that is not listed by itself.
    """
    fields = {*content["recipe"], *_words(content["architecture"])}
    sources: dict[str, str] = {}
    for source, listed in content["sources"].items():
        if source not in SOURCES or not isinstance(listed, list):
            raise InputError(
                f"preset {name!r}: {source!r} is no list of fields in [sources]; "
                f'use {", ".join(SOURCES)}, e.g. ours = ["epochs"]'
            )
        for field in listed:
            if field not in fields or field in sources:
                problem = "twice" if field in sources else "but not in its recipe or architecture"
                raise InputError(f"preset {name!r} has {field!r} in [sources] {problem}")
            sources[field] = source
    return sources


def _words(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_words, value.values()))
    if isinstance(value, list):
        return set().union(*map(_words, value))
    return {value} if isinstance(value, str) else set()


def _path(name: str) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    if name not in preset_names():
        raise InputError(
            f"no preset {name!r}; use one of {', '.join(preset_names())} "
            "(fer-core presets list), or the path of a .toml file"
        )
    return _FOLDER / f"{name}.toml"


def _read(name: str) -> dict[str, Any]:
    if is_own(name):
        return own_preset(name)
    path = _path(name)
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}; see: fer-core presets list"
        ) from None
    except ValueError as error:  # no TOML, or no UTF-8
        raise InputError(f"{path} is no TOML file: {error}") from None
    for table in _TABLES:
        if not isinstance(content.setdefault(table, {}), dict):
            raise InputError(f"{path}: {table} is {content[table]!r}; write a table: [{table}]")
    if unknown := set(content) - {"description", *_TABLES}:
        raise InputError(
            f"{path}: unknown {', '.join(sorted(unknown))}; it has a description and the tables "
            f"{', '.join(f'[{table}]' for table in _TABLES)}"
        )
    return content
