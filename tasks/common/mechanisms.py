"""Attention mechanisms as settings: `--model.attention.normalizer "TopK(k=8)"`."""

from dataclasses import dataclass
from typing import Any

import keras_attention.layers as layers
from tasks.common.written_values import parse

_PARTS = {
    "score": layers.Score,
    "normalizer": layers.Normalizer,
    "pattern": layers.Pattern,
}
_GRID_POSITIONS = (
    layers.LearnedPositionEmbedding2D,
    layers.SinusoidalPositionEmbedding2D,
    layers.NoPositionEmbedding,
    layers.RelativePositions,
)
_POSITIONS = (
    layers.RelativePositions,
    layers.NoPositionEmbedding,
    layers.SinusoidalPositionEmbedding,
    layers.LearnedPositionEmbedding,
)


@dataclass(frozen=True)
class CrossAttentionConfig:
    """Attention to another sequence."""

    score: str | None = None
    """How well a key answers a query: `ScaledDotProduct` (the default), `Cosine`, ..."""
    normalizer: str | None = None
    """How scores become weights: `Softmax` (the default), `Entmax`, `TopK(k=8)`, ..."""


@dataclass(frozen=True)
class AttentionConfig(CrossAttentionConfig):
    """Self-attention."""

    pattern: str | None = None
    """Which pairs are computed: all by default, `SlidingWindow(window=16)`, ..."""


def make_mechanism(config: CrossAttentionConfig, where: str) -> layers.Mechanism:
    """The mechanism that settings describe.

    Args:
        config: the settings.
        where: the dotted name of the settings, for error messages.

    Returns:
        A `Mechanism`.

    Raises:
        ValueError: if a setting names no value of its kind, or the values cannot be combined.
    """
    texts = {name: getattr(config, name, None) for name in _PARTS}
    return layers.Mechanism(
        **{
            name: make_value(text, (_PARTS[name],), f"{where}.{name}")
            for name, text in texts.items()
            if text is not None
        }
    )


def make_position_scheme(text: str | None, where: str) -> Any:
    """The position scheme that a setting describes, one of the embedding or of attention.

    Args:
        text: the setting, for example `"Rotary"`; None is the model's default.
        where: the dotted name of the setting, for error messages.

    Returns:
        A layer, or None.

    Raises:
        ValueError: if the setting names no position scheme.
    """
    return None if text is None else make_value(text, _POSITIONS, where)


def make_grid_position_scheme(text: str | None, where: str) -> Any:
    """As `make_position_scheme`, of the patches of a picture, for example `"Rotary2D"`."""
    return None if text is None else make_value(text, _GRID_POSITIONS, where)


def make_value(text: str, kinds: tuple[type, ...], where: str) -> Any:
    """The value that `text` describes, as `"TopK(k=8)"`, of one of `kinds`.

    Raises:
        ValueError: if there is no such value.
    """
    value = parse(text, _classes((*_PARTS.values(), *_POSITIONS, *_GRID_POSITIONS)), where)
    if not isinstance(value, kinds):
        raise ValueError(
            f"`{where}` must be one of {', '.join(_classes(kinds))}, with arguments by name where "
            f"it takes any. Received: {text!r}."
        )
    return value


def _classes(kinds: tuple[type, ...]) -> dict[str, type]:
    """The public classes of these kinds by name, without their bases."""
    named = {name: getattr(layers, name) for name in dir(layers) if name[0].isupper()}
    bases = {*_PARTS.values(), layers.RelativePositions}
    return {name: cls for name, cls in named.items() if issubclass(cls, kinds) and cls not in bases}
