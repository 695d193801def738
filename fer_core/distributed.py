"""The processes that `torchrun` starts: what they share, and how all of them end.

Rank 0 runs the command. The others follow it (`fer_core/following.py`): they train what it hands
them, and read and write nothing. Gradients pass through torch's DistributedDataParallel, on gloo
for the CPU and nccl for CUDA; who does what next, and who ends, through torchrun's key-value
store, which answers also when a process is gone that a collective operation would wait for.
"""

import dataclasses
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any, NoReturn

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from fer_core.device import Device, choose_device
from fer_core.errors import InputError

_COLLECTIVE_LIMIT = timedelta(minutes=10)  # rank 0 validates and writes while others wait
_POLL_SECONDS = 0.02
_GRACE_SECONDS = 2.0  # in which rank 0 may say why it ended, before another says that it is gone
_LEAVE_SECONDS = 5.0
_LEAST_PART = 2  # images: what batch norm needs


class Ended(Exception):  # noqa: N818 - the end, which another process has explained
    """Another process has ended the training of all, with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"another process ended with exit code {code}")
        self.code = code


class Group:
    """The processes that train one run; alone (the default) it leaves everything as it is."""

    def __init__(
        self, rank: int = 0, size: int = 1, *, local_rank: int | None = None,
        messages: dist.Store | None = None,
    ) -> None:  # fmt: skip
        self.rank = rank
        self.size = size
        self.tasks = 0  # that rank 0 has handed out so far
        self._local_rank = local_rank
        self._messages = messages
        self._training = False

    # One training

    def device(self, kind: str, precision: str) -> Device:
        """Return this process's device: see `choose_device`."""
        found = choose_device(kind, precision=precision, local_rank=self._local_rank)
        if self.size == 1:
            return found
        return dataclasses.replace(found, name=f"{found.name}, {self.size} processes")

    def check(self, batch_size: int, *, teacher: str = "") -> None:
        """Raise InputError for a batch that has no equal parts of two or more images, and for a
        teacher of several processes: its weights lie on the first one's machine."""
        if self.size > 1 and teacher:
            raise InputError(
                f"teacher is {teacher!r}, and {self.size} processes train; a run with a teacher is "
                "trained by one: start it without torchrun"
            )
        if self.size > 1 and (batch_size % self.size or batch_size < _LEAST_PART * self.size):
            near = max(_LEAST_PART, round(batch_size / self.size)) * self.size
            raise InputError(
                f"batch_size is {batch_size}, which {self.size} processes cannot share equally; "
                f"use a multiple of {self.size}: --set batch_size={near}, or another number of "
                "processes"
            )

    def share(self, batch: Tensor) -> Tensor:
        """Return this process's part of a batch (B, ...): (B / size, ...)."""
        return batch if self.size == 1 else batch.chunk(self.size)[self.rank]

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum over all processes, in each of them."""
        if self.size == 1:
            return values
        total = values.clone()
        dist.all_reduce(total)
        return total

    def mean_over_batch(self, loss: Tensor, weight: Callable[[], Tensor]) -> Tensor:
        """Return the loss whose mean over the processes is the weighted mean over the batch.

        loss: the weighted mean over this part; weight: gives the sum of the part's weights.
        """
        if self.size == 1:
            return loss
        own = weight()
        return loss * (own * self.size / self.sum(own))

    def told(self, measure: Callable[[], tuple[float, float]]) -> tuple[float, float]:
        """Return what rank 0 measures, in each process."""
        if self.size == 1:
            return measure()
        values = torch.tensor((0.0, 0.0) if self.rank else measure(), dtype=torch.float64)
        dist.broadcast(values, 0)
        first, second = values.tolist()
        return first, second

    def wrap(self, model: nn.Module, *, may_skip_layers: bool) -> nn.Module:
        """Return the module through which training runs forward, so that gradients are averaged.

        Weights and buffers become those of rank 0. Batch norms keep to each process's part of a
        batch, and its statistics are those of rank 0: the same on a CPU, where torch has no
        synchronised ones, as on GPUs, where those would wait for each other twice a layer.
        may_skip_layers: whether a step may use some parameters only, which costs a search a step.
        """
        if self.size == 1:
            return model
        return DistributedDataParallel(model, find_unused_parameters=may_skip_layers)

    def seed_dropout(self, seed: int, epoch: int) -> None:
        """Give each process but rank 0, which goes on as if alone, random numbers of its own.

        Seed, rank and epoch alone decide, so that a resumed training needs no further state.
        """
        if self.rank:
            own = np.random.SeedSequence((seed, self.rank, epoch))
            torch.manual_seed(int(own.generate_state(1)[0]))

    def broadcast(self, values: Tensor) -> None:
        """Write rank 0's values over those of the others."""
        if self.size > 1:
            dist.broadcast(values, 0)

    @contextmanager
    def training(self) -> Iterator[None]:
        """Within, processes wait for each other: one that fails there leaves at once."""
        self._training = True
        yield
        self._training = False

    # Between trainings

    def tell(self, key: str, value: Any) -> None:
        """Say something, JSON, under a key that no process has used yet."""
        self._store.set(key, json.dumps(value))

    def hear(self, key: str, *, limit_seconds: float = float("inf")) -> Any:
        """Wait for what is said under a key.

        Raises Ended when a process ends instead, RuntimeError when nothing is said in time.
        """
        until = time.monotonic() + limit_seconds
        while not self._store.check([key]):
            if self._store.check(["end"]):
                raise Ended(int(self._store.get("end").split()[1]))
            if time.monotonic() > until:
                raise RuntimeError(f"no process said {key} within {limit_seconds:g} s")
            time.sleep(_POLL_SECONDS)
        return json.loads(self._store.get(key))

    def end(self, code: int) -> tuple[int, bool]:
        """End the training of all; return the exit code and whether this process says why.

        The first to end says why: what the others meet then is a consequence.
        """
        own = f"{self.rank} {code}"
        try:
            if self.rank:
                self._wait(lambda: self._store.check(["end"]), _GRACE_SECONDS)
            first = self._store.compare_set("end", "", own).decode()
        except RuntimeError:  # the store went with the process that kept it
            first = own
        return int(first.split()[1]), first == own

    def leave(self, code: int) -> NoReturn:
        """Exit. torchrun stops the others as soon as one has failed: where none of them waits
        within a training, they leave together, each with this code."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if not self._training and self._all_leave():
            dist.destroy_process_group()
            sys.exit(code)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # an orderly exit would wait for operations that never finish

    def _all_leave(self) -> bool:
        try:
            self._store.add("left", 1)
            return self._wait(lambda: self._store.add("left", 0) >= self.size, _LEAVE_SECONDS)
        except RuntimeError:  # as above
            return False

    @property
    def _store(self) -> dist.Store:
        if self._messages is None:
            raise RuntimeError("a process alone has no one to talk to")
        return self._messages

    @staticmethod
    def _wait(condition: Callable[[], bool], seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                return False
            time.sleep(_POLL_SECONDS)
        return True


ALONE = Group()


@cache
def joined() -> Group:
    """Return this process and those that `torchrun` started with it; waits until all are there.

    It says in the environment where they are; where it did not start us, we are alone.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ or os.environ["WORLD_SIZE"] == "1":
        return ALONE
    store, rank, size = next(dist.rendezvous("env://"))
    nccl = torch.cuda.is_available() and dist.is_nccl_available()
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if nccl else "gloo",
        store=store,
        rank=rank,
        world_size=size,
        timeout=_COLLECTIVE_LIMIT,
    )
    return Group(
        rank,
        size,
        local_rank=int(os.environ["LOCAL_RANK"]),
        messages=dist.PrefixStore("fer-lab", store),
    )
