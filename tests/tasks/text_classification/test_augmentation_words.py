"""Changes of single words: how many, which ones, and that labels go where their words go."""

import random
from collections import Counter
from functools import partial

import pytest

from tasks.text_classification.augmentation.words import Word, core, delete, replace, swap

SYNONYMS = {f"w{number}": (f"s{number}", f"t{number}") for number in range(0, 53, 2)}
CHANGES = {
    "delete": partial(delete, share=0.3),
    "swap": partial(swap, share=0.3),
    "replace": partial(replace, share=0.3, replacements=SYNONYMS),
}


def words(count):
    """Words that all differ, each with a label of its own."""
    return [Word(f"w{number}", f"label {number}") for number in range(count)]


def texts_of(found):
    return [word.text for word in found]


@pytest.mark.parametrize("share", [0.1, 0.35])
def test_so_many_words_are_left_out(share):
    draw = random.Random(3)
    found = [delete(words(53), draw, share) for _ in range(400)]
    assert 1 - sum(map(len, found)) / (400 * 53) == pytest.approx(share, abs=0.01)
    gone = Counter(word for one in found for word in set(words(53)) - set(one))
    # Every word alike: the least and the most frequent are within five standard deviations.
    bound = 5 * (400 * share * (1 - share)) ** 0.5
    assert all(abs(gone[word] - 400 * share) < bound for word in words(53))
    for one in found:
        assert one == [word for word in words(53) if word in one]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_never_all_words_are_left_out(count):
    draw = random.Random(3)
    survivors = {tuple(delete(words(count), draw, 1.0)) for _ in range(100)}
    assert survivors == {(word,) for word in words(count)}


@pytest.mark.parametrize(("count", "share", "times"), [(5, 0.1, 1), (53, 0.1, 5), (53, 0.5, 26)])
def test_words_are_exchanged(count, share, times):
    draw = random.Random(3)
    moved = []
    for _ in range(200):
        found = swap(words(count), draw, share)
        assert sorted(found) == sorted(words(count))
        moved.append(sum(a != b for a, b in zip(found, words(count), strict=True)))
    assert max(moved) <= 2 * times
    # A word stays if no exchange touches it; it hardly ever comes back to its place.
    expected = count * (1 - (1 - 2 / count) ** times)
    assert sum(moved) / 200 == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize(("count", "share", "times"), [(53, 0.1, 5), (53, 0.3, 16), (5, 0.01, 1)])
def test_so_many_words_become_one_of_their_synonyms(count, share, times):
    draw, used = random.Random(3), Counter()
    for _ in range(300):
        found = replace(words(count), draw, share, SYNONYMS)
        changed = [(a.text, b.text) for a, b in zip(words(count), found, strict=True) if a != b]
        assert len(changed) == times
        assert all(new in SYNONYMS[old] for old, new in changed)
        used.update(new for _, new in changed)
    assert set(used) == {one for old in texts_of(words(count)) for one in SYNONYMS.get(old, ())}


def test_no_more_words_are_replaced_than_have_synonyms():
    found = replace(words(5), random.Random(3), 1.0, {"w1": ("a",), "w3": ("b",)})
    assert texts_of(found) == ["w0", "a", "w2", "b", "w4"]
    assert replace(words(5), random.Random(3), 1.0, {"other": ("a",)}) == words(5)


def test_capitals_and_punctuation_stay():
    synonyms = {"good": ("fine",), "Haus": ("Heim",), "don't": ("never",)}
    text = '"Good," (good) Haus. haus GOOD Don\'t! ...'
    found = replace([Word(one) for one in text.split()], random.Random(3), 1.0, synonyms)
    assert texts_of(found) == ['"Fine,"', "(fine)", "Heim.", "haus", "GOOD", "Never!", "..."]
    assert [core(one) for one in ("«Ja!»", "it's", "--")] == ["Ja", "it's", ""]


@pytest.mark.parametrize("name", CHANGES)
def test_labels_go_with_their_words(name):
    draw, labels = random.Random(3), dict(words(53))
    labels |= {new: labels[old] for old, synonyms in SYNONYMS.items() for new in synonyms}
    for _ in range(50):
        found = CHANGES[name](words(53), draw)
        assert found != words(53)
        assert all(word.label == labels[word.text] for word in found)


@pytest.mark.parametrize("name", CHANGES)
def test_a_text_of_one_word_or_of_none(name):
    assert CHANGES[name]([], random.Random(3)) == []
    assert CHANGES[name]([Word("alone", "x")], random.Random(3)) == [Word("alone", "x")]
