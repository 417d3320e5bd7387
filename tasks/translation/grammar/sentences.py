"""The kinds of sentences, each written in English and in Spanish from the same parts.

Every function takes a `Draft` and returns the words of both; `compose` draws one of them.
"""

import random
from dataclasses import dataclass

from tasks.translation.grammar import english, lexicon, spanish
from tasks.translation.grammar.lexicon import Action
from tasks.translation.grammar.parts import (
    ANY,
    DEFINITE,
    HOW_MANY,
    INDEFINITE,
    PERSON,
    Draft,
    NounPhrase,
    Words,
)
from tasks.translation.grammar.spanish import EL, MASCULINE

_TENSES = ("present", "past", "future")
_THINGS = frozenset({"thing", "machine", "clothes", "food", "paper", "opening", "building"})
_LIKED = _THINGS | {"text", "drink", "animal", "room"}


@dataclass(frozen=True)
class Phrase:
    """An English sentence, its Spanish translation and the dictionary words it is made of.

    Args:
        english: the source sentence.
        spanish: its one translation.
        nouns: English dictionary forms of all nouns in it.
        partners: English dictionary forms of all adjectives and verbs in it.
        linked: the `(partner, noun)` pairs that belong together by grammar: an adjective and its
            noun, a verb and its subject or object.
    """

    english: str
    spanish: str
    nouns: frozenset[str]
    partners: frozenset[str]
    linked: frozenset[tuple[str, str]]

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Every `(partner, noun)` that occurs in this sentence, linked by grammar or not."""
        return {(partner, noun) for partner in self.partners for noun in self.nouns}


def compose(source: random.Random) -> Phrase:
    """One random phrase."""
    draft = Draft(source)
    words, words_es = draft.pick(_POOL)(draft)
    return Phrase(
        _as_sentence(english.a_or_an(words)),
        _as_sentence(spanish.contract(words_es)),
        frozenset(draft.nouns),
        frozenset(draft.partners),
        frozenset(draft.linked),
    )


def does(draft: Draft) -> Words:
    """The girl did not eat the red apple yesterday."""
    action = draft.pick(lexicon.TRANSITIVE)
    return _told(draft, action, draft.subject(action.subjects), draft.object(action))


def does_somewhere(draft: Draft) -> Words:
    """The dog never slept under the table."""
    action = draft.pick(lexicon.INTRANSITIVE)
    return _told(draft, action, draft.subject(action.subjects, ANY), draft.place())


def _told(draft: Draft, action: Action, subject: NounPhrase, rest: Words) -> Words:
    draft.link(action, subject)
    tense, adverb = draft.pick(_TENSES), draft.pick(("", "", "not", "never"))
    time, time_es = draft.time(tense) if adverb != "never" else ("", "")
    verb = english.conjugate(action.english, action.past, tense, subject.person, adverb)
    verb_es = spanish.conjugate(action.spanish, tense, subject.person)
    adverb_es = {"": "", "not": "no", "never": "nunca"}[adverb]
    return (
        f"{subject.english} {verb} {rest[0]} {time}",
        f"{time_es} {subject.spanish} {adverb_es} {verb_es} {rest[1]}",
    )


def wants(draft: Draft) -> Words:
    """The girl wants to buy a hat; she cannot, she must."""
    action = draft.pick(lexicon.TRANSITIVE)
    subject, (target, target_es) = draft.subject(action.subjects), draft.object(action)
    draft.link(action, subject)
    modal, negated = draft.pick(lexicon.MODALS), draft.chance(0.3)
    words = modal.negated(subject.person == EL) if negated else modal.plain(subject.person == EL)
    form = spanish.conjugate(modal.spanish, "present", subject.person)
    return (
        f"{subject.english} {words} {action.english} {target}",
        f"{subject.spanish} {'no' * negated} {form} {action.spanish.infinitive} {target_es}",
    )


def is_so(draft: Draft) -> Words:
    """The old houses were not white."""
    adjective = draft.pick(lexicon.ADJECTIVES)
    subject = draft.subject_of(adjective)
    tense, negated = draft.pick(_TENSES), draft.chance(0.3)
    form = spanish.conjugate(lexicon.COPULAS[adjective.copula], tense, subject.person)
    agreeing = spanish.agree(adjective.spanish, subject.gender, subject.is_plural)
    return (
        f"{subject.english} {english.be(tense, subject.person, negated)} {adjective.english}",
        f"{subject.spanish} {'no' * negated} {form} {agreeing}",
    )


def asks(draft: Draft) -> Words:
    """Did the girl eat an apple yesterday? The Spanish verb comes first."""
    action, tense = draft.pick(lexicon.TRANSITIVE), draft.pick(_TENSES)
    subject, (target, target_es) = draft.subject(action.subjects), draft.object(action)
    draft.link(action, subject)
    time, time_es = draft.time(tense)
    auxiliary = english.auxiliary(tense, subject.person)
    verb_es = spanish.conjugate(action.spanish, tense, subject.person)
    return (
        f"{auxiliary} {subject.english} {action.english} {target} {time}?",
        f"¿{verb_es} {subject.spanish} {target_es} {time_es}?",
    )


def likes(draft: Draft) -> Words:
    """The boy likes the red bicycles: in Spanish they please him."""
    fan, thing = draft.subject(PERSON | {"animal"}), draft.noun_phrase(_LIKED, DEFINITE)
    draft.link(lexicon.LIKE, fan, thing)
    adverb = draft.pick(("", "", "not"))
    verb = english.conjugate("like", "liked", "present", fan.person, adverb)
    pleases = "gustan" if thing.is_plural else "gusta"
    pleased, dative = fan.stressed, fan.dative
    if fan.nouns:
        pleased = f"a {fan.spanish}".replace(" y ", " y a ")
        dative = "les" if fan.is_plural else "le"
    return (
        f"{fan.english} {verb} {thing.english}",
        f"{pleased} {'no' if adverb else ''} {dative} {pleases} {thing.spanish}",
    )


def how_many(draft: Draft) -> Words:
    """How many red books does the boy have?"""
    action = draft.pick([a for a in lexicon.TRANSITIVE if a.kinds - {"person", "drink"}])
    thing = draft.noun_phrase(action.kinds - PERSON, HOW_MANY)
    subject, tense = draft.subject(action.subjects), draft.pick(_TENSES)
    draft.link(action, subject, thing)
    auxiliary = english.auxiliary(tense, subject.person)
    verb_es = spanish.conjugate(action.spanish, tense, subject.person)
    return (
        f"how many {thing.english} {auxiliary} {subject.english} {action.english}?",
        f"¿{thing.spanish} {verb_es} {subject.spanish}?",
    )


def there_is(draft: Draft) -> Words:
    """There were twenty-one cats in the garden."""
    thing = draft.noun_phrase(_THINGS | PERSON | {"animal"}, INDEFINITE)
    tense, (place, place_es) = draft.pick(_TENSES), draft.place()
    return (
        f"there {english.be(tense, thing.person)} {thing.english} {place}",
        f"{lexicon.THERE_IS[tense]} {thing.spanish} {place_es}",
    )


def where(draft: Draft) -> Words:
    """Where is my yellow pencil?"""
    thing, tense = draft.noun_phrase(_LIKED | PERSON, DEFINITE), draft.pick(("present", "past"))
    verb_es = spanish.conjugate(lexicon.COPULAS["estar"], tense, thing.person)
    return (
        f"where {english.be(tense, thing.person)} {thing.english}?",
        f"¿dónde {verb_es} {thing.spanish}?",
    )


def how_old(draft: Draft) -> Words:
    """My sister is twenty-one years old: in Spanish she has twenty-one years."""
    subject = draft.subject(PERSON | {"animal", "building"})
    draft.link(lexicon.OLD, subject)  # the word is there, if not in Spanish
    tense, years = draft.pick(("present", "future")), 2 + draft.below(98)
    verb_es = spanish.conjugate(lexicon.HAVE.spanish, tense, subject.person)
    return (
        f"{subject.english} {english.be(tense, subject.person)} {english.numeral(years)} years old",
        f"{subject.spanish} {verb_es} {spanish.numeral(years, MASCULINE)} años",
    )


_WEIGHTS = {
    does: 9,
    wants: 4,
    is_so: 4,
    does_somewhere: 3,
    asks: 3,
    likes: 2,
    how_many: 2,
    there_is: 2,
    where: 1,
    how_old: 1,
}
_POOL = tuple(sentence for sentence, weight in _WEIGHTS.items() for _ in range(weight))


def _as_sentence(words: str) -> str:
    """Single spaces, a capital, and a full stop unless it is a question."""
    text = " ".join(words.split()).replace(" ?", "?").replace("¿ ", "¿")
    start = 1 if text.startswith("¿") else 0
    text = text[:start] + text[start].upper() + text[start + 1 :]
    return text if text.endswith("?") else text + "."
