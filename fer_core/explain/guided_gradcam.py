"""Guided Grad-CAM: guided backpropagation where Grad-CAM is warm (Selvaraju et al. 2017)."""

from fer_core.explain import gradcam, guided_backprop
from fer_core.explain.layers import LAST
from fer_core.explain.maps import Maps
from fer_core.explain.subject import Subject

SIGNED = True


def explain(subject: Subject, *, layer: str = LAST) -> Maps:
    """Return the product of `guided_backprop` and the layer's `gradcam` (section 3.2), with the
    extras of the former."""
    where = gradcam.explain(subject, layer=layer)
    guided = guided_backprop.explain(subject)
    return Maps(guided.maps * where.maps, guided.extras, where.layer)
