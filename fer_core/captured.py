"""A step that is recorded once as a CUDA graph and then replayed: one launch for all its kernels.

The step of a small network is bound by launching its kernels one by one, not by computing.
"""

import itertools
import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import torch

_log = logging.getLogger(__name__)
_WARM_UP = 3  # steps, as torch does before a recording
_WAITED = "called a synchronizing CUDA operation"  # how torch's sync debug mode says so
Step = Callable[[], None]


class Captured:
    """A step on the current CUDA device: its first calls run it, later ones replay it.

    step: trains `model`; it reads and changes only tensors that stay where they are, and what it
    makes for itself may come and go. Each call is one step, those that warm up as well: they make
    what an optimizer and the libraries make when they are first used, and nothing has to be taken
    back, since to record executes nothing.

    What cannot be recorded goes on as it began, and one line of the log says why: see
    `obstacle_of`. Random numbers of the default CUDA generator are fresh ones in each replay.
    """

    def __init__(self, step: Step, model: torch.nn.Module) -> None:
        self._step = step
        self._model = model
        self._stream = torch.cuda.Stream()
        self._warm_ups_left = _WARM_UP
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self) -> None:
        """Take one step."""
        if self._graph is not None:
            self._graph.replay()
        elif self._warm_ups_left == 0:
            self._step()
        else:
            self._warm_up()

    def _warm_up(self) -> None:
        # Aside, since what autograd keeps of a step on the default stream cannot be recorded.
        current = torch.cuda.current_stream()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            obstacle = obstacle_of(self._step, self._model)
        current.wait_stream(self._stream)
        self._warm_ups_left -= 1
        if self._warm_ups_left > 0:
            return
        if not obstacle:
            try:
                self._graph = _recorded(self._step, self._stream)
            except RuntimeError as error:
                first = error.__context__ or error  # the end of the recording fails once more
                obstacle = str(first).partition("\n")[0]
        if obstacle:
            _log.warning("each step is launched anew, without a CUDA graph: %s", obstacle)


def repeated(step: Step, model: torch.nn.Module, device: torch.device) -> Step:
    """Return what takes a training step of `model` again and again in `device`'s fastest way.

    Recorded where it is a GPU of this process alone: several processes wait for each other
    within a step.
    """
    several = torch.distributed.is_available() and torch.distributed.is_initialized()
    return Captured(step, model) if device.type == "cuda" and not several else step


def obstacle_of(step: Step, model: torch.nn.Module) -> str:
    """Take a training step of `model`; return what in it keeps it from being recorded, or "".

    It may wait for the device (a recording that fails leaves torch's generator unusable, so that
    it is better known before), and what replaying would freeze: random numbers from the CPU, and
    a buffer that `forward` replaces by another tensor.
    """
    drawn = torch.get_rng_state()
    places = _places(model)
    mode = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            step()
        finally:
            torch.cuda.set_sync_debug_mode(mode)
    for warning in caught:
        if _WAITED in str(warning.message):
            return f"{Path(warning.filename).name}:{warning.lineno} waits for the device"
    if not torch.equal(drawn, torch.get_rng_state()):
        return "random numbers are drawn on the CPU; draw them on the images' device"
    for name, place in _places(model).items():
        if places.get(name) != place:
            return f"{name} became another tensor; change it in place, as with copy_"
    return ""


def _places(model: torch.nn.Module) -> dict[str, int]:
    tensors = itertools.chain(model.named_parameters(), model.named_buffers())
    return {name: tensor.data_ptr() for name, tensor in tensors}


def _recorded(step: Step, stream: torch.cuda.Stream) -> torch.cuda.CUDAGraph:
    graph = torch.cuda.CUDAGraph()
    current = torch.cuda.current_stream()
    generator = torch.cuda.default_generators[torch.cuda.current_device()]
    before = generator.clone_state()
    try:
        with torch.cuda.graph(graph, stream=stream):
            step()
    except RuntimeError:
        # torch leaves both as they were within the recording, and every later dropout would fail.
        torch.cuda.set_stream(current)
        generator.graphsafe_set_state(before)
        raise
    return graph
