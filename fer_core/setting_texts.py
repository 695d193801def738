"""What a setting's text lists: epochs, kinds of findings, or the stages of a training."""

import math
from typing import NamedTuple

from fer_core.errors import InputError
from fer_core.records import AUDIT_FLAGS, IMAGE_SIZE

SMALLEST_SIDE = 8  # pixels


class Stage(NamedTuple):
    """A part of a training with images of its own side, in pixels; end: of the training, 0..1."""

    side: int
    end: float

    def last_epoch(self, epochs: int) -> int:
        """Return its last epoch, counted from 1, of so many in all."""
        return math.ceil((self.end - 1e-9) * epochs)  # 0.1 + 0.2 is 0.30000000000000004


def read_numbers(kept: str, epochs: int) -> tuple[int, ...]:
    """Return the epochs in a text such as ``1,5,20``, ascending."""
    words = [word.strip() for word in kept.split(",") if word.strip()]
    for word in words:
        if not (word.isascii() and word.isdigit() and 1 <= int(word) <= epochs):
            raise InputError(
                f"keep_epochs is {kept!r}: {word!r} is none of the epochs 1 to {epochs}; write "
                "them as 1,5,20"
            )
    return tuple(sorted({int(word) for word in words}))


def read_kinds(drop: str) -> tuple[str, ...]:
    """Return the kinds of AUDIT_FLAGS in a comma-separated text, in their order."""
    named = {kind.strip().replace("_", "-") for kind in drop.split(",")} - {""}
    if unknown := sorted(named - set(AUDIT_FLAGS)):
        raise InputError(
            f"drop is {drop!r}: no finding {unknown[0]!r}; use some of {', '.join(AUDIT_FLAGS)}"
        )
    return tuple(kind for kind in AUDIT_FLAGS if kind in named)


def read_stages(sides: str) -> tuple[Stage, ...]:
    """Return the stages in a text such as ``32:0.4,40:0.3``: side and part of the training."""
    stages: list[Stage] = []
    for word in filter(None, (word.strip() for word in sides.split(","))):
        side, _, part = word.partition(":")
        try:
            share = float(part)
        except ValueError:
            share = 0.0
        sound = side.isascii() and side.isdigit() and SMALLEST_SIDE <= int(side) <= IMAGE_SIZE
        end = share + (stages[-1].end if stages else 0.0)
        if not sound or not share > 0 or not end < 1:
            raise InputError(
                f"sides is {sides!r}: {word!r} is no side from {SMALLEST_SIDE} to {IMAGE_SIZE} with"
                " a part of the training, all parts below 1; write them as 32:0.4,40:0.3"
            )
        stages.append(Stage(int(side), end))
    return tuple(stages)
