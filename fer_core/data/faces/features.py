"""Eyes, brows, nose and mouth: where the expression is."""

import numpy as np

from fer_core.data.faces.canvas import BROWS, EYES, MOUTH, NOSE, Canvas, edge, hill
from fer_core.data.faces.parameters import Faces


def draw_nose(canvas: Canvas, faces: Faces) -> None:
    """Draw the ridge, nostrils, wrinkles and the folds from the nose to the mouth."""
    canvas = canvas.box((-0.6, 0.6), (-0.3, 0.6))
    u, v = canvas.u - faces.yaw * 0.5, canvas.v
    tip = faces.nose_length - 0.03 * faces.nose_wrinkle
    down = np.clip((v + 0.12) / (tip + 0.12), 0, 1)
    wide = faces.nose_width * (0.45 + 0.55 * np.square(down))
    along = edge(np.maximum(-0.15 - v, v - tip), 0.1)
    canvas.darken(hill(np.square(u / (0.6 * wide))) * along, -0.13)
    for side in (-1, 1):
        flank = hill(np.square((u - side * wide * 1.05) / (0.6 * wide))) * along
        canvas.darken(flank, 0.14 - 0.16 * side * faces.light_x)
        nostril = np.square((u - side * faces.nose_width * 0.5) / 0.08)
        nostril += np.square((v - tip - 0.01) / 0.05)
        canvas.darken(hill(nostril), 0.75)
    from_corner = np.abs(u) - (faces.nose_width + 0.05 + (v - tip) * 0.55)
    fold = hill(np.square(from_corner / 0.05)) * hill(np.square((v - tip - 0.1) / 0.2))
    canvas.darken(fold, 0.1 + 0.35 * np.maximum(faces.cheek, faces.nose_wrinkle))
    under = np.square(u / (faces.nose_width * 1.1)) + np.square((v - tip - 0.03) / 0.06)
    canvas.darken(hill(under), 0.22)
    bridge = hill(np.square(u / 0.18) + np.square((v + 0.03) / 0.2))
    canvas.darken(np.cos((v + 0.02) * 40) * bridge, 0.3 * faces.nose_wrinkle)
    canvas.regions[(np.abs(u) < wide + 0.05) & (v > -0.12) & (v < tip + 0.08)] = NOSE


def draw_eye(canvas: Canvas, faces: Faces, side: int) -> None:
    """Draw one eye; side: -1 the one on the image's left, 1 the one on its right."""
    left, right = sorted((0.0, side * 0.65))
    canvas = canvas.box((left, right), (-0.4, 0.25))
    u, v = canvas.u - side * faces.eye_distance, canvas.v + 0.1
    arc = 1 - np.square(u / (0.18 * faces.eye_size))
    top = -faces.eye_open * faces.eye_size * arc
    bottom = (0.05 - 0.05 * faces.lower_lid) * faces.eye_size * arc + 0.01
    within = edge(-arc, 0.35)
    opening = edge(np.maximum(top - v, v - bottom), 1.1 * canvas.pixel)
    opening *= arc > 0
    canvas.paint(opening, 0.35 + 0.7 * faces.skin)
    ball = np.sqrt(np.square(u - faces.gaze) + np.square(v + 0.012))
    iris = edge(ball - 0.068, 1.2 * canvas.pixel)
    iris *= opening
    canvas.paint(iris, 0.12)
    canvas.darken(hill(np.square((v - top) / 0.045)) * within, 0.72)
    canvas.darken(hill(np.square((v - bottom) / 0.04)) * within, 0.25 + 0.3 * faces.lower_lid)
    canvas.darken(hill(np.square((v - top + 0.06) / 0.03)) * within, 0.2)
    # The bag under an eye that a raised cheek pushes up.
    bag = hill(np.square((v - 0.14 + 0.03 * arc) / 0.04)) * within
    canvas.darken(bag, 0.08 + 0.35 * faces.cheek)
    area = (arc > -0.3) & (v > np.minimum(top, -0.04) - 0.035) & (v < 0.09)
    canvas.regions[area] = EYES


def draw_brow(canvas: Canvas, faces: Faces, side: int) -> None:
    """Draw one brow and the line between the brows beside it."""
    left, right = sorted((-side * 0.1, side * 0.7))
    canvas = canvas.box((left, right), (-0.65, 0.0))
    u, v = canvas.u * side, canvas.v
    inner = faces.eye_distance - 0.19 - 0.035 * faces.furrow
    outwards = (u - inner) / (faces.eye_distance + 0.23 - inner)
    raised = faces.brow_inner + (faces.brow_outer - faces.brow_inner) * outwards
    middle = -0.29 - raised - 0.05 * (1 - np.square(2 * outwards - 1))
    gap = np.abs(v - middle) - faces.brow_thickness * (1.1 - 0.5 * outwards)
    ends = 0.4 * np.maximum(-outwards, outwards - 1)
    mask = edge(np.maximum(gap, ends), 1.8 * canvas.pixel)
    mask *= 0.85
    canvas.paint(mask, faces.brow_tone)
    line = np.square((u - 0.055) / 0.035) + np.square((v + 0.27) / 0.13)
    canvas.darken(hill(line), 0.45 * faces.furrow)
    canvas.regions[(gap < 0.035) & (ends < 0.035)] = BROWS


def draw_mouth(canvas: Canvas, faces: Faces) -> None:
    """Draw the lips, the opening with tongue and teeth, and the corners."""
    canvas = canvas.box((-0.65, 0.65), (0.2, 1.1))
    across = canvas.u / faces.mouth_width
    arc = 1 - np.square(across)
    bow = np.maximum(arc, 0)
    v = canvas.v - (0.54 + faces.mouth_curve * (arc - 0.6) + faces.skew * across)
    opening = faces.mouth_open * bow
    top = -opening - faces.lip_raise * 0.05 * bow
    bottom = opening * 1.3
    full = faces.lips * np.sqrt(bow)
    upper, lower = top - full * 0.8, bottom + full * 1.25
    held = arc > 0
    lips = edge(np.maximum(upper - v, v - lower), 1.3 * canvas.pixel) * held
    canvas.darken(lips, 0.32)
    canvas.darken(hill(np.square((v - bottom - full * 0.6) / 0.06)) * bow, -0.25)
    opened = np.minimum(faces.mouth_open * 30, 1)
    hole = edge(np.maximum(top - v, v - bottom), canvas.pixel) * held
    hole *= opened
    canvas.paint(hole, 0.1)
    tongue = hill(np.square(across / 0.7) + np.square((v - bottom) / (0.7 * opening + 0.01)))
    canvas.paint(tongue * hole, 0.1 + 0.35 * faces.skin)
    biting = np.minimum(bottom, top + faces.teeth * (bottom - top))
    teeth = edge(np.maximum(top + 0.01 - v, v - biting), canvas.pixel) * (arc > 0.08)
    teeth *= np.minimum(faces.teeth * 6, 1) * opened
    canvas.paint(teeth, 0.35 + 0.6 * faces.skin)
    closed = hill(np.square(v / 0.04)) * edge(-arc, 0.3)
    canvas.darken(closed, 0.65 * (1 - opened))
    canvas.darken(hill(np.square(across / 0.8) + np.square((v - lower - 0.06) / 0.06)), 0.16)
    canvas.darken(hill(np.square((np.abs(across) - 1) / 0.2) + np.square(v / 0.06)), 0.35)
    canvas.regions[(arc > -0.15) & (v > upper - 0.03) & (v < lower + 0.03)] = MOUTH
