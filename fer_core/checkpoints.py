"""Weights and resume state on disk, in safetensors: no pickle is written or read.

A checkpoint is found by its SHA-256, which the epoch's row in the store holds; a file whose hash
no row holds is the trace of an interruption and counts for nothing.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load, save

from fer_core.errors import InputError
from fer_core.files import sync, write_atomically
from fer_core.records import Epoch
from fer_core.train import TrainingState

FORM_VERSION = 1
_STATE = ".state"
_SUFFIX = ".safetensors"
# Parts of a resume state; beside the averaged module lies the number of its updates.
_ACCURACIES = "history.validation_accuracy"
_AVERAGE = "average."
_AVERAGED_MODEL = _AVERAGE + "module."


class Checkpoint(NamedTuple):
    """What training goes on from after an epoch: the contents of its two files."""

    epoch: int
    weights: bytes
    state: bytes

    def restore(self, state: TrainingState) -> None:
        """Bring a freshly built `state` to where it was after the epoch."""
        state.model.load_state_dict(load(self.weights))
        _load_resume_state(state, load(self.state))
        state.epoch = self.epoch


@dataclass(frozen=True)
class CheckpointFolder:
    """The checkpoints of one run: ``last``, ``best``, those ``epoch-N`` that it was asked to keep
    and, between two epochs, ``next``.

    The order of writing is the promise: `write_next`, then the epoch's row with both hashes,
    then `promote`. Whatever is killed in between, the newest row's files are there.
    """

    folder: Path

    def write_next(self, state: TrainingState) -> tuple[str, str]:
        """Write the state after an epoch beside `last`; return the SHA-256 of the weights' and
        of the resume state's file. Both are on the disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        weights = {k: v.contiguous() for k, v in state.model.state_dict().items()}
        # One entry: safetensors writes several in random order, and so another hash each time.
        note = {"fer_lab": json.dumps({"form": FORM_VERSION, "epoch": state.epoch})}
        hashes = []
        for name, tensors in (("next", weights), ("next" + _STATE, _resume_state(state))):
            content = save(_apart(tensors), metadata=note)
            write_atomically(self._path(name), content)
            hashes.append(hashlib.sha256(content).hexdigest())
        return hashes[0], hashes[1]

    def promote(self, *, best: bool, keep: int | None = None) -> None:
        """Make `next` the `last` checkpoint, and `best` too when the epoch is the best so far;
        keep: the epoch's number when its weights are to stay.

        Called after the epoch's row is committed.
        """
        for name in ["best"] * best + ([kept_name(keep)] if keep else []):
            write_atomically(self._path(name), self._path("next").read_bytes())
        for name in ("", _STATE):
            self._path("next" + name).replace(self._path("last" + name))
        sync(self.folder)

    def settle(self, newest: Epoch, best: Epoch, *, keep: bool = False) -> None:
        """Finish or take back a `promote` that was cut off.

        newest: what `newest` gave; best: the best epoch by the store's rows; keep: whether the
        newest epoch's weights are to stay. A `next` without a row goes; one with a row becomes
        `last`; and the best weights are saved before training writes over them.
        """
        for name, epoch in [("best", best)] + ([(kept_name(newest.epoch), newest)] * keep):
            weights = self._find((name, "next", "last"), epoch.weights_sha256)
            if weights is not None:
                write_atomically(self._path(name), weights)
        for suffix, sha256 in (("", newest.weights_sha256), (_STATE, newest.state_sha256)):
            if self._find(("next" + suffix,), sha256):
                self._path("next" + suffix).replace(self._path("last" + suffix))
            else:
                self._path("next" + suffix).unlink(missing_ok=True)

    def load_weights(self, epoch: Epoch) -> dict[str, torch.Tensor]:
        """Return the weights after an epoch.

        Raises InputError when no file has their hash: they were not kept.
        """
        sha256 = epoch.weights_sha256
        content = self._find(("best", "last", "next", kept_name(epoch.epoch)), sha256)
        if content is None:
            raise InputError(
                f"no checkpoint with hash {str(sha256)[:12]} in {self.folder}; "
                "its weights were removed or changed on disk, or did not come with the run"
            )
        return load(content)

    def load_average(self, epoch: Epoch) -> dict[str, torch.Tensor]:
        """Return the moving average of the weights from the resume state after an epoch.

        Raises InputError when no file has its hash. Empty when the training kept no average.
        """
        sha256 = epoch.state_sha256
        content = self._find(("last" + _STATE, "next" + _STATE), sha256)
        if content is None:
            raise InputError(
                f"no resume state with hash {str(sha256)[:12]} in {self.folder}; "
                "it was removed or changed on disk"
            )
        return _below(_AVERAGED_MODEL, load(content))

    def newest(self, epochs: Sequence[Epoch]) -> Epoch | None:
        """Return the newest of `epochs` (ascending) that training can go on from."""
        for epoch in reversed(epochs):
            if self._find(("last", "next"), epoch.weights_sha256) and self._find(
                ("last" + _STATE, "next" + _STATE), epoch.state_sha256
            ):
                return epoch
        return None

    def read(self, epoch: Epoch) -> Checkpoint:
        """Return the checkpoint of an epoch that `newest` gave."""
        weights = self._find(("last", "next"), epoch.weights_sha256)
        resume = self._find(("last" + _STATE, "next" + _STATE), epoch.state_sha256)
        if weights is None or resume is None:
            raise InputError(f"no checkpoint of epoch {epoch.epoch} in {self.folder}")
        return Checkpoint(epoch.epoch, weights, resume)

    def restore(self, state: TrainingState, epoch: Epoch) -> None:
        """Bring a freshly built `state` to where it was after an epoch that `newest` gave."""
        self.read(epoch).restore(state)

    def _path(self, name: str) -> Path:
        return self.folder / (name + _SUFFIX)

    def _find(self, names: Sequence[str], sha256: str | None) -> bytes | None:
        for name in names:
            path = self._path(name)
            if sha256 and path.is_file():
                content = path.read_bytes()
                if hashlib.sha256(content).hexdigest() == sha256:
                    return content
        return None


