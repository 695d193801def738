"""A renderer of small grey faces: parameters in, images and region maps out, whole batches.

Lengths are in head units: the head's middle is (0, 0), its chin (0, 1), y points down, x to the
image's right. Every mask is soft (0 to 1), about a pixel wide at its edge, so that nothing needs
to be drawn larger and scaled down. All arrays are float32 of shape (n, 48, 48) or (n, 1, 1).
"""

from dataclasses import dataclass

import numpy as np

from fer_core.records import IMAGE_SIZE, REGION_NAMES

Array = np.ndarray
REST, BROWS, EYES, NOSE, MOUTH, CHEEKS, FOREHEAD = range(len(REGION_NAMES))


@dataclass(frozen=True, eq=False)
class Faces:
    """The parameters of n faces, each (n, 1, 1) float32.

    Actions (the expression) come first, then the person, then the scene. Tones are greys in 0..1.
    """

    brow_inner: Array  # raised inner end of the brows
    brow_outer: Array  # raised outer end
    furrow: Array  # brows drawn together: lines between them
    eye_open: Array  # half the height of the opening
    lower_lid: Array  # how far the lower lid comes up, 0..1
    cheek: Array  # raised cheeks, 0..1
    nose_wrinkle: Array  # 0..1
    mouth_curve: Array  # corners up (+) or down (-)
    mouth_width: Array  # half-width
    mouth_open: Array  # half the height of the opening
    teeth: Array  # share of the opening that the upper teeth fill
    lip_raise: Array  # raised upper lip, 0..1
    skew: Array  # one corner of the mouth higher than the other

    head_width: Array
    jaw: Array  # how much the face narrows towards the chin
    eye_distance: Array
    eye_size: Array
    brow_thickness: Array
    brow_tone: Array
    nose_length: Array
    nose_width: Array
    lips: Array  # thickness
    skin: Array
    hair: Array
    hairline: Array
    hair_sides: Array
    beard: Array

    scale: Array  # pixels a head unit
    shift_x: Array  # pixels
    shift_y: Array
    roll: Array  # radians
    yaw: Array  # how far the features move towards one side, head units
    pitch: Array
    gaze: Array
    light_x: Array
    light_y: Array
    light: Array  # strength
    glasses: Array  # 0 or 1
    hand: Array  # 0 or 1
    hand_x: Array
    hand_y: Array
    hand_angle: Array
    background: Array
    background_x: Array  # gradient
    background_y: Array


def draw(faces: Faces) -> tuple[Array, Array]:
    """Draw n faces.

    Return the images, (n, 48, 48) float32 greys (about 0..1, not clipped), and the regions,
    (n, 48, 48) uint8 indices into REGION_NAMES, of what is visible: hair, background and a hand
    before the face are ``rest``.
    """
    return _Drawing(faces).result()


def _edge(distance: Array, width: float | Array) -> Array:
    """Return a mask from a signed distance (negative inside) with an edge `width` wide."""
    mask = distance / -width
    mask += 0.5
    return np.clip(mask, 0, 1, out=mask)


def _hill(square: Array) -> Array:
    """Return a smooth bump from a squared distance: 1 in the middle, 0 from 1 on."""
    bump = 1 - square
    np.maximum(bump, 0, out=bump)
    return np.multiply(bump, bump, out=bump)


