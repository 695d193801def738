"""The run store: the only place that speaks SQL. Records and arrays go in and come out."""

from fer_core.store.errors import StoreError, StoreUnavailable
from fer_core.store.repairing import RepairReport
from fer_core.store.run_store import RunStore
from fer_core.store.writing import RunWriter

__all__ = ["RepairReport", "RunStore", "RunWriter", "StoreError", "StoreUnavailable"]
