"""``python -m fer_core`` is the command ``fer-core``."""

from fer_core.cli.main import run

run()
