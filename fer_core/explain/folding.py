"""A copy of a model that gives the same logits in less time, for many forward passes."""

import copy
from collections import Counter
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

from fer_core.records import IMAGE_SIZE


def faster(model: nn.Module) -> nn.Module:
    """Return a copy in evaluation with batch norms folded into convolutions, maps channels last.

    A batch norm is folded where it directly follows a convolution in an nn.Sequential and nothing
    else uses that convolution (Jacob et al. 2018, section 3.2); any other stays. The model itself
    is returned where there is nothing to gain, where it cannot be copied, and where the copy's
    logits differ: code may take a convolution's output from the middle of a Sequential, or count
    on the order of values in memory.
    """
    if not any(isinstance(module, nn.Conv2d) for module in model.modules()):
        return model
    try:
        twin = copy.deepcopy(model).eval().requires_grad_(False)
    except (RuntimeError, TypeError):  # it holds what cannot be copied, e.g. a tensor with a graph
        return model
    _fold(twin)
    if not any(getattr(part, "keeps_layout", False) for part in twin.modules()):
        twin.to(memory_format=torch.channels_last)
    return twin if _agree(model, twin) else model


def _fold(model: nn.Module) -> None:
    uses = Counter(module for _, module in model.named_modules(remove_duplicate=False))
    # A subclass of Sequential may run its parts in another order.
    chains = [module for module in model.modules() if type(module) is nn.Sequential]
    for chain in chains:
        for place, (conv, norm) in enumerate(pairwise(list(chain))):
            if (
                type(conv) is nn.Conv2d
                and type(norm) is nn.BatchNorm2d
                and norm.running_mean is not None
                and uses[conv] == 1
                and not (_has_hooks(conv) or _has_hooks(norm))
            ):
                chain[place] = fuse_conv_bn_eval(conv, norm)
                chain[place + 1] = nn.Identity()


def _has_hooks(module: nn.Module) -> bool:
    return bool(module._forward_hooks or module._forward_pre_hooks)


def _agree(model: nn.Module, twin: nn.Module) -> bool:
    weight = next(model.parameters())
    random = torch.Generator().manual_seed(0)  # what is chosen depends on the model alone
    probe = torch.rand(2, 1, IMAGE_SIZE, IMAGE_SIZE, generator=random, dtype=torch.float64)
    probe = probe.to(weight.device, weight.dtype)
    with torch.no_grad():  # not inference_mode: a model may keep a tensor for later
        wanted = model(probe.clone())  # which may begin with an in-place operation
        try:
            got = twin(probe)
        except RuntimeError:  # `view` of maps that lie channels last
            return False
    if not isinstance(wanted, torch.Tensor):  # for `Subject` to refuse
        return False
    tolerance = torch.finfo(weight.dtype).eps ** 0.5 * wanted.abs().max()
    return bool((got - wanted).abs().max() <= tolerance)
