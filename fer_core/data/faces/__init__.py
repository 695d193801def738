"""A renderer of small grey faces: parameters in, images and region maps out, whole batches."""

import numpy as np

from fer_core.data.faces.canvas import Canvas
from fer_core.data.faces.features import draw_brow, draw_eye, draw_mouth, draw_nose
from fer_core.data.faces.head import draw_glasses, draw_hair, draw_hand, draw_head
from fer_core.data.faces.parameters import Faces

__all__ = ["Faces", "draw"]


def draw(faces: Faces) -> tuple[np.ndarray, np.ndarray]:
    """Draw n faces, from the background to what lies before the face.

    Return the images, (n, 48, 48) float32 greys of about 0..1, not clipped, and the regions,
    (n, 48, 48) uint8 indices into REGION_NAMES, of what is visible: the background, hair, neck
    and a hand before the face are ``rest``; a feature's region is a little larger than its ink.
    """
    canvas = Canvas.of(faces)
    draw_head(canvas, faces)
    draw_nose(canvas, faces)
    for side in (-1, 1):
        draw_eye(canvas, faces, side)
        draw_brow(canvas, faces, side)
    draw_mouth(canvas, faces)
    draw_hair(canvas, faces)
    draw_glasses(canvas, faces)
    draw_hand(canvas, faces)
    return canvas.grey, canvas.regions
