"""What is looked at of an image for one answer: the image, its mirror image, or ten crops."""

from collections.abc import Iterator

from torch import Tensor

from fer_core.errors import InputError
from fer_core.records import AVERAGINGS

CROP = 44  # pixels of a side; of 48, as is usual with FER2013


def check_averaging(averaging: str) -> None:
    """Raise InputError for what is none of AVERAGINGS."""
    if averaging not in AVERAGINGS:
        raise InputError(f"averaging is {averaging!r}; use one of {', '.join(AVERAGINGS)}")


def views(images: Tensor, averaging: str) -> Iterator[Tensor]:
    """Yield the views of a batch (N, 1, S, S) whose mean of probabilities is its answer.

    ``none``: the images; ``flip``: they and their mirror images; ``crops``: the square windows of
    CROP pixels at the four corners and in the centre, each followed by its mirror image
    (Krizhevsky et al. 2012, section 4.1), each (N, 1, CROP, CROP), S at least CROP. A network sees
    a window as it sees a whole image, resized to its own side.
    """
    for window in _corners_and_centre(images) if averaging == "crops" else (images,):
        yield window
        if averaging != "none":
            yield window.flip(3)


def _corners_and_centre(images: Tensor) -> Iterator[Tensor]:
    end = images.shape[-1] - CROP
    for top, left in ((0, 0), (0, end), (end, 0), (end, end), (end // 2, end // 2)):
        yield images[..., top : top + CROP, left : left + CROP]
