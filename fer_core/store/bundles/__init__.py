"""Runs as one file to hand on, and back into a store: see docs/sharing.md for the form."""

from fer_core.store.bundles.exporting import Exported, export_runs
from fer_core.store.bundles.importing import Imported, ImportedRun, import_runs

__all__ = ["Exported", "Imported", "ImportedRun", "export_runs", "import_runs"]
