"""Scripts that need a GPU run here on the CPU, tiny, so that they work where there is one."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_gpu_script_runs_unattended_and_writes_json(tmp_path: Path) -> None:
    output = tmp_path / "epochs.json"
    script = ROOT / "benchmarks" / "gpu" / "epochs.py"
    subprocess.run([sys.executable, str(script), "--smoke", "-o", str(output)], check=True)
    document = json.loads(output.read_text(encoding="utf-8"))
    assert document["smoke"] is True
    assert document["presets"]["e-dnn"]["median"] > 0
    assert document["resumed"] == {"validation_accuracy": 0.0, "weights": 0.0}
