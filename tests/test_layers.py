"""Imports point one way (the table is the design); what dashboards and pages import stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BASE = {
    "records", "config", "errors", "fingerprints", "translation", "files", "words", "setting_texts",
}  # fmt: skip
LIGHT = {"numpy"}
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    # package or module: (our parts, third-party packages) that it may import
    **dict.fromkeys(BASE, (BASE, LIGHT)),
    "device": (BASE, {"torch"}),
    "data": (BASE, {"numpy", "scipy", "torch", "PIL", "cv2", "pyarrow"}),
    "models": (BASE, {"torch"}),
    "muon": (BASE, {"torch"}),
    "recipes": (BASE | {"muon"}, {"numpy", "torch"}),
    "distributed": (BASE | {"device"}, {"numpy", "torch"}),
    "captured": (BASE, {"torch"}),
    "views": (BASE, {"torch"}),
    "distillation": (BASE | {"models", "recipes"}, {"torch"}),
    "train": (
        BASE
        | {"captured", "data", "models", "device", "distributed", "recipes"}
        | {"distillation", "views"},
        {"numpy", "torch"},
    ),
    "following": (
        BASE | {"checkpoints", "device", "distributed", "models", "train"},
        {"torch"},
    ),
    "explain": (BASE | {"models"}, {"numpy", "torch", "lime", "sklearn", "skimage", "scipy"}),
    "checkpoints": (BASE | {"train"}, {"torch", "safetensors"}),
    "store": (BASE, {"numpy", "sqlalchemy", "alembic", "psutil", "safetensors"}),
    "analysis": (BASE, {"numpy", "scipy", "sklearn", "pandas"}),
    "figures": (
        BASE | {"store", "analysis"},
        {"numpy", "pandas", "plotly", "kaleido", "choreographer", "PIL"},
    ),
    "report": (
        BASE | {"store", "analysis", "figures"},
        {"numpy", "pandas", "plotly", "jinja2", "markupsafe", "docx", "PIL"},
    ),
    "loading": (BASE | {"models", "checkpoints", "device", "store"}, set()),
    "teachers": (BASE | {"loading", "models", "store"}, {"numpy"}),
    "predicting": (BASE | {"data", "train", "loading", "store", "views"}, {"numpy", "torch"}),
    "samples": (BASE | {"store"}, {"numpy"}),
    "provenance": (BASE | {"loading"}, set()),
    "explaining": (
        BASE | {"data", "explain", "loading", "provenance", "samples", "store"},
        {"numpy", "torch"},
    ),
    "microscope": (
        BASE | {"data", "explain", "loading", "provenance", "samples", "store"},
        {"numpy", "torch"},
    ),
    "evaluating": (BASE | {"loading", "store", "train", "views"}, {"torch"}),
    "experiment": (
        BASE
        | {"data", "models", "train", "checkpoints", "device", "loading", "store"}
        | {"distributed", "evaluating", "following", "teachers"},
        {"numpy", "torch"},
    ),
    "ensembling": (BASE | {"analysis", "store"}, {"numpy"}),
    "cli": (
        BASE
        | {"data", "models", "device", "experiment", "ensembling", "predicting", "store"}
        | {"evaluating", "distributed", "following", "explain", "explaining", "microscope"}
        | {"analysis", "figures", "report"},
        {"typer", "rich", "numpy", "pandas"},
    ),
    "__main__": ({"cli"}, set()),
}
HEAVY = {"torch", "torchvision", "streamlit", "plotly", "pandas", "sklearn", "sqlalchemy", "scipy"}


def _imports(path: Path, *, top_level_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else ast.walk(tree)
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            raise AssertionError(f"{path}: relative import")
    return names


def _sources() -> list[tuple[str, Path]]:
    sources = []
    for path in sorted((ROOT / "fer_core").rglob("*.py")):
        part = path.relative_to(ROOT / "fer_core").parts[0].removesuffix(".py")
        if part != "__init__":
            sources.append((part, path))
    return sources


@pytest.mark.parametrize(
    ("part", "path"), [pytest.param(*s, id=str(s[1].relative_to(ROOT))) for s in _sources()]
)
def test_imports_follow_the_design(part: str, path: Path) -> None:
    assert part in ALLOWED, f"say in this test what {part} may import"
    ours, others = ALLOWED[part]
    for name in _imports(path):
        package, *rest = name.split(".")
        if package == "fer_core":
            assert rest, f"{path} imports all of fer_core"
            assert rest[0] in ours | {part}, f"{path} imports {name}"
        elif package not in sys.stdlib_module_names:
            assert package in others, f"{path} imports {name}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "fer_core" / "cli").glob("*.py")), ids=lambda path: path.name
)
def test_commands_import_heavy_packages_inside_functions(path: Path) -> None:
    assert not {name.split(".")[0] for name in _imports(path, top_level_only=True)} & HEAVY


def test_the_dashboard_imports_only_the_showing_wing() -> None:
    allowed = {"figures", "analysis", "report", "store", *BASE}
    for path in (ROOT / "dashboard").rglob("*.py"):
        for name in _imports(path):
            package, *rest = name.split(".")
            assert package not in {"torch", "torchvision", "sqlalchemy"}, path
            assert package != "fer_core" or rest[0] in allowed, f"{path} imports {name}"


def test_the_showing_wing_loads_no_torch() -> None:
    code = "import sys, fer_core.figures, fer_core.store, fer_core.analysis.metrics\n"
    code += "import fer_core.report.collect\n"
    code += "assert 'torch' not in sys.modules and 'sklearn' not in sys.modules, 'heavy'"
    subprocess.run([sys.executable, "-c", code], check=True)
