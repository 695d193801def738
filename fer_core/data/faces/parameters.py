"""The parameters of the faces that the renderer draws."""

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True, eq=False)
class Faces:
    """The parameters of n faces, each (n, 1, 1) float32.

    Lengths are in head units unless it says pixels: (0, 0) is the middle of the head, (0, 1) its
    chin; x points to the image's right, y down. Tones are greys in 0..1.
    """

    # The expression.
    brow_inner: np.ndarray  # raised inner ends of the brows
    brow_outer: np.ndarray  # raised outer ends
    furrow: np.ndarray  # brows drawn together, with lines between them: 0..1
    eye_open: np.ndarray  # from the eye's middle to the upper lid
    lower_lid: np.ndarray  # how far the lower lid comes up: 0..1
    cheek: np.ndarray  # raised cheeks: 0..1
    nose_wrinkle: np.ndarray  # 0..1
    mouth_curve: np.ndarray  # corners up (+) or down (-)
    mouth_width: np.ndarray  # half of it
    mouth_open: np.ndarray  # half the height of the opening
    teeth: np.ndarray  # share of the opening that the upper teeth fill
    lip_raise: np.ndarray  # raised upper lip: 0..1
    skew: np.ndarray  # one corner of the mouth higher than the other

    # The person.
    head_width: np.ndarray  # half of it
    jaw: np.ndarray  # how much the face narrows towards the chin
    eye_distance: np.ndarray  # from the middle
    eye_size: np.ndarray  # a factor
    brow_thickness: np.ndarray
    brow_tone: np.ndarray
    nose_length: np.ndarray
    nose_width: np.ndarray  # half of it
    lips: np.ndarray  # thickness
    skin: np.ndarray
    hair: np.ndarray
    hairline: np.ndarray  # its height in the middle
    parting: np.ndarray  # slope of the hairline
    hair_sides: np.ndarray  # where hair beside the face begins
    beard: np.ndarray  # 0..1

    # The scene.
    scale: np.ndarray  # pixels a head unit
    shift_x: np.ndarray  # pixels
    shift_y: np.ndarray
    roll: np.ndarray  # radians
    yaw: np.ndarray  # how far the features move to a side
    pitch: np.ndarray  # and down
    gaze: np.ndarray  # how far the irises move to a side
    light_x: np.ndarray  # direction of the light: positive from the right, from below
    light_y: np.ndarray
    light: np.ndarray  # its strength: 0..1
    glasses: np.ndarray  # 0 or 1
    hand: np.ndarray  # 0 or 1
    hand_x: np.ndarray
    hand_y: np.ndarray
    hand_angle: np.ndarray  # radians
    background: np.ndarray
    background_x: np.ndarray  # its gradient: from the middle to the border
    background_y: np.ndarray

    def take(self, chosen: np.ndarray) -> "Faces":
        """Return some of the faces; chosen: indices."""
        return Faces(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})
