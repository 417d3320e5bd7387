"""Small pictures drawn by the project: what they show is an arrangement, not a texture.

Each picture shows four pieces, one in each quarter: arcs of a circle or corners of a square. All
eight classes are made of them. In a `ring` and a `square` the pieces bulge outwards; in a `star`
and a `cross` each piece has been turned round; in the others only left and right, or only above and
below, have changed places. So the same strokes, ends and bends occur in four classes each, and no
small part of a picture tells them apart: one has to see how far apart strokes stand to each other.

Strokes are solid, dashed or double; size, position, tilt, brightness, the background and the
clutter of scratches and dots are drawn alike for all classes.
"""

from typing import NamedTuple

import numpy as np

from tasks.image_classification.pictures import Pictures, Splits

SIDE = 32


class _Shape(NamedTuple):
    """Whether the pieces are arcs, and along which axes they have been turned round."""

    is_round: bool
    turned_x: bool
    turned_y: bool


_SHAPES = {
    "ring": _Shape(True, False, False),
    "star": _Shape(True, True, True),
    "arcs_beside": _Shape(True, True, False),
    "arcs_above": _Shape(True, False, True),
    "square": _Shape(False, False, False),
    "cross": _Shape(False, True, True),
    "corners_beside": _Shape(False, True, False),
    "corners_above": _Shape(False, False, True),
}
CLASSES = tuple(_SHAPES)
_AT_ONCE = 500  # pictures, whose arrays then stay in the processor's cache

# Lengths in pixels, angles in radians, brightness from 0 to 1.
_HALF = 13.0  # from the middle of a shape to its border, at the most
_SCALE = (0.75, 1.0)
_SHIFT = 3.0
_TILT = 0.15
_RADIUS = 0.78  # of a piece, in parts of its quarter: less than 1, so that turned ones do not touch
_GAP = (0.06, 0.14)  # of a piece's length that is missing at each of its ends
_DASHES = 3  # odd, so that a corner is not cut off
_DASH = 0.62  # of the way from one dash to the next
_APART = 1.3  # the two lines of a double stroke from its middle
_WIDTHS = (1.3, 2.0)
_DOUBLE_WIDTH = 1.0
_SCRATCHES, _DOTS = 4, 4  # at the most
_SCRATCH_LENGTHS = (2.0, 5.0)


def generate(train: int, validation: int, test: int, seed: int = 0) -> Splits:
    """Draw that many pictures for each split; the same ones for the same arguments.

    Args:
        train: number of training pictures.
        validation: number of validation pictures.
        test: number of test pictures.
        seed: decides which pictures are drawn.

    Returns:
        `Splits` of uint8 pictures `[count, 32, 32, 1]`, as many of each class.

    Raises:
        ValueError: if a number is not positive.

    Example:

    >>> splits = generate(train=80, validation=8, test=8)
    >>> splits.classes[0], splits.train.images.shape
    ('ring', (80, 32, 32, 1))
    """
    counts = {"train": train, "validation": validation, "test": test}
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={count}.")
    # Each split has its own numbers: the test stays the same whatever one learns from.
    parts = {
        name: _pictures(np.random.default_rng((seed, number)), count)
        for number, (name, count) in enumerate(counts.items())
    }
    return Splits(CLASSES, **parts)


