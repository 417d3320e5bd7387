"""Changes of a text word by word; a word that has a label keeps it wherever it goes."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

# Of each word, what may stand in its place.
Replacements = Mapping[str, Sequence[str]]
_EDGES = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)  # punctuation, a word, punctuation


class Word(NamedTuple):
    """What stands between white space, its punctuation included, and its label if it has one."""

    text: str
    label: str | None = None


Change = Callable[[list[Word], random.Random], list[Word]]


def core(text: str) -> str:
    """A word without the punctuation around it.

    >>> core('"Good!"')
    'Good'
    """
    return _EDGES.match(text)[2]


def replace(
    words: list[Word], draw: random.Random, share: float, replacements: Replacements
) -> list[Word]:
    """Replace a share of all words, at least one, as far as so many have replacements."""
    able = [number for number, word in enumerate(words) if _options(word.text, replacements)]
    changed = list(words)
    for number in draw.sample(able, min(_count(words, share), len(able))):
        text, label = words[number]
        before, _, after = _EDGES.match(text).groups()
        option = draw.choice(_options(text, replacements))
        changed[number] = Word(f"{before}{option}{after}", label)
    return changed


def delete(words: list[Word], draw: random.Random, share: float) -> list[Word]:
    """Leave out each word with the probability `share`; if all would go, one stays."""
    kept = [word for word in words if draw.random() >= share]
    return kept or draw.sample(words, min(1, len(words)))


def swap(words: list[Word], draw: random.Random, share: float) -> list[Word]:
    """Exchange two words, as many times as `share` of their number says, at least once."""
    changed = list(words)
    for _ in range(_count(words, share) if len(words) > 1 else 0):
        one, other = draw.sample(range(len(words)), 2)
        changed[one], changed[other] = changed[other], changed[one]
    return changed


def _count(words: list[Word], share: float) -> int:
    return max(1, round(share * len(words)))


def _options(text: str, replacements: Replacements) -> list[str]:
    """What may replace a word; if it is known in lower case only, then with its capital."""
    word = core(text)
    if word in replacements:
        return list(replacements[word])
    lower = word[:1].lower() + word[1:]
    return [option[:1].upper() + option[1:] for option in replacements.get(lower, ())]
