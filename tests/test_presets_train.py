"""Every preset trains, and goes on after an interruption as if there had been none."""

from pathlib import Path

import numpy as np
import pytest
import torch

from fer_core.checkpoints import CheckpointFolder
from fer_core.device import choose_device
from fer_core.models import preset_config, preset_names
from fer_core.records import DatasetArrays, Epoch
from fer_core.train import TrainingData, TrainingState, fit


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_trains_and_resumes_bit_for_bit(
    name: str, tmp_path: Path, tiny_faces: DatasetArrays
) -> None:
    config = preset_config(name, data="tiny", epochs=2, batch_size=4, precision="float32")
    # Sixteen pixels: each preset's layers, a ninth of the work.
    config = config.replace(architecture={**config.architecture, "side": 16})
    device = choose_device("cpu", precision="float32")
    faces = [tiny_faces.splits[split] for split in ("train", "validation")]
    data = TrainingData.on(device, *[(split.images[:8], split.labels[:8]) for split in faces])
    whole = TrainingState.start(config, device)
    epochs = fit(whole, data, config)
    first = next(epochs)
    folder = CheckpointFolder(tmp_path)
    row = Epoch(1, 0, 0, 0, 0, 0, None, *folder.write_next(whole))
    second = next(epochs)
    assert np.isfinite([first.train_loss, second.train_loss]).all()

    torch.manual_seed(99)
    again = TrainingState.start(config, device)
    folder.restore(again, row)
    (resumed,) = list(fit(again, data, config))
    assert resumed.train_loss == second.train_loss
    for key, value in whole.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[key]), key
