"""Where a GPU's time goes in a piece of work: kernels by their time, and the share it idles."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

MOST = 15


def idle_share(intervals: Iterable[tuple[float, float]]) -> float:
    """Return the share, between the first start and the last end, in which nothing runs.

    intervals: (start, end), in any order; they may overlap.
    """
    spans = sorted(intervals)
    busy, reached = 0.0, spans[0][0]
    for start, end in spans:
        busy += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return 1 - busy / (reached - spans[0][0])


def profiled(work: Callable[[], object]) -> dict[str, Any]:
    """Run some work; return its kernels (on a CPU, torch's operations) with the most time in all,
    each with milliseconds, calls and share of the busy time, and the idle share (on a GPU)."""
    on_gpu = torch.cuda.is_available()
    activities = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * on_gpu
    with profile(activities=activities) as found:
        work()
        if on_gpu:
            torch.cuda.synchronize()
    kind = DeviceType.CUDA if on_gpu else DeviceType.CPU
    events = [e for e in found.events() if e.device_type == kind and not e.is_user_annotation]
    seconds: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for event in events:
        # On a CPU an operation's own time: others run within it.
        time = event.time_range.elapsed_us() if on_gpu else event.self_cpu_time_total
        seconds[event.name] += time
        calls[event.name] += 1
    whole = sum(seconds.values())
    top = [
        {"name": name, "ms": time / 1000, "calls": calls[name], "share": time / whole}
        for name, time in seconds.most_common(MOST)
    ]
    idle = idle_share((e.time_range.start, e.time_range.end) for e in events) if on_gpu else None
    return {"top": top, "busy_ms": whole / 1000, "idle_share": idle}
