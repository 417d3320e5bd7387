"""A validation split where there is none, and what two splits must not have in common."""

import logging
import zlib
from collections import defaultdict
from collections.abc import Hashable, Sequence

from tasks.text_classification.examples import Example, Splits

logger = logging.getLogger(__name__)
_BINS = 10  # of numbers, so that each split has small and great ones


def split_off(examples: Sequence[Example], share: float) -> tuple[list[Example], list[Example]]:
    """Two parts of the examples, the second about `share` of each class.

    Which part an example falls into is decided by a checksum of its text, so that it is the same
    every time, and equal texts are never in both.

    Args:
        examples: all of them.
        share: of the second part, between 0 and 1.

    Returns:
        Both parts, in the order of `examples`.

    Raises:
        ValueError: if a part would be empty.
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"`share` must be between 0 and 1. Received: share={share}.")
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for number, stratum in enumerate(_strata(examples)):
        groups[stratum].append(number)
    chosen = set()
    for numbers in groups.values():
        wanted = round(share * len(numbers))
        checksums = {number: _checksum(examples[number]) for number in numbers}
        numbers.sort(key=checksums.__getitem__)
        if wanted:
            last = checksums[numbers[wanted - 1]]
            chosen.update(number for number in numbers if checksums[number] <= last)
    # Equal texts with two labels stay together in the first part.
    texts = {_key(example) for n, example in enumerate(examples) if n not in chosen}
    second = [n for n in sorted(chosen) if _key(examples[n]) not in texts]
    kept = set(second)
    parts = (
        [example for n, example in enumerate(examples) if n not in kept],
        [examples[n] for n in second],
    )
    if not all(parts):
        raise ValueError(
            f"{len(examples)} examples are too few to be split by themselves ({len(parts[0])} and "
            f"{len(parts[1])}). Give more, or files of your own for each split."
        )
    return parts


def check_splits(splits: Splits, where: str) -> None:
    """Stop if a split cannot be learned from or scored; warn about texts in two splits.

    Args:
        splits: all three parts.
        where: they come from, for messages.

    Raises:
        ValueError: if a split is empty, if there is one class only, or a label that training never
            shows.
    """
    parts = {"training": splits.train, "validation": splits.validation, "test": splits.test}
    for name, examples in parts.items():
        if not examples:
            raise ValueError(f"{where}: the {name} split is empty.")
    known = labels_of(splits.train)
    if len(known) < 2 and known:
        raise ValueError(
            f"{where}: there must be at least two classes to tell apart. Received: the only class "
            f"{next(iter(known))!r}."
        )
    for name in ("validation", "test"):
        if unknown := sorted(labels_of(parts[name]) - known):
            raise ValueError(
                f"{where}: every label must occur in the training split. Received: "
                f"{', '.join(map(repr, unknown))} in the {name} split only."
            )
    warn_leakage(splits, where)


def labels_of(examples: Sequence[Example]) -> set[str]:
    """All classes that occur; of numbers none."""
    found: set[str] = set()
    for example in examples:
        if isinstance(example.label, str):
            found.add(example.label)
        elif isinstance(example.label, tuple):
            found.update(example.label)
    return found


def warn_leakage(splits: Splits, where: str) -> int:
    """Log a warning that counts the texts of validation and test that training shows as well.

    Returns:
        Number of such examples. Nothing is left out.
    """
    known = {_key(example) for example in splits.train}
    count = 0
    for name, examples in (("validation", splits.validation), ("test", splits.test)):
        leaked = [example for example in examples if _key(example) in known]
        count += len(leaked)
        if leaked:
            logger.warning(
                "%s: %d of %d texts of the %s split occur in the training split, too, so its score "
                "is a little too good. The first: %.60r",
                where,
                len(leaked),
                len(examples),
                name,
                leaked[0].text,
            )
    return count


def _strata(examples: Sequence[Example]) -> list[Hashable]:
    """What is to be spread evenly: the class, the set of classes, or a range of numbers."""
    if not isinstance(examples[0].label, float):
        return [example.label for example in examples]
    ordered = sorted(range(len(examples)), key=lambda n: examples[n].label)
    bins: list[Hashable] = [0] * len(examples)
    for rank, number in enumerate(ordered):
        bins[number] = rank * _BINS // len(examples)
    return bins


def _key(example: Example) -> tuple[str, str | None]:
    return example.text, example.second


def _checksum(example: Example) -> int:
    return zlib.crc32("\n".join(filter(None, _key(example))).encode())
