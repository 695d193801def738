"""What tests of the page Report read of it and of its store."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from fer_core.records import VALIDATION
from fer_core.report import collect
from fer_core.report.plan import plan
from fer_core.store import RunStore
from tests.dashboard import stores
from tests.dashboard.test_pages import words
from tests.report import cast

PATIENCE = 120  # seconds; a command starts in one or two on an idle machine


def add_dense(store: RunStore, name: str) -> None:
    """Add a run without convolutions on the synthetic faces."""
    with store.start_run(
        name, preset="e-dnn", data=stores.DATA, layers=cast.DENSE, config={"preset": "e-dnn"}
    ) as run:
        run.add_epoch(stores.epoch(1, 0.5))
    stores.predict(store, name, VALIDATION, margin=1)


def until(app: AppTest, holds: Callable[[], Any]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, words(app)
        time.sleep(0.2)
        app.run()
        assert not app.exception


def answer(app: AppTest) -> Any:
    return next(area for area in app.text_area if area.label == "Answer")


def caption(app: AppTest, block: str) -> Any:
    return next(area for area in app.text_area if area.label == f"Caption of {block}")


def stored(path: Path, names: list[str], **options: Any) -> dict[str, Any] | None:
    with RunStore.open(path, read_only=True) as store:
        planned = plan(store, names, **options)
        return store.report_draft(
            [run.id for run in planned.runs], planned.template.name, planned.language
        )


def drafted(path: Path, names: list[str], key: str, **options: Any) -> Any:
    """The section as the library drafts it."""
    with RunStore.open(path, read_only=True) as store:
        return collect.section(store, plan(store, names, **options), key)