def kept_name(epoch: int) -> str:
    """Return how the weights after an epoch are called where they were to be kept."""
    return f"epoch-{epoch}"


def _apart(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Copy what shares its memory with an earlier tensor (tied weights): safetensors refuses it."""
    apart, seen = {}, set()
    for name, tensor in tensors.items():
        memory = tensor.untyped_storage().data_ptr()
        apart[name] = tensor.clone() if memory in seen else tensor
        seen.add(memory)
    return apart


def _resume_state(state: TrainingState) -> dict[str, torch.Tensor]:
    tensors = {
        "random.torch": torch.get_rng_state(),
        "random.generator": state.generator.get_state(),
    }
    if state.device.torch_device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state()
    tensors[_ACCURACIES] = torch.tensor(state.validation_accuracies, dtype=torch.float64)
    if state.average is not None:
        for name, value in state.average.state_dict().items():
            tensors[_AVERAGE + name] = value.contiguous()
    for number, moments in state.optimizer.state_dict()["state"].items():
        for name, value in moments.items():
            # A copy in plain order: safetensors knows no strides.
            tensors[f"optimizer.{number}.{name}"] = torch.as_tensor(value).contiguous()
    return tensors


def _load_resume_state(state: TrainingState, tensors: Mapping[str, torch.Tensor]) -> None:
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in _below("optimizer.", tensors).items():
        number, name = key.split(".", 1)
        moments.setdefault(int(number), {})[name] = value
    groups = state.optimizer.state_dict()["param_groups"]
    state.optimizer.load_state_dict({"state": moments, "param_groups": groups})
    for parameter, values in state.optimizer.state.items():
        for name, value in values.items():
            if value.shape == parameter.shape:
                # Fused optimizers walk through memory: moments must lie as their weights do.
                values[name] = torch.empty_like(parameter).copy_(value)
    if _ACCURACIES in tensors:  # not in those from before early stopping
        state.validation_accuracies = tensors[_ACCURACIES].tolist()
    if state.average is not None:
        state.average.load_state_dict(_below(_AVERAGE, tensors))
    state.generator.set_state(tensors["random.generator"])
    torch.set_rng_state(tensors["random.torch"])
    if "random.cuda" in tensors and state.device.torch_device.type == "cuda":
        torch.cuda.set_rng_state(tensors["random.cuda"])


def _below(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