def _pictures(draw: np.random.Generator, count: int) -> Pictures:
    labels = draw.permutation(np.arange(count, dtype=np.int32) % len(CLASSES))
    images = np.empty((count, SIDE, SIDE, 1), np.uint8)
    for start in range(0, count, _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        images[some, ..., 0] = _drawn(draw, labels[some])
    return Pictures(images, labels)


def _drawn(draw: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    """One picture for each label, uint8 `[count, 32, 32]`."""
    count = len(labels)
    ink = np.maximum(_outlines(draw, labels), _clutter(draw, count))
    contrast = _each(draw, count, 0.4, 0.65)
    noise = draw.standard_normal(ink.shape, np.float32) * _each(draw, count, 0.01, 0.04)
    brightness = _background(draw, count) + contrast * ink + noise
    return np.round(255.0 * np.clip(brightness, 0.0, 1.0)).astype(np.uint8)


def _outlines(draw: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    """How much of each pixel the strokes of the shapes cover, `[count, 32, 32]`, from 0 to 1."""
    count = len(labels)
    half = _HALF * _each(draw, count, *_SCALE)
    x, y = _seen_from(
        _each(draw, count, -_SHIFT, _SHIFT),
        _each(draw, count, -_SHIFT, _SHIFT),
        _each(draw, count, -_TILT, _TILT),
    )
    # The four quarters are folded onto one, where u and v say how far a pixel is from the centre of
    # the piece: the middle of the picture, or a border if the piece has been turned round.
    is_round, turned_x, turned_y = (
        np.array(values)[labels][:, np.newaxis, np.newaxis]
        for values in zip(*_SHAPES.values(), strict=True)
    )
    u, v = np.abs(x) / half, np.abs(y) / half
    u, v = np.where(turned_x, 1.0 - u, u), np.where(turned_y, 1.0 - v, v)
    # An arc is where the Euclidean norm is the radius; a corner is where the largest is.
    radius = np.where(is_round, np.hypot(u, v), np.maximum(u, v))
    across = np.abs(radius - _RADIUS) * half
    along = np.arctan2(v, u) / (np.pi / 2.0)  # from 0 at one end of the piece to 1 at the other
    length = half * (_RADIUS * np.pi / 2.0)
    return _stroke(draw, across, along, length)


def _stroke(
    draw: np.random.Generator, across: np.ndarray, along: np.ndarray, length: np.ndarray
) -> np.ndarray:
    """Solid, dashed or double, with a gap at each end: no closed shape gives itself away."""
    count = len(across)
    texture = draw.integers(3, size=(count, 1, 1))
    is_dashed, is_double = texture == 1, texture == 2
    width = np.where(is_double, _DOUBLE_WIDTH, _each(draw, count, *_WIDTHS))
    covered = _covered(width / 2.0 - np.where(is_double, np.abs(across - _APART), across))
    gap = _each(draw, count, *_GAP)
    covered *= _covered((np.minimum(along, 1.0 - along) - gap) * length)
    from_dash = np.abs(along * _DASHES % 1.0 - 0.5)
    dashes = _covered((_DASH / 2.0 - from_dash) * length / _DASHES)
    return np.where(is_dashed, covered * dashes, covered)


def _clutter(draw: np.random.Generator, count: int) -> np.ndarray:
    """How much of each pixel scratches and dots cover, `[count, 32, 32]`; some are left out."""
    covered = np.zeros((count, SIDE, SIDE), np.float32)
    middle = SIDE / 2.0
    for number in range(_SCRATCHES + _DOTS):
        x, y = _seen_from(
            _each(draw, count, -middle, middle),
            _each(draw, count, -middle, middle),
            _each(draw, count, 0.0, np.pi),
        )
        reach = _each(draw, count, *_SCRATCH_LENGTHS) / 2.0 if number < _SCRATCHES else 0.0
        distance = np.hypot(np.maximum(np.abs(x) - reach, 0.0), y)
        strength = _each(draw, count, 0.5, 1.0) * (draw.random((count, 1, 1)) < 0.7)
        ink = _covered(_each(draw, count, *_WIDTHS) / 2.0 - distance) * strength
        np.maximum(covered, ink, out=covered)
    return covered


def _background(draw: np.random.Generator, count: int) -> np.ndarray:
    """Faint stripes of any direction and width, brighter at one side, `[count, 32, 32]`."""
    x, y = _seen_from(0.0, 0.0, _each(draw, count, 0.0, 2.0 * np.pi))
    stripes = np.sin(x * _each(draw, count, 0.5, 2.0) + _each(draw, count, 0.0, 2.0 * np.pi))
    slope = y / SIDE * _each(draw, count, 0.0, 0.15)
    return _each(draw, count, 0.15, 0.3) + slope + stripes * _each(draw, count, 0.0, 0.05)


def _seen_from(right, down, angle) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the pixels, `[count, 32, 32]` each, seen from a point, turned by an angle."""
    steps = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2.0
    x, y = steps[np.newaxis, :] - right, steps[:, np.newaxis] - down
    cosine, sine = np.cos(angle, dtype=np.float32), np.sin(angle, dtype=np.float32)
    return cosine * x + sine * y, cosine * y - sine * x


def _covered(inside: np.ndarray) -> np.ndarray:
    """How much of a pixel is covered whose middle is so far inside of what covers it."""
    return np.clip(inside + 0.5, 0.0, 1.0)


def _each(draw: np.random.Generator, count: int, low: float, high: float) -> np.ndarray:
    """A number for each picture, float32 `[count, 1, 1]`."""
    return draw.uniform(low, high, (count, 1, 1)).astype(np.float32)
