"""What the hardware can do: the only place that asks."""

import ctypes
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import torch

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

    ``auto`` takes bfloat16 only where the hardware computes in it; elsewhere it is slower.
    local_rank: the number of this process among those of this machine that train together; it
    is its GPU's number, too.
    """
    if kind not in DEVICES:
        raise InputError(f"device is {kind!r}; use one of {', '.join(DEVICES)}")
    if kind == "cuda" and not torch.cuda.is_available():
        raise InputError("device is 'cuda', but torch sees no GPU here; use --device cpu")
    cuda = kind == "cuda" or (kind == "auto" and torch.cuda.is_available())
    if precision == "auto":
        fast = torch.cuda.is_bf16_supported() if cuda else torch.cpu._is_avx512_bf16_supported()
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
