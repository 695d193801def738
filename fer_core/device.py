"""What the hardware can do: the only place that asks."""

import ctypes
import platform
import time
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import torch
from torch.nn import functional

from fer_core.errors import InputError

DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Device:
    """Where to compute, and in which precision convolutions and matrix products run."""

    torch_device: torch.device
    compute_dtype: torch.dtype
    name: str
    threads: int

    @property
    def precision(self) -> str:
        return str(self.compute_dtype).removeprefix("torch.")

    def place(self, model: torch.nn.Module) -> None:
        """Move a model here in place, its maps laid out channels last: the faster way, unless a
        part of it `keeps_layout`."""
        if not any(getattr(part, "keeps_layout", False) for part in model.modules()):
            model.to(memory_format=torch.channels_last)
        model.to(self.torch_device)

    def versions(self) -> dict[str, str]:
        """Return what a result depends on beside data, configuration and seed."""
        return {
            "fer-lab": metadata.version("fer-lab"),
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": metadata.version("numpy"),
            "machine": f"{self.torch_device.type} {self.name}",
            "precision": self.precision,
            "threads": str(self.threads),
        }

    def autocast(self) -> torch.autocast:
        """Return the context in which networks run forward."""
        return torch.autocast(
            self.torch_device.type,
            dtype=torch.bfloat16,
            enabled=self.compute_dtype == torch.bfloat16,
        )


def choose_device(
    kind: str = "auto", *, precision: str = "auto", local_rank: int | None = None
) -> Device:
    """Choose the device (``auto``, ``cpu``, ``cuda``) and precision (``auto``, ``float32``,
    ``bfloat16``).

    ``auto`` takes bfloat16 only where it is faster: a GPU says so itself, a processor is timed.
    local_rank: the number of this process among those of this machine that train together; it
    is its GPU's number, too.
    """
    if kind not in DEVICES:
        raise InputError(f"device is {kind!r}; use one of {', '.join(DEVICES)}")
    if kind == "cuda" and not torch.cuda.is_available():
        raise InputError("device is 'cuda', but torch sees no GPU here; use --device cpu")
    cuda = kind == "cuda" or (kind == "auto" and torch.cuda.is_available())
    if precision == "auto":
        fast = torch.cuda.is_bf16_supported() if cuda else bfloat16_is_faster()
        precision = "bfloat16" if fast else "float32"
    torch_device = torch.device("cuda" if cuda else "cpu")
    if cuda and local_rank is not None:
        if local_rank >= torch.cuda.device_count():
            raise InputError(
                f"process {local_rank + 1} of this machine has no GPU: torch sees "
                f"{torch.cuda.device_count()}; start as many with torchrun --nproc-per-node"
            )
        torch_device = torch.device("cuda", local_rank)
        torch.cuda.set_device(torch_device)
    if cuda:
        torch.set_float32_matmul_precision("high")
    else:
        _keep_freed_memory()
    return Device(
        torch_device=torch_device,
        compute_dtype=getattr(torch, precision),
        name=torch.cuda.get_device_name() if cuda else _processor_name(),
        threads=torch.get_num_threads(),
    )


_TIMED = (torch.float32, torch.bfloat16)
_ROUNDS = 6
_SECONDS = 1.0  # for all rounds
_GAIN = 1.2  # of bfloat16, to be worth its coarser numbers; hardware for it gives 1.7 and more


@cache
def bfloat16_is_faster() -> bool:
    """Return whether this processor trains a convolution clearly faster in bfloat16.

    What a processor claims to support does not say so: without instructions for it, bfloat16 is
    emulated and takes longer than float32 (here 2 and 13 times, with ONEDNN_MAX_CPU_ISA set to
    AVX512_CORE and AVX2). One small convolution is run forward and backward in
    both, for a second at most; processor time is taken, and the least of it, so that other
    programs do not decide.
    """
    started = time.perf_counter()
    least = dict.fromkeys(_TIMED, float("inf"))
    generator = torch.Generator().manual_seed(0)
    images, filters = (
        torch.randn(shape, generator=generator)
        .to(memory_format=torch.channels_last)
        .requires_grad_()
        for shape in ((16, 64, 20, 20), (64, 64, 3, 3))
    )
    for _ in range(_ROUNDS):
        for dtype in _TIMED:
            before = time.process_time()
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
                maps = functional.conv2d(images, filters, padding=1)
            torch.autograd.grad(maps.sum(), (images, filters))
            least[dtype] = min(least[dtype], time.process_time() - before)
        if time.perf_counter() - started > _SECONDS:
            break
    return least[torch.float32] > _GAIN * least[torch.bfloat16]


def _keep_freed_memory() -> None:
    """Let glibc keep the memory that tensors leave, for the next ones.

    By default it hands every large block back to the system, and each step of a training asks
    for the same blocks again, page by page: a fifth of the step's time. Nothing changes where the
    C library is another one.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    for parameter, size in _MALLOPT.items():
        mallopt(parameter, size)


# From malloc.h: M_MMAP_THRESHOLD (32 MiB is the most it takes), M_TRIM_THRESHOLD, M_TOP_PAD; bytes.
_MALLOPT = {-3: 32 * 2**20, -1: 2**30, -2: 64 * 2**20}


def _processor_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():  # Linux; platform.processor() is empty there
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
