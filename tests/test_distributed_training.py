"""Training in several processes gives what one gives; what cannot be divided is refused."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import multiprocessing

from fer_core.config import RunConfig
from fer_core.device import choose_device
from fer_core.distributed import ALONE, Group
from fer_core.errors import InputError
from fer_core.records import DatasetArrays, Epoch
from fer_core.train import TrainingData, TrainingState, fit

_LIMIT = 120  # seconds: a process that waits for ever fails its test


def _train(
    config: RunConfig, faces: DatasetArrays, group: Group
) -> tuple[dict[str, Any], list[Epoch]]:
    """Train; returns what can be compared, and the history."""
    torch.set_num_threads(1)
    device = choose_device("cpu", precision="float32")
    pairs = [(faces.splits[s].images, faces.splits[s].labels) for s in ("train", "validation")]
    state = TrainingState.start(config, device, group=group)
    seen: list[torch.Tensor] = []
    state.model.register_forward_pre_hook(
        lambda module, inputs: seen.append(inputs[0].clone()) if module.training else None
    )
    history = list(fit(state, TrainingData.on(device, *pairs), config))
    found = {
        "seen": torch.stack(seen),
        "gradients": {name: p.grad for name, p in state.model.named_parameters()},
        "weights": state.model.state_dict(),
        "average": state.average.module.state_dict() if state.average else None,
    }
    return found, history


def _in_two(rank: int, folder: str, configs: dict[str, RunConfig], faces: DatasetArrays) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/met", rank=rank, world_size=2)
    group = Group(rank, 2)
    for name, config in configs.items():
        found, history = _train(config, faces, group)
        rows = [dataclasses.asdict(epoch) for epoch in history]
        torch.save((found, rows), f"{folder}/{name}-{rank}.pt")
    dist.destroy_process_group()


def test_gradients_weights_and_history_are_those_of_one_process(
    tiny_config: RunConfig, tiny_faces: DatasetArrays, tmp_path: Path
) -> None:
    """Of a network without batch norm and dropout, in float32: sums in another order differ in
    the last bits. Gradients agree to within 1e-5 of their size and 1e-6, weights after 14 steps,
    and their average, to within 1e-5."""
    layers = [
        {"conv": 4}, {"max_pool": 4}, {"flatten": True}, {"dense": 7, "then": []},
    ]  # fmt: skip
    architecture = {**tiny_config.architecture, "after_conv": ["relu"], "layers": layers}
    plain = tiny_config.replace(architecture=architecture)
    configs = {
        # One step; its batch's parts hold other classes, and so other weights.
        "step": plain.replace(epochs=1, batch_size=112, class_weights="balanced"),
        "steps": plain.replace(
            epochs=2, optimizer="sgd", learning_rate=0.05, weight_average=0.9, patience=1
        ),
    }
    arguments = (str(tmp_path), configs, tiny_faces)
    context = multiprocessing.spawn(_in_two, arguments, nprocs=2, join=False)
    try:  # each call returns when one of the two has ended
        ended = context.join(timeout=_LIMIT) or context.join(timeout=_LIMIT)
        assert ended, "the processes wait for each other"
    finally:
        for process in context.processes:
            process.kill()
    for name, config in configs.items():
        alone, history = _train(config, tiny_faces, ALONE)
        parts = [torch.load(tmp_path / f"{name}-{rank}.pt", weights_only=True) for rank in (0, 1)]
        (first, rows), (second, others) = parts
        # Both see their parts of the very images that one process sees.
        assert torch.equal(torch.cat((first["seen"], second["seen"]), dim=1), alone["seen"])
        for part in (first, second):
            assert part["weights"].keys() == alone["weights"].keys()
            torch.testing.assert_close(part["gradients"], alone["gradients"], rtol=1e-5, atol=1e-6)
            torch.testing.assert_close(part["weights"], alone["weights"], rtol=0, atol=1e-5)
        for ours, theirs, one in zip(rows, others, history, strict=True):
            assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}
            assert ours["train_loss"] == pytest.approx(one.train_loss, rel=1e-5)
            assert ours["train_accuracy"] == one.train_accuracy
            assert ours["validation_loss"] == pytest.approx(one.validation_loss, rel=1e-5)
        assert second["average"] is None  # only rank 0's is stored
        torch.testing.assert_close(first["average"], alone["average"], rtol=0, atol=1e-5)


def test_each_process_drops_values_of_its_own_and_rank_0_those_of_one_process() -> None:
    def drawn(rank: int, epoch: int) -> list[float]:
        torch.manual_seed(0)
        Group(rank, 3).seed_dropout(7, epoch)
        return torch.rand(4).tolist()

    torch.manual_seed(0)
    alone = torch.rand(4).tolist()
    assert drawn(0, 1) == drawn(0, 2) == alone
    assert drawn(1, 1) == drawn(1, 1)
    different = [alone, drawn(1, 1), drawn(1, 2), drawn(2, 1)]
    assert len({tuple(each) for each in different}) == 4


@pytest.mark.parametrize(
    ("size", "batch_size", "advice"),
    [(2, 41, 40), (3, 128, 129), (4, 4, 8), (64, 100, 128)],
)
def test_a_batch_without_equal_parts_is_refused_with_one_that_has(
    size: int, batch_size: int, advice: int
) -> None:
    group = Group(0, size)
    message = f"batch_size is {batch_size}, which {size} processes .* --set batch_size={advice},"
    with pytest.raises(InputError, match=message):
        group.check(batch_size)
    group.check(advice)
    ALONE.check(batch_size)


def test_a_run_with_a_teacher_is_trained_by_one_process() -> None:
    with pytest.raises(
        InputError, match=r"teacher is 'a,b', and 2 processes train; .* without tor"
    ):
        Group(0, 2).check(128, teacher="a,b")
    ALONE.check(128, teacher="a,b")
