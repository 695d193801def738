"""Head, hair, and what lies before the face: glasses and a hand."""

import numpy as np

from fer_core.data.faces.canvas import CHEEKS, FOREHEAD, REST, Canvas, edge, hill
from fer_core.data.faces.parameters import Faces


def draw_head(canvas: Canvas, faces: Faces) -> None:
    """Draw neck, ears and the lit head with its cheeks."""
    x, y, u, v = canvas.x, canvas.y, canvas.u, canvas.v
    neck = np.maximum(np.abs(x) - faces.head_width * 0.62, 0.75 - y)
    canvas.paint(edge(neck, canvas.pixel), faces.skin * 0.5)
    ear = np.square((np.abs(x) - faces.head_width) / 0.1) + np.square((y - 0.02) / 0.2)
    canvas.paint(edge(ear - 1, 12 * canvas.pixel), faces.skin * 0.6)

    half = faces.head_width * (1 - faces.jaw * np.square(np.maximum(y, 0)))
    across = x / half
    square = np.square(across) + np.square(y)
    inside = edge(np.sqrt(square) - 1, 1.6 * canvas.pixel)
    # Lambert's law on an ellipsoid, on top of a part of light that comes from everywhere.
    depth = np.sqrt(np.maximum(1 - square, 0.02))
    shade = across * faces.light_x + y * faces.light_y + depth * 0.75
    skin = faces.skin * (0.62 + faces.light * shade)
    canvas.paint(inside, skin)

    for side in (-1, 1):
        away = np.square((u - side * faces.eye_distance) / 0.3)
        canvas.darken(hill(away + np.square((v + 0.12) / 0.2)), 0.22)
        bump = np.square((u - side * 0.42) / 0.26)
        bump += np.square((v - 0.33 + 0.08 * faces.cheek) / 0.22)
        canvas.darken(hill(bump), -0.1 - 0.15 * faces.cheek)
    canvas.darken(hill(np.square(u / 0.7) + np.square((v - 0.85) / 0.45)), faces.beard)

    visible = inside > 0.5
    canvas.regions[(v < -0.3) & visible] = FOREHEAD
    cheeks = np.square((np.abs(u) - 0.42) / 0.22) + np.square((v - 0.3) / 0.24) < 1
    canvas.regions[cheeks & visible] = CHEEKS


def draw_hair(canvas: Canvas, faces: Faces) -> None:
    """Draw the hair above and beside the face; what is off the head is no region of it."""
    x, y = canvas.x, canvas.y
    half = faces.head_width * (1 - faces.jaw * np.square(np.maximum(y, 0)))
    canvas.regions[np.square(x / half) + np.square(y) > 1] = REST
    cap = np.sqrt(np.square(x / (faces.head_width * 1.1)) + np.square(y / 1.12)) - 1
    off_middle = x + 0.3 * faces.yaw
    hairline = faces.hairline + 0.45 * np.square(off_middle) + faces.parting * off_middle
    # Strands: the hairline is ragged, and light runs along them.
    strands = np.cos(off_middle * 23 + 9 * faces.parting) * np.cos(off_middle * 8 + y)
    front = y - hairline + 0.018 * strands
    sides = faces.hair_sides - np.abs(canvas.u) + 0.2 * np.maximum(y, 0)
    mask = edge(np.maximum(cap, np.minimum(front, sides)), 2.2 * canvas.pixel)
    lit = hill(np.square((x - faces.light_x * 0.6) / 0.6) + np.square((y + 0.8) / 0.35))
    canvas.paint(mask, faces.hair * (1 + 0.5 * lit + 0.2 * strands))
    canvas.regions[mask > 0.5] = REST


def draw_glasses(canvas: Canvas, faces: Faces) -> None:
    """Draw glasses on the faces that wear some."""
    wear = np.flatnonzero(faces.glasses)
    if not len(wear):
        return
    faces = faces.take(wear)
    u, v, pixel = canvas.u[wear], canvas.v[wear], canvas.pixel[wear]
    frame = np.maximum(np.abs(u) - (faces.eye_distance - 0.23), np.abs(v + 0.13) - 0.01)
    for side in (-1, 1):
        lens = np.square((u - side * faces.eye_distance) / 0.25)
        lens = np.square(lens) + np.square(np.square((v + 0.07) / 0.19))
        frame = np.minimum(frame, np.abs(lens - 1) / 16 - 0.018)
    mask = edge(frame, pixel) * 0.85
    canvas.grey[wear] += mask * (0.12 - canvas.grey[wear])


def draw_hand(canvas: Canvas, faces: Faces) -> None:
    """Draw a hand before the faces that have one there; it covers their regions."""
    shown = np.flatnonzero(faces.hand)
    if not len(shown):
        return
    faces = faces.take(shown)
    x, y = canvas.x[shown] - faces.hand_x, canvas.y[shown] - faces.hand_y
    cosine, sine = np.cos(faces.hand_angle), np.sin(faces.hand_angle)
    along, across = x * cosine + y * sine, y * cosine - x * sine
    palm = 0.3 * np.sqrt(np.square(along / 0.34) + np.square(across / 0.3)) - 0.3
    finger = np.abs(np.mod(across + 0.3, 0.15) - 0.075) - 0.075
    tips = 0.75 - 1.2 * np.square(across)
    fingers = np.maximum(np.abs(across) - 0.29, np.maximum(-along, along - tips))
    arm = np.maximum(np.abs(across) - 0.22, along)
    outline = np.minimum(np.minimum(palm, fingers), arm)
    mask = edge(outline, 1.5 * canvas.pixel[shown])
    tone = faces.skin * (0.7 + 0.3 * faces.light - 0.1 * along)
    gaps = hill(np.square(finger / 0.03)) * (along > 0.1)
    tone *= 1 - 0.4 * gaps
    # The shadow that the hand throws on the face makes it stand out.
    canvas.grey[shown] *= 1 - 0.35 * edge(outline, 8 * canvas.pixel[shown])
    canvas.grey[shown] += mask * (tone - canvas.grey[shown])
    hidden = canvas.regions[shown]
    hidden[mask > 0.5] = REST
    canvas.regions[shown] = hidden
