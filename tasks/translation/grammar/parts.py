"""The parts of a sentence, drawn at random and written in both languages at once."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tasks.translation.grammar import english, lexicon, spanish
from tasks.translation.grammar.lexicon import Action, Adjective, Noun
from tasks.translation.grammar.spanish import EL, ELLOS, FEMININE, MASCULINE

Item = TypeVar("Item")
Words = tuple[str, str]  # English and Spanish
# What may stand before a noun: anything, "the" and the like, "a" and numbers, or "how many".
ANY, DEFINITE, INDEFINITE, HOW_MANY = "any", "definite", "indefinite", "how many"
PERSON = frozenset({"person"})
_ORDERED = frozenset({"thing", "machine", "text", "building", "landmark", "piece"})


@dataclass(frozen=True)
class NounPhrase:
    """Words in both languages, and what others must know to agree with them."""

    english: str
    spanish: str  # "" for a pronoun that Spanish leaves out
    person: int
    gender: str
    nouns: tuple[Noun, ...] = ()
    stressed: str = ""  # a pronoun after "a": "a él"
    dative: str = ""  # "me", "te", "le" ...

    @property
    def is_plural(self) -> bool:
        return self.person > EL


class Draft:
    """One sentence in the making: draws its words and remembers them.

    Args:
        source: where chance comes from.

    Attributes:
        nouns: English dictionary forms of the nouns used so far.
        partners: the same of adjectives and verbs.
        linked: `(partner, noun)` pairs that belong together by grammar.
    """

    def __init__(self, source: random.Random):
        self._source = source
        self.nouns: set[str] = set()
        self.partners: set[str] = set()
        self.linked: set[tuple[str, str]] = set()

    def subject(self, kinds: frozenset[str], determiners: str = DEFINITE) -> NounPhrase:
        """A pronoun, a noun phrase, or two of them joined by "and"."""
        if "person" in kinds and self.chance(0.4):
            return self._pronoun(lexicon.PRONOUNS)
        return self._maybe_joined(self.noun_phrase(kinds, determiners))

    def subject_of(self, predicate: Adjective) -> NounPhrase:
        """The same for "is white": no adjective of its own, and a gender to agree with."""
        if "person" in predicate.kinds and self.chance(0.4):
            # Nobody knows the gender of "I", "you" and "we", the pronouns that Spanish drops.
            return self._pronoun([row for row in lexicon.PRONOUNS if row[1]])
        subject = self._maybe_joined(self.noun_phrase(predicate.kinds, DEFINITE, plain=True))
        self.link(predicate, subject)
        return subject

    def object(self, action: Action) -> Words:
        """What the action is done to."""
        target = self.noun_phrase(action.kinds)
        self.link(action, target)
        # The personal "a": "veo a la niña", but "veo la casa".
        marker = "a " if PERSON & target.nouns[0].kinds else ""
        return target.english, marker + target.spanish

    def place(self) -> Words:
        """In the garden, under a red table."""
        before, translation, kinds = self.pick(lexicon.PLACES)
        place = self.noun_phrase(kinds, DEFINITE)
        return f"{before} {place.english}", f"{translation} {place.spanish}"

    def time(self, tense: str) -> Words:
        """Yesterday, for the past; often nothing."""
        return self.pick(lexicon.TIMES[tense]) if self.chance(0.3) else ("", "")

    def noun_phrase(
        self, kinds: frozenset[str], determiners: str = ANY, plain: bool = False
    ) -> NounPhrase:
        """A noun of one of `kinds` with its determiner and, unless `plain`, maybe an adjective."""
        countable = determiners in (INDEFINITE, HOW_MANY)
        noun = self.pick(lexicon.nouns(kinds, countable))
        self.nouns.add(noun.english)
        (before, before_es), is_plural = self._determiner(noun, determiners)
        words, words_es = noun.english, noun.spanish
        if is_plural:
            words, words_es = english.plural(words), spanish.plural(words_es)
        phrase = NounPhrase(words, words_es, ELLOS if is_plural else EL, noun.gender, (noun,))
        if not plain and self.chance(0.45):
            adjective = self.pick(lexicon.adjectives(noun))
            self.link(adjective, phrase)
            words = f"{adjective.english} {words}"
            words_es += f" {spanish.agree(adjective.spanish, noun.gender, is_plural)}"
        return replace(phrase, english=f"{before} {words}", spanish=f"{before_es} {words_es}")

    def link(self, partner: Action | Adjective, *phrases: NounPhrase) -> None:
        """Remember that `partner` belongs to the nouns of `phrases`."""
        self.partners.add(partner.english)
        for phrase in phrases:
            self.linked.update((partner.english, noun.english) for noun in phrase.nouns)

    def below(self, limit: int) -> int:
        """A number from 0 to `limit - 1`."""
        # Of all of `random`, only `random()` is promised to give the same on every Python.
        return int(self._source.random() * limit)

    def chance(self, probability: float) -> bool:
        return self._source.random() < probability

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def _pronoun(self, rows: Sequence[tuple]) -> NounPhrase:
        word, word_es, person, stressed, dative = self.pick(rows)
        gender = FEMININE if word == "she" else MASCULINE
        return NounPhrase(word, word_es, person, gender, (), stressed, dative)

    def _maybe_joined(self, first: NounPhrase) -> NounPhrase:
        """The girl and my brother: plural, and masculine unless both are feminine."""
        if not PERSON & first.nouns[0].kinds or not self.chance(0.2):
            return first
        second = self.noun_phrase(PERSON, DEFINITE, plain=True)
        if second.nouns == first.nouns:  # not "the king and the king"
            return first
        return NounPhrase(
            f"{first.english} and {second.english}",
            f"{first.spanish} y {second.spanish}",
            ELLOS,
            FEMININE if first.gender == second.gender == FEMININE else MASCULINE,
            first.nouns + second.nouns,
        )

    def _determiner(self, noun: Noun, determiners: str) -> tuple[Words, bool]:
        """Determiner, number or ordinal, and whether it makes a plural."""
        if determiners == HOW_MANY:
            return ("", spanish.agree("cuánto", noun.gender, True)), True
        if determiners == ANY:
            determiners = DEFINITE if noun.is_mass or self.chance(0.5) else INDEFINITE
        if determiners == INDEFINITE and self.chance(0.5):
            number = 1 + self.below(99)
            words = english.numeral(number), spanish.numeral(number, noun.gender)
            return words, number > 1
        if determiners == DEFINITE and noun.kinds & _ORDERED and self.chance(0.08):
            ordinal, ordinal_es = self.pick(lexicon.ORDINALS)
            form = spanish.agree(ordinal_es, noun.gender, False)
            article = "la" if noun.gender == FEMININE else "el"
            return (f"the {ordinal}", f"{article} {lexicon.SHORTENED.get(form, form)}"), False
        article, *others = lexicon.ARTICLES if determiners == INDEFINITE else lexicon.DETERMINERS
        row = article if not others or self.chance(0.5) else self.pick(others)
        is_plural = not noun.is_mass and self.chance(0.35)
        return (row[is_plural], row[2 + 2 * is_plural + (noun.gender == FEMININE)]), is_plural
