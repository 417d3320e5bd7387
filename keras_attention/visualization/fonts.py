"""Fonts for tokens in any script: matplotlib's own knows no Chinese, Japanese or Korean."""

import logging
from collections.abc import Iterable
from functools import lru_cache

from matplotlib import font_manager

logger = logging.getLogger(__name__)

DEFAULT = "DejaVu Sans"  # comes with matplotlib
# What Linux distributions, macOS and Windows install for the scripts that it lacks.
_WIDE = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "SimHei",
    "Arial Unicode MS",
)


def families_for(texts: Iterable[str]) -> list[str]:
    """Font families that together draw `texts`, for matplotlib's `fontfamily`.

    Logs one warning per set of characters that no installed font has; those are drawn as boxes.

    Args:
        texts: Strings.

    Returns:
        Family names, the first one preferred.
    """
    characters = {character for text in texts for character in text if not character.isspace()}
    families, missing = [DEFAULT], characters - _characters(DEFAULT)
    for family in _WIDE:
        if missing and missing & _characters(family):
            families.append(family)
            missing -= _characters(family)
    if missing:
        _warn("".join(sorted(missing)[:10]))
    return families


@lru_cache
def _characters(family: str) -> frozenset[str]:
    """All characters that a font has; none if it is not installed."""
    paths = [entry.fname for entry in font_manager.fontManager.ttflist if entry.name == family]
    if not paths:
        return frozenset()
    return frozenset(map(chr, font_manager.get_font(paths[0]).get_charmap()))


@lru_cache
def _warn(characters: str) -> None:
    logger.warning(
        "No installed font has the characters %s …: pictures show boxes. Install one, for example "
        "Debian's fonts-noto-cjk.",
        characters,
    )
