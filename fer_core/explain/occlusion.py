"""Occlusion: how far the score drops where a patch is covered (Zeiler & Fergus 2014, 4.2)."""

import torch

from fer_core.explain.absence import without_content
from fer_core.explain.maps import Maps
from fer_core.explain.options import whole
from fer_core.explain.subject import Subject

SIGNED = True


def explain(subject: Subject, *, patch: int = 8, stride: int = 4, fill: str = "mean") -> Maps:
    """Return for each pixel the mean drop, score minus score with a patch covered, over the
    patches that hold it: positive where what is there speaks for the class.

    patch: side of the square; stride: pixels from one to the next, at most a patch; a last one
    ends at the edge; fill: what covers it, ``black``, ``mean`` (the image's grey) or ``blurred``.
    """
    side = subject.images.shape[-1]
    whole("patch", patch, 1, side)
    whole("stride", stride, 1, patch)
    cover = without_content(subject.images, fill, option="fill")
    masks = _masks(side, patch, stride, subject.images.device)
    with torch.no_grad():
        before = subject.target_scores(subject.images, subject.every)
        after = []
        for part in subject.rounds(len(masks)):
            mask = masks[part][None, :, None]
            changed = torch.where(mask, cover[:, None], subject.images[:, None]).flatten(0, 1)
            of = subject.every.repeat_interleave(len(part))
            after.append(subject.target_scores(changed, of).view(-1, len(part)))
    drops = before[:, None] - torch.cat(after, 1)
    held = masks.to(drops)
    return Maps(torch.einsum("np,phw->nhw", drops, held) / held.sum(0))


def _masks(side: int, patch: int, stride: int, device: torch.device) -> torch.Tensor:
    """Return (P, side, side) bool: which pixels each of the P patches covers, row by row."""
    starts = torch.tensor([*range(0, side - patch, stride), side - patch], device=device)
    pixels = torch.arange(side, device=device)
    inside = (pixels >= starts[:, None]) & (pixels < starts[:, None] + patch)
    return (inside[:, None, :, None] & inside[None, :, None, :]).flatten(0, 1)
