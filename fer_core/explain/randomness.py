"""Random numbers that belong to an image, not to its place in a batch."""

import hashlib

import numpy as np
import torch


def generator_for(image: torch.Tensor, seed: int) -> np.random.Generator:
    """Return a generator that the seed (from 0) and the image's pixels, as float32, decide."""
    pixels = image.detach().float().cpu().contiguous().numpy()
    digest = hashlib.sha256(pixels.tobytes()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, np.uint32).tolist()])
