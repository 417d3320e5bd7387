"""Training examples, and their changed copies."""

import json
import logging
import random
from collections.abc import Iterator, Sequence
from functools import partial

from tasks.common.files import write_atomically
from tasks.common.run_folder import RunFolder
from tasks.text_classification.augmentation.back_translation import back_translated
from tasks.text_classification.augmentation.neighbours import nearest_words
from tasks.text_classification.augmentation.settings import AugmentationConfig
from tasks.text_classification.augmentation.synonyms import read_synonyms
from tasks.text_classification.augmentation.words import (
    Change,
    Word,
    core,
    delete,
    replace,
    swap,
)
from tasks.text_classification.config import ClassificationConfig
from tasks.text_classification.corpora import label_kind
from tasks.text_classification.examples import Example
from tasks.text_classification.tables import Columns, Labels, read_table
from tasks.text_classification.text import cleaned

logger = logging.getLogger(__name__)
_FILE = "augmented.jsonl"


def augmented_examples(
    examples: Sequence[Example], config: ClassificationConfig, folder: RunFolder, writes: bool
) -> list[Example]:
    """The changed copies that a run learns from besides; they are kept in its folder to be read.

    Args:
        examples: the training split.
        config: all settings of the run.
        folder: of the run; when it is resumed it goes on with the copies that are there.
        writes: whether this process writes; of several workers one does.
    """
    path, labels = folder.path / _FILE, label_kind(config.data)
    if path.exists():
        pairs = examples[0].second is not None
        return read_table(path, Columns(second="second" if pairs else None, labels=labels))
    if config.text.remove_tags:
        examples = [_without_tags(example) for example in examples]
    copies = augment(examples, config.augmentation, labels, config.train.seed)
    if copies and writes:
        lines = [json.dumps(one._asdict(), ensure_ascii=False) for one in copies]
        write_atomically(path, "".join(f"{line}\n" for line in lines).encode())
    return copies


def augment(
    examples: Sequence[Example], config: AugmentationConfig, labels: Labels, seed: int = 0
) -> list[Example]:
    """Changed copies of examples; the same ones for the same seed.

    Those that are empty, or equal to their example or another copy of it, are left out and counted.

    Args:
        examples: texts, and labels that the copies keep.
        config: which changes.
        labels: their kind; each of `"words"` stays with its word.
        seed: of all that is drawn.

    Returns:
        The copies alone, those of an example behind each other.

    Raises:
        FileNotFoundError: if a file or run that `config` names is missing.
        ValueError: if it is not what it should be.

    Example:

    >>> augment([Example("not bad", "good")], AugmentationConfig(swap=0.1), "one")
    [Example(text='bad not', label='good', second=None)]

    References:
        - [Wei and Zou, 2019](https://arxiv.org/abs/1901.11196), EDA: synonyms, deletion, swap
        - [Sennrich et al., 2016](https://arxiv.org/abs/1511.06709), back-translation
        - [Xie et al., 2020](https://arxiv.org/abs/1904.12848), back-translation for classifiers
    """
    config.check(labels)
    copies: list[list[Example]] = [[] for _ in examples]
    if config.changes_words:
        draw = random.Random(seed)
        changes = _changes(examples, config)
        for example, found in zip(examples, copies, strict=True):
            found += [
                _changed(example, draw.choice(changes), draw, labels) for _ in range(config.copies)
            ]
    if config.back_translation:
        for example, found in zip(_paraphrased(examples, config), copies, strict=True):
            found.append(example)
    made = sum(map(len, copies))
    kept = [
        one for example, found in zip(examples, copies, strict=True) for one in _new(example, found)
    ]
    if made:
        logger.info(
            "%d changed copies of %d training examples; left out are %d that are empty, or equal "
            "to their example or to another of its copies.",
            len(kept),
            len(examples),
            made - len(kept),
        )
    return kept


def _changes(examples: Sequence[Example], config: AugmentationConfig) -> list[Change]:
    """All changes of words that are asked for."""
    changes: list[Change] = []
    if config.synonyms:
        table = read_synonyms(config.synonyms, config.bad_rows)
        changes.append(partial(replace, share=config.synonym_share, replacements=table))
    if config.neighbours:
        texts = (text for example in examples for text in example.texts)
        words = {core(word) for text in texts for word in text.split()}
        table = nearest_words(config.neighbours, words, config.neighbour_count)
        changes.append(partial(replace, share=config.neighbour_share, replacements=table))
    if config.deletion:
        changes.append(partial(delete, share=config.deletion))
    if config.swap:
        changes.append(partial(swap, share=config.swap))
    return changes


def _without_tags(example: Example) -> Example:
    """What changes of words would tear apart is removed before."""
    texts = cleaned(example.texts, lowercase=False, remove_tags=True).numpy()
    return Example(texts[0].decode(), example.label, *(text.decode() for text in texts[1:]))


def _changed(example: Example, change: Change, draw: random.Random, labels: Labels) -> Example:
    """An example with its words changed, those of a second text by themselves."""
    words = _words(example.text)
    if labels == "words":
        words = [word._replace(label=x) for word, x in zip(words, example.label, strict=True)]
    words = change(words, draw)
    label = tuple(word.label for word in words) if labels == "words" else example.label
    second = None if example.second is None else _joined(change(_words(example.second), draw))
    return Example(_joined(words), label, second)


def _paraphrased(examples: Sequence[Example], config: AugmentationConfig) -> list[Example]:
    """Each example as it comes back from another language."""
    texts = iter(
        back_translated([text for one in examples for text in one.texts], *config.back_translation)
    )
    return [
        Example(next(texts), one.label, None if one.second is None else next(texts))
        for one in examples
    ]


def _new(example: Example, copies: Sequence[Example]) -> Iterator[Example]:
    """The copies that differ from the example and from each other, and have words."""
    seen = {tuple(_joined(_words(text)) for text in example.texts)}
    for copy in copies:
        if all(copy.texts) and copy.texts not in seen:
            seen.add(copy.texts)
            yield copy


def _words(text: str) -> list[Word]:
    return [Word(word) for word in text.split()]


def _joined(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)
