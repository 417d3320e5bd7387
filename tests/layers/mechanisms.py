"""Every part that a mechanism can have, for the tests that hold for all of them.

Each value is a function that makes a new part. Heads are of size 4, sequences of up to 7 tokens.
"""

from itertools import product

import keras_attention as ka

GRID = dict(grid=(2, 3), num_prefix=1)
SCORES = {
    "ScaledDotProduct": ka.ScaledDotProduct,
    "DotProduct": lambda: ka.DotProduct(learned_scale=True),
    "Bilinear": ka.Bilinear,
    "Additive": lambda: ka.Additive(5, normalize=True),
    "Concat": lambda: ka.Concat(5),
    "Cosine": ka.Cosine,
    "TemperedDotProduct": ka.TemperedDotProduct,
    "LocationAware": lambda: ka.LocationAware(5, filters=2, kernel_size=3),
    "LinearAttention": ka.LinearAttention,
    "Performer": lambda: ka.Performer(13),
}
NORMALIZERS = {
    "Softmax": lambda: ka.Softmax(temperature=0.5),
    "Sparsemax": ka.Sparsemax,
    "Entmax": ka.Entmax,
    "GumbelSoftmax": lambda: ka.GumbelSoftmax(temperature=0.5),
    "Hard": ka.Hard,
    "TopK": lambda: ka.TopK(2),
    "Sigmoid": ka.Sigmoid,
    "TalkingHeads": ka.TalkingHeads,
    "Monotonic": lambda: ka.Monotonic(sigmoid_noise=1.0),
}
POSITION_SCHEMES = {
    "None": lambda: None,
    "Rotary": ka.Rotary,
    "Rotary2D": lambda: ka.Rotary2D(**GRID),
    "ALiBi": ka.ALiBi,
    "T5RelativeBias": lambda: ka.T5RelativeBias(num_buckets=8, max_distance=6),
    "RelativeBias2D": lambda: ka.RelativeBias2D(**GRID),
    "ShawRelativePositions": lambda: ka.ShawRelativePositions(3),
    "TransformerXLPositions": ka.TransformerXLPositions,
}
PATTERNS = {
    "None": lambda: None,
    "SlidingWindow": lambda: ka.SlidingWindow(3),
    "DilatedWindow": lambda: ka.DilatedWindow(2, dilation=3),
    "GlobalWindow": lambda: ka.GlobalWindow(2, num_global=1),
    "BlockSparse": lambda: ka.BlockSparse([[1, 0, 1, 0], [1, 1, 0, 0]] * 2, block_size=2),
    "BigBird": lambda: ka.BigBird(7, block_size=1),
    "PackedSegments": lambda: ka.PackedSegments(3),
    "OffDiagonal": ka.OffDiagonal,
    "GridWindow": lambda: ka.GridWindow(2, shift=1, **GRID),
}
KINDS = {
    "score": SCORES,
    "normalizer": NORMALIZERS,
    "position_scheme": POSITION_SCHEMES,
    "pattern": PATTERNS,
}
# The weights of a query need not sum to 1.
UNNORMALIZED = {"Sigmoid", "TalkingHeads", "Monotonic"}


def contradiction(**names):
    """The error with which a combination of parts, given by name, is refused; None if it is not."""
    try:
        ka.Mechanism(**{kind: KINDS[kind][name]() for kind, name in names.items()})
    except ValueError as error:
        return str(error)
    return None


def combinations(*kinds):
    """All combinations of parts of some kinds that are not refused, as `{kind: name}`."""
    for names in product(*(KINDS[kind] for kind in kinds)):
        chosen = dict(zip(kinds, names, strict=True))
        if contradiction(**chosen) is None:
            yield chosen


def parts(names):
    """New parts by name."""
    return {kind: KINDS[kind][name]() for kind, name in names.items()}


def label(names):
    return "-".join(names.values())
