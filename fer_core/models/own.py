"""Networks of one's own: ``FILE.py:CLASS`` names any class of modules, or a function that returns
one, from images (N, 1, 48, 48) to logits (N, 7).

The file is code of the person who names it. It is run as it lies on the disk, never from a store;
its SHA-256 says whether it is still the one that a run was trained with.
"""

import contextlib
import hashlib
import inspect
import shlex
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from fer_core.errors import InputError
from fer_core.records import IMAGE_SIZE

FAMILY = "own"
_KEYS = ("file", "class", "source_sha256")
_MODULE = "fer_own_model"  # never "__main__": a file may train something when it is the program


def is_own(name: str) -> bool:
    """Tell whether a model's name means a file: ``my_net.py:MyNet``."""
    return name.endswith(".py") or ".py:" in name


def own_preset(name: str) -> dict[str, Any]:
    """Return what a preset's TOML would hold: the architecture, and a recipe of defaults alone.

    Raises InputError when there is no such file, or no class is named.
    """
    path, class_name = _parts(name)
    if not path.is_file():
        raise InputError(f"no file {str(path)!r} in {Path.cwd()}; name one as my_net.py:MyNet")
    source = path.read_bytes()
    if not class_name:
        offered = _offered(_run(source, path))
        raise InputError(f"{name!r} names no class; use {path}:CLASS ({offered})")
    architecture = {
        "family": FAMILY,
        "file": str(path.absolute()),
        "class": class_name,
        "source_sha256": hashlib.sha256(source).hexdigest(),
    }
    return {
        "description": f"{class_name} of {path}",
        "architecture": architecture,
        "recipe": {},
        "sources": {},
    }


def own_preset_name(name: str) -> str:
    """Return what a run keeps as its preset: the file without its folder, and the class."""
    path, class_name = _parts(name)
    return f"{path.name}:{class_name}"


def build(architecture: Mapping[str, Any]) -> nn.Module:
    """Run the file of `architecture` and build its network.

    Raises InputError, with the file's line where there is one, when the file is gone or has
    changed, cannot be run, has no such class, or its network cannot be built without arguments.
    """
    path = Path(architecture.get("file", ""))
    class_name = architecture.get("class", "")
    source = read_source(architecture)
    network = _construct(_run(source, path), class_name, path)
    if any(is_lazy(parameter) for parameter in network.parameters()):
        with torch.no_grad():  # the first call gives them their shapes
            explained(network.eval(), torch.zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE), architecture)
        network.train()
    # Such code may count on the order of values in memory, as `view` does.
    network.keeps_layout = True  # type: ignore[assignment]
    return network


def read_source(architecture: Mapping[str, Any], *, run: str = "RUN") -> bytes:
    """Return the text of the file, looked for where it was and in the working directory.

    Raises InputError when it is gone or is not the one of `architecture`; `run` is the run that
    the message names.
    """
    if missing := [key for key in _KEYS if not architecture.get(key)]:
        raise InputError(
            f"an architecture of family {FAMILY!r} needs {', '.join(missing)}; name the model as "
            "FILE.py:CLASS instead"
        )
    file, wanted = Path(architecture["file"]), architecture["source_sha256"]
    found = ""
    for path in (file, Path.cwd() / file.name):
        if path.is_file():
            source = path.read_bytes()
            sha256 = hashlib.sha256(source).hexdigest()
            if sha256 == wanted:
                return source
            found = found or f"{path} has changed (SHA-256 {sha256[:12]}, not {wanted[:12]})"
    if found:
        found += "; keep it under another name, and write out the text that the run used: "
    else:
        found = f"there is no {file}; put it back, or write out the text that the run used: "
    raise InputError(
        f"{found}fer-core runs show {shlex.quote(run)} --source > {shlex.quote(file.name)}"
    )


def explained(network: nn.Module, images: torch.Tensor, architecture: Mapping[str, Any]) -> Any:
    """Return what the network gives; what it raises becomes an InputError of one line."""
    try:
        return network(images)
    except Exception as error:
        mode = "training" if network.training else "evaluation"
        raise InputError(
            f"{architecture['class']} raises on images {tuple(images.shape)} in {mode} mode: "
            f"{in_one_line(error, Path(architecture['file']))}"
        ) from error


def in_one_line(error: BaseException, path: Path) -> str:
    """Say what went wrong, and in which line of the file, if it went through the file."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    message = next((line for line in str(error).splitlines() if line.strip()), "").strip()
    if isinstance(error, SyntaxError) and error.filename == str(path):
        lines, message = [error.lineno], error.msg
    place = f"{path.name}, line {lines[-1]}: " if lines else ""
    return f"{place}{type(error).__name__}{': ' if message else ''}{message}"


def _parts(name: str) -> tuple[Path, str]:
    file, class_name = (name, "") if name.endswith(".py") else name.rsplit(":", 1)
    return Path(file).expanduser(), class_name


def _run(source: bytes, path: Path) -> ModuleType:
    """Run the file's text as a module of its own."""
    module = ModuleType(_MODULE)
    module.__file__ = str(path)
    sys.modules[_MODULE] = module  # dataclasses look their module up there
    try:
        # What it prints must not come between the documents that a command prints.
        with contextlib.redirect_stdout(sys.stderr):
            exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102 - its own person's
    except (Exception, SystemExit) as error:
        advice = ""
        if isinstance(error, ModuleNotFoundError):
            advice = "; a model is one file: put what it needs into it, or install that"
        raise InputError(f"{path} cannot be run: {in_one_line(error, path)}{advice}") from error
    return module


def _construct(module: ModuleType, class_name: str, path: Path) -> nn.Module:
    make = getattr(module, class_name, None)
    if make is None:
        raise InputError(f"no class {class_name!r} in {path} ({_offered(module)})")
    if isinstance(make, nn.Module) or not callable(make):
        raise InputError(
            f"{class_name} in {path} is a {type(make).__name__}; name a class, or a function that "
            "returns a network"
        )
    if needed := _needed_arguments(make):
        raise InputError(
            f"{class_name} in {path} needs the arguments {', '.join(needed)}; give them defaults, "
            "or name a function that returns a network"
        )
    try:
        with contextlib.redirect_stdout(sys.stderr):
            network = make()
    except Exception as error:
        raise InputError(f"{class_name} cannot be built: {in_one_line(error, path)}") from error
    if not isinstance(network, nn.Module):
        raise InputError(
            f"{class_name} in {path} gives a {type(network).__name__}; it must give a "
            "torch.nn.Module"
        )
    return network


def _offered(module: ModuleType) -> str:
    names = [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == _MODULE
        and (inspect.isfunction(value) or (inspect.isclass(value) and issubclass(value, nn.Module)))
    ]
    return f"it has {', '.join(names)}" if names else "it has no class of modules and no function"


def _needed_arguments(make: Any) -> list[str]:
    try:
        parameters = inspect.signature(make).parameters.values()
    except ValueError:  # some callables have no signature to look at
        return []
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        parameter.name
        for parameter in parameters
        if parameter.default is inspect.Parameter.empty and parameter.kind not in optional
    ]
