"""Which arrays show faces of real people: those leave a store only when a person says so.

Whatever is computed pixel by pixel from one face shows that face, also a heat map or a layer's
output. Synthetic faces are nobody's, and averages over many images, and images made from noise,
show nobody. Kinds that are not known here may show anything.
"""

from fer_core.records import (
    ADVERSARIAL,
    CLASS_IMAGES,
    DREAM,
    EXPLANATION,
    FILTER_ACTIVATIONS,
    FILTER_SIMILARITY,
    FILTERS,
    KERNELS,
    LAYER_OUTPUTS,
    ROBUSTNESS,
    SEGMENT_WEIGHTS,
    SEGMENTS,
    SOURCE,
    TOP_IMAGES,
)

_NOBODY = {SOURCE, KERNELS, FILTER_SIMILARITY, TOP_IMAGES, ROBUSTNESS}
# From noise, the mean face, or an image; activations go with their filters.
_FROM_A_START = {FILTERS, FILTER_ACTIVATIONS, CLASS_IMAGES}
_STARTS = {"", "noise", "mean-face"}
_FROM_AN_IMAGE = {EXPLANATION, SEGMENTS, SEGMENT_WEIGHTS, LAYER_OUTPUTS, ADVERSARIAL, DREAM}


def shows_a_person(kind: str, sample: str, *, synthetic: bool) -> bool:
    """Tell whether a run's array of this kind and sample may show a real face.

    synthetic: whether the run's data set is. A photo that was kept is of a person in any case.
    """
    if kind in _NOBODY or (kind in _FROM_A_START and sample in _STARTS):
        return False
    return not (synthetic and kind in _FROM_A_START | _FROM_AN_IMAGE)
