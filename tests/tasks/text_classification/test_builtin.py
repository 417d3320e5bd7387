"""The reviews that the project writes: their meaning, their splits, what counting words reaches."""

import random
from collections import Counter

import numpy as np
import pytest

from tasks.common.grammar import lexicon
from tasks.common.grammar.opinions import BLAME, NOTHING, PRAISE, TAGS, TOPIC, opinion
from tasks.common.grammar.reviews import compose
from tasks.text_classification import builtin
from tasks.text_classification.baseline import BagOfWords
from tasks.text_classification.builtin import generate, split_of
from tasks.text_classification.labels import LabelSet


def reviews(count, seed=3):
    draw = random.Random(seed)
    return [compose(draw) for _ in range(count)]


def words_of(line):
    return {word for words in line.split(", ") for word in words.split()}


GOOD, BAD = (
    {
        word
        for line in (lexicon.GENERAL[sign], *(s[sign] for s in lexicon.SPECIFIC.values()))
        for word in line.split(", ")
    }
    for sign in (1, -1)
)


def test_no_adjective_is_both_good_and_bad():
    neutral = {word for line in lexicon.NEUTRAL.values() for word in line.split(", ")}
    assert not GOOD & BAD
    assert not (GOOD | BAD) & neutral


@pytest.mark.parametrize("sign", [1, -1])
def test_an_opinion_means_its_adjective_unless_it_is_denied(sign):
    draw = random.Random(5)
    topic = lexicon.DOMAINS["film"][0]
    denials = {
        frame.split("{so}")[0].replace("{it}", "the plot").replace("{is}", "is")
        for frame in lexicon.DENYING
    }
    seen = Counter()
    for _ in range(500):
        one = opinion(draw, topic, sign, plain=True)
        text = " ".join(word.text for word in one.words)
        denied = any(text.startswith(denial) for denial in denials)
        said = 1 if one.adjective in GOOD else -1
        assert one.sign == sign == (-said if denied else said), text
        seen[denied] += 1
    assert min(seen.values()) > 100


def test_the_last_word_of_a_contrast_decides_and_the_rating_follows():
    contrasts = [
        review
        for review in reviews(500)
        if len(review.opinions) == 2 and review.opinions[0].sign != review.opinions[1].sign
    ]
    assert len(contrasts) > 200
    for review in contrasts:
        assert review.is_positive == (review.opinions[0].sign > 0)
        assert review.is_positive == (review.rating > 3)


def test_ratings_are_between_one_and_five_and_their_side_is_the_sentiment():
    for review in reviews(1000):
        assert 1.0 <= review.rating <= 5.0
        assert (review.rating > 3.0) == review.is_positive


def test_words_are_tagged_as_they_are_meant():
    for review in reviews(300):
        tags = {word.tag for word in review.words}
        assert tags <= set(TAGS)
        assert {TOPIC, NOTHING} <= tags
        assert (PRAISE in tags) == any(one.sign > 0 for one in review.opinions)
        assert (BLAME in tags) == any(one.sign < 0 for one in review.opinions)


def test_a_review_is_a_sentence():
    for review in reviews(300):
        assert review.text[0].isupper()
        assert review.text.endswith(".")
        assert "  " not in review.text
        assert "{" not in review.text
        assert not any(mark in review.text for mark in (",,", ",.", ";.", ",;"))


@pytest.mark.parametrize("kind", ["sentiment", "entailment", "aspects", "rating", "words"])
def test_the_splits_share_no_text_and_no_held_out_pair(kind):
    splits = generate(kind, train=1009, validation=101, test=103, seed=7)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [
        1009,
        101,
        103,
    ]
    texts = [
        {example.text for example in part}
        for part in (splits.train, splits.validation, splits.test)
    ]
    assert len(set.union(*texts)) == 1009 + 101 + 103
    assert splits == generate(kind, train=1009, validation=101, test=103, seed=7)
    assert splits != generate(kind, train=1009, validation=101, test=103, seed=8)


def test_a_held_out_pair_is_in_one_split_only():
    seen = {}
    for review in reviews(3000):
        split = split_of(review, seed=0)
        if split is None:
            continue
        for pair in review.pairs:
            if builtin._share(pair, 0) != builtin.TRAIN:
                assert seen.setdefault(pair, split) == split
        if split != builtin.TRAIN:
            assert any(builtin._share(pair, 0) == split for pair in review.pairs)
    assert {builtin.VALIDATION, builtin.TEST} <= set(seen.values())


def test_every_word_of_the_test_occurs_in_training():
    splits = generate("sentiment", train=20_000, validation=1000, test=2000)
    known = {word for example in splits.train for word in example.text.lower().split()}
    unknown = {word for example in splits.test for word in example.text.lower().split()} - known
    assert not unknown


def test_the_classes_are_balanced():
    for kind, classes in (("sentiment", 2), ("entailment", 3)):
        counts = Counter(example.label for example in generate(kind, 3001, 1, 1).train)
        assert len(counts) == classes
        assert max(counts.values()) < 1.15 * min(counts.values())


def test_counting_words_and_pairs_of_words_says_little():
    splits = generate("sentiment", train=5000, validation=500, test=1000)
    labels = LabelSet.of(splits.train, "one")
    outputs = np.stack(BagOfWords(splits, labels).outputs(splits.test))
    right = outputs.argmax(axis=-1) == np.array(labels.encode(splits.test))
    assert 0.45 <= right.mean() <= 0.75


def test_an_entailment_agrees_with_the_review():
    splits = generate("entailment", train=500, validation=1, test=1)
    assert all(example.second and example.second.endswith(".") for example in splits.train)


@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_a_number_of_examples_must_be_positive(name):
    numbers = {"train": 3, "validation": 3, "test": 3, name: 0}
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1. Received: {name}=0"):
        generate("sentiment", **numbers)


def test_more_reviews_than_there_are(monkeypatch):
    monkeypatch.setattr(builtin, "_PATIENCE", 1)
    with pytest.raises(ValueError, match="cannot compose so many .* train=50"):
        generate("sentiment", train=50, validation=50, test=50)
