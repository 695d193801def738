"""Where a report comes from: runs, data, weights, versions and options, without any clock times."""

import hashlib
import importlib.metadata
import json
import platform
import shutil
import subprocess
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fer_core.errors import InputError
from fer_core.figures import browser
from fer_core.figures.text import FONT_FAMILY

if TYPE_CHECKING:
    from fer_core.report.plan import Plan
    from fer_core.store import RunStore

FORM = 1
_PACKAGES = ("fer-lab", "jinja2", "kaleido", "numpy", "pandas", "pillow", "plotly", "python-docx")
_WAIT = 10  # seconds, for a program that tells its version


def provenance(
    store: "RunStore", plan: "Plan", *, formats: Sequence[str], dpi: float, command: str
) -> dict[str, Any]:
    """Return what ``provenance.json`` says; the same runs, options and machine give the same."""
    return {
        "form": FORM,
        "command": command,
        "options": {
            "template": plan.template.name,
            "language": plan.language,
            "width_mm": plan.width_mm,
            "font_size": plan.font_size,
            "dpi": dpi,
            "formats": list(formats),
            "with_faces": plan.with_faces,
            "sections": [section.key for section in plan.sections],
            "slots": {slot: [run.id for run in runs] for slot, runs in plan.slots.items()},
            "edits": plan.edits.to_json(),
        },
        "runs": [_run(store, run.id) for run in plan.runs],
        "versions": versions(),
    }


def _run(store: "RunStore", run_id: str) -> dict[str, Any]:
    details = store.details(run_id)
    run = details.run
    config = json.dumps(details.config, sort_keys=True, separators=(",", ":"))
    checkpoints = {
        str(epoch.epoch): epoch.weights_sha256
        for epoch in store.histories([run_id])[run_id]
        if epoch.weights_sha256 and epoch.epoch in (run.best_epoch, run.epochs)
    }
    readings = [
        {
            "split": each.split,
            "weights": each.weights,
            "averaging": each.averaging,
            "checkpoint_sha256": each.checkpoint_sha256,
        }
        for each in details.test_readings
    ]
    return {
        "id": run.id,
        "name": run.name,
        "configuration": details.config,
        "configuration_sha256": hashlib.sha256(config.encode()).hexdigest(),
        "data": run.dataset,
        "data_fingerprint": run.dataset_fingerprint,
        "synthetic": run.synthetic,
        "best_epoch": run.best_epoch,
        "checkpoints_sha256": checkpoints,  # by epoch: the best and the last
        "test_readings": readings,
        "device": details.device,
        "versions": dict(details.versions),
    }


def versions() -> dict[str, Any]:
    """Return what the report was written and drawn with."""
    packages = {name: _version(name) for name in _PACKAGES}
    return {
        "python": platform.python_version(),
        **packages,
        "browser": _browser(),
        "fonts": _fonts(),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # run from a copy that is not installed
        return None


def _browser() -> str | None:
    try:
        return _said(browser.find_browser(), "--version")
    except InputError:
        return None


def _fonts() -> dict[str, str | None]:
    """Return, for each font that figures ask for, the one that this machine has instead."""
    program = shutil.which("fc-match")
    names = [name.strip() for name in FONT_FAMILY.split(",")]
    form = "%{family[0]} %{fontversion}"
    return {name: _said(program, "-f", form, name) if program else None for name in names}


def _said(program: str, *arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=_WAIT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