class _Drawing:
    def __init__(self, faces: Faces) -> None:
        self.faces = f = faces
        centre = (IMAGE_SIZE - 1) / 2
        pixels = np.arange(IMAGE_SIZE, dtype=np.float32) - np.float32(centre)
        across, down = pixels[None, None, :] - f.shift_x, pixels[None, :, None] - f.shift_y
        cosine, sine = np.cos(f.roll) / f.scale, np.sin(f.roll) / f.scale
        self.x = across * cosine + down * sine
        self.y = down * cosine - across * sine
        self.pixel = 1 / f.scale
        # Features lie on a round head: turning it moves its middle most, its rim not at all.
        self.u = self.x - f.yaw * np.maximum(1 - (self.x / f.head_width) ** 2, 0)
        self.v = self.y - f.pitch * np.maximum(1 - self.y**2, 0)
        self.canvas = f.background + f.background_x * pixels[None, None, :] / 24
        self.canvas = self.canvas + f.background_y * pixels[None, :, None] / 24
        self.regions = np.zeros(self.canvas.shape, np.uint8)

    def paint(self, mask: Array, tone: float | Array) -> None:
        """Cover the canvas with a tone where the mask is 1."""
        layer = tone - self.canvas
        layer *= mask
        self.canvas += layer

    def darken(self, mask: Array, strength: float | Array) -> None:
        """Multiply the canvas by 1 - strength where the mask is 1."""
        self.canvas *= 1 - mask * strength

    def result(self) -> tuple[Array, Array]:
        self.head()
        self.nose()
        for side in (-1, 1):
            self.eye(side)
            self.brow(side)
        self.mouth()
        self.hairdo()
        self.spectacles()
        self.hands()
        return self.canvas, self.regions

    def head(self) -> None:
        f, x, y = self.faces, self.x, self.y
        neck = np.maximum(np.abs(x) - f.head_width * 0.62, 0.75 - y)
        self.paint(_edge(neck, self.pixel), f.skin * 0.55)
        half = f.head_width * (1 - f.jaw * np.maximum(y, 0) ** 2)
        square = (x / half) ** 2 + (y * 1.0) ** 2
        self.inside = _edge(np.sqrt(square) - 1, 1.6 * self.pixel)
        # Lambert's law on an ellipsoid, on top of a part of light that comes from everywhere.
        depth = np.sqrt(np.maximum(1 - square, 0.02))
        shade = (x / half) * f.light_x + y * f.light_y + depth * 0.75
        tone = f.skin * (0.62 + f.light * shade)
        self.shade = tone
        self.paint(self.inside, tone)
        u, v = self.u, self.v
        # Sockets, cheeks and the shadow under the chin.
        for side in (-1, 1):
            around = ((u - side * f.eye_distance) / 0.3) ** 2
            self.darken(_hill(around + ((v + 0.12) / 0.2) ** 2), 0.22)
            bump = ((u - side * 0.42) / 0.26) ** 2 + ((v - 0.33 + 0.08 * f.cheek) / 0.22) ** 2
            self.darken(_hill(bump), -0.1 - 0.12 * f.cheek)
        self.darken(_hill((u / 0.35) ** 2 + ((v - 0.8) / 0.1) ** 2), 0.05)
        chin = _hill((u / 0.7) ** 2 + ((v - 0.85) / 0.45) ** 2)
        self.darken(chin, f.beard)

        forehead = (v < -0.34) & (self.inside > 0.5)
        self.regions[forehead] = FOREHEAD
        cheeks = ((np.abs(u) - 0.42) / 0.24) ** 2 + ((v - 0.3) / 0.26) ** 2 < 1
        self.regions[cheeks & (self.inside > 0.5)] = CHEEKS

    def nose(self) -> None:
        f = self.faces
        u, v = self.u - f.yaw * 0.5, self.v
        tip = f.nose_length - 0.03 * f.nose_wrinkle
        t = np.clip((v + 0.12) / (tip + 0.12), 0, 1)
        wide = f.nose_width * (0.45 + 0.55 * t * t)
        along = _edge(np.maximum(-0.15 - v, v - tip), 0.1)
        ridge = _hill((u / (0.6 * wide)) ** 2) * along
        self.darken(ridge, -0.13)
        for side in (-1, 1):
            flank = _hill(((u - side * wide * 1.05) / (0.6 * wide)) ** 2) * along
            self.darken(flank, 0.12 - 0.16 * side * f.light_x)
            nostril = ((u - side * f.nose_width * 0.5) / 0.07) ** 2 + (
                (v - tip - 0.015) / 0.045
            ) ** 2
            self.darken(_hill(nostril * 0.7), 0.7)
            # The fold from the nostril to the corner of the mouth deepens with cheeks and lip.
            line = np.abs(u) - (f.nose_width + 0.05 + (v - tip) * 0.55)
            reach = _hill(((v - tip - 0.1) / 0.2) ** 2)
            if side == 1:
                fold = _hill((line / 0.05) ** 2) * reach
                self.darken(fold, 0.1 + 0.35 * np.maximum(f.cheek, f.nose_wrinkle))
        under = _hill((u / (f.nose_width * 1.1)) ** 2 + ((v - tip - 0.03) / 0.06) ** 2)
        self.darken(under, 0.22)
        # Wrinkles across the bridge.
        wave = np.cos((v + 0.02) * 42.0) * _hill((u / 0.17) ** 2 + ((v + 0.02) / 0.2) ** 2)
        self.darken(wave, 0.3 * f.nose_wrinkle)
        area = (np.abs(u) < wide + 0.05) & (v > -0.12) & (v < tip + 0.08)
        self.regions[area] = NOSE

    def eye(self, side: int) -> None:
        f = self.faces
        u, v = (self.u - side * f.eye_distance) * side, self.v + 0.1
        half = 0.17 * f.eye_size
        arc = 1 - (u / half) ** 2
        top = -f.eye_open * f.eye_size * arc
        bottom = (0.045 - 0.05 * f.lower_lid) * f.eye_size * arc + 0.01
        gap = np.maximum(top - v, v - bottom)
        opening = _edge(gap, 1.1 * self.pixel)
        opening *= arc > 0
        self.paint(opening, 0.3 + 0.75 * f.skin)
        ball = (u * side - f.gaze) ** 2 + (v + 0.015) ** 2
        iris = _edge(np.sqrt(ball) - 0.072, 1.2 * self.pixel) * opening
        self.paint(iris, 0.13)
        lash = _hill(((v - top) / 0.045) ** 2) * _edge(-arc, 0.35)
        self.darken(lash, 0.72)
        rim = _hill(((v - bottom) / 0.04) ** 2) * _edge(-arc, 0.35)
        self.darken(rim, 0.25 + 0.3 * f.lower_lid)
        crease = _hill(((v - top + 0.055) / 0.03) ** 2) * _edge(-arc, 0.5)
        self.darken(crease, 0.2)
        # The bag under an eye that a raised cheek pushes up, and crow's feet.
        bag = _hill(((v - 0.13 + 0.03 * arc) / 0.035) ** 2) * _edge(-arc, 0.6)
        self.darken(bag, 0.08 + 0.3 * f.cheek)
        area = (arc > -0.3) & (v > np.minimum(top, -0.04) - 0.035) & (v < 0.09)
        self.regions[area] = EYES

    def brow(self, side: int) -> None:
        f = self.faces
        u = self.u * side
        inner, outer = f.eye_distance - 0.19 - 0.035 * f.furrow, f.eye_distance + 0.23
        t = (u - inner) / (outer - inner)
        height = f.brow_inner + (f.brow_outer - f.brow_inner) * t
        middle = -0.29 - height - 0.05 * (1 - (2 * t - 1) ** 2)
        thick = f.brow_thickness * (1.1 - 0.5 * t)
        gap = np.abs(self.v - middle) - thick
        ends = np.maximum(-t, t - 1) * 0.4
        mask = _edge(np.maximum(gap, ends), 1.8 * self.pixel)
        self.paint(mask * 0.85, f.brow_tone)
        line = _hill(((u - 0.055) / 0.035) ** 2 + ((self.v + 0.27) / 0.13) ** 2)
        self.darken(line, 0.45 * f.furrow)
        self.regions[(gap < 0.035) & (ends < 0.035)] = BROWS

    def mouth(self) -> None:
        f = self.faces
        m = self.u / f.mouth_width
        arc = 1 - m * m
        bow = np.maximum(arc, 0)
        middle = 0.54 + f.mouth_curve * (arc - 0.6) + f.skew * m
        v = self.v - middle
        top = -f.mouth_open * bow - f.lip_raise * 0.05 * bow
        bottom = f.mouth_open * bow * 1.3
        root = np.sqrt(bow)
        upper = top - f.lips * 0.8 * root
        lower = bottom + f.lips * 1.25 * root
        lips = _edge(np.maximum(upper - v, v - lower), 1.3 * self.pixel) * (arc > 0)
        self.paint(lips * 0.8, self.shade * 0.72)
        shine = _hill(((v - bottom - f.lips * 0.6) / 0.06) ** 2) * bow
        self.darken(shine, -0.2)
        hole = _edge(np.maximum(top - v, v - bottom), 1.0 * self.pixel) * (arc > 0)
        deep = np.minimum(f.mouth_open * 30, 1)
        self.paint(hole * deep, 0.12)
        line = _hill((v / 0.04) ** 2) * _edge(-arc, 0.3) * (1 - deep)
        self.darken(line, 0.65)
        teeth = np.minimum(bottom, top + f.teeth * (bottom - top))
        white = _edge(np.maximum(top + 0.01 - v, v - teeth), 1.0 * self.pixel) * (arc > 0.08)
        self.paint(white * np.minimum(f.teeth * 6, 1) * deep, 0.35 + 0.6 * f.skin)
        below = _hill((m / 0.8) ** 2 + ((v - lower - 0.06) / 0.06) ** 2)
        self.darken(below, 0.16)
        corners = _hill(((np.abs(m) - 1) / 0.2) ** 2 + ((v - 0.0) / 0.06) ** 2)
        self.darken(corners, 0.35)
        self.regions[(arc > -0.15) & (v > upper - 0.03) & (v < lower + 0.03)] = MOUTH
        self.regions[self.inside < 0.5] = REST

    def hairdo(self) -> None:
        f, x, y = self.faces, self.x, self.y
        cap = np.sqrt((x / (f.head_width * 1.09)) ** 2 + (y / 1.1) ** 2) - 1
        hairline = f.hairline + 0.5 * (x + 0.1 * f.yaw) ** 2
        front = np.minimum(y - hairline, f.hair_sides - np.abs(self.u) + 0.25 * np.maximum(y, 0))
        mask = _edge(np.maximum(cap, front), 2.2 * self.pixel)
        shine = 1 + 0.35 * _hill(((x + f.light_x * -0.4) / 0.6) ** 2 + ((y + 0.85) / 0.3) ** 2)
        self.paint(mask, f.hair * shine)
        self.regions[mask > 0.5] = REST

    def spectacles(self) -> None:
        f = self.faces
        ring = np.full_like(self.canvas, 9)
        for side in (-1, 1):
            lens = ((self.u - side * f.eye_distance) / 0.25) ** 4 + ((self.v + 0.08) / 0.19) ** 4
            ring = np.minimum(ring, np.abs(lens - 1) / 16)
        bridge = np.maximum(np.abs(self.u) - (f.eye_distance - 0.24), np.abs(self.v + 0.12) - 0.01)
        frame = np.minimum(ring - 0.02, bridge)
        self.paint(_edge(frame, self.pixel) * f.glasses * 0.85, 0.12)

    def hands(self) -> None:
        f = self.faces
        cosine, sine = np.cos(f.hand_angle), np.sin(f.hand_angle)
        along = (self.x - f.hand_x) * cosine + (self.y - f.hand_y) * sine
        across = (self.y - f.hand_y) * cosine - (self.x - f.hand_x) * sine
        palm = np.sqrt((along / 0.34) ** 2 + (across / 0.3) ** 2) * 0.3 - 0.3
        finger = np.abs(np.mod(across + 0.3, 0.15) - 0.075) - 0.062
        tip = 0.75 - 1.2 * across * across
        fingers = np.maximum(
            np.maximum(finger, np.abs(across) - 0.3), np.maximum(-along, along - tip)
        )
        arm = np.maximum(np.abs(across) - 0.2, along)
        shape = np.minimum(np.minimum(palm, fingers), arm)
        mask = _edge(shape, 1.5 * self.pixel) * f.hand
        tone = f.skin * (0.75 + 0.25 * f.light - 0.5 * np.maximum(finger, -0.05) - 0.1 * along)
        self.paint(mask, tone)
        self.regions[mask > 0.5] = REST
