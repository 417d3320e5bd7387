"""English phrases and their Spanish translations, composed by a small grammar: no network needed.

The two languages differ where attention has something to learn: Spanish puts the adjective after
the noun and makes it agree in gender and number, leaves out most subject pronouns, says the time
first, asks `¿Come la niña ...?`, marks persons as objects with `a`, turns the sentence around for
"to like" (`me gusta`) and *has* its years. Each English phrase has exactly one translation, so a
model can be scored by exact match.

The splits are compositional. A twentieth of all pairs of a noun with an adjective or a verb is
kept for the test split, another for validation: a test phrase puts together two words that no
training phrase contains both of, although each single word form occurs in training.
"""

import random
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tasks.translation import lexicon, spanish
from tasks.translation.lexicon import Action, Adjective, Noun
from tasks.translation.spanish import EL, ELLOS, FEMININE, MASCULINE, YO

Item = TypeVar("Item")
TRAIN, VALIDATION, TEST, NONE = "train", "validation", "test", "none"
# What may stand before a noun: anything, "the" and the like, "a" and numbers, or "how many".
ANY, DEFINITE, INDEFINITE, HOW_MANY = "any", "definite", "indefinite", "how many"
_ORDERED = frozenset({"thing", "machine", "text", "building", "landmark", "piece"})
_THINGS = frozenset({"thing", "machine", "clothes", "food", "paper", "opening", "building"})
_LIKED = _THINGS | {"text", "drink", "animal", "room"}
MAX_WORDS = 12
_HELD_OUT = {0: TEST, 1: VALIDATION}  # of 20 equal shares of all pairs
_PATIENCE = 200_000  # phrases drawn in vain before giving up


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


def held_out(pair: tuple[str, str], seed: int) -> str:
    """The split that may use this `(adjective or verb, noun)` pair: a rule, not a list."""
    share = zlib.crc32(f"{seed} {pair[0]} {pair[1]}".encode()) % 20
    return _HELD_OUT.get(share, TRAIN)


def split_of(phrase: Phrase, seed: int) -> str:
    """`"train"`, `"validation"`, `"test"`, or `"none"` for a phrase that would leak a pair."""
    together = {held_out(pair, seed) for pair in phrase.pairs}
    linked = {held_out(pair, seed) for pair in phrase.linked}
    for split in (TEST, VALIDATION):
        if split in together:
            return split if split in linked else NONE
    return TRAIN


def generate(
    train: int, validation: int, test: int, seed: int = 0
) -> tuple[list[Phrase], list[Phrase], list[Phrase]]:
    """Draw that many distinct phrases for each split; the same ones for the same arguments.

    Every word form of validation and test occurs in training, in both languages.

    Args:
        train: number of training phrases; a few thousand at least, to contain every form.
        validation: number of validation phrases.
        test: number of test phrases.
        seed: decides which phrases are drawn and which pairs of words are held out.

    Returns:
        Three lists of `Phrase`: training, validation, test.

    Raises:
        ValueError: if a number is not positive, or if so few training phrases cannot contain
            every word of the others.

    Example:

    >>> train, validation, test = generate(train=3000, validation=20, test=20, seed=1)
    >>> len(train), len({phrase.english for phrase in train + test})
    (3000, 3020)
    """
    wanted = {TRAIN: train, VALIDATION: validation, TEST: test}
    for name, count in wanted.items():
        if count < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={count}.")
    draw = random.Random(seed)
    drawn: set[str] = set()
    found: dict[str, list[Phrase]] = {TRAIN: [], VALIDATION: [], TEST: []}

    def next_phrase() -> tuple[str, Phrase]:
        while True:
            phrase = compose(draw)
            split = split_of(phrase, seed)
            words = max(len(phrase.english.split()), len(phrase.spanish.split()))
            if split != NONE and words <= MAX_WORDS and phrase.english not in drawn:
                drawn.add(phrase.english)
                return split, phrase

    while len(found[TRAIN]) < train:
        split, phrase = next_phrase()
        found[split].append(phrase)
    known = _forms(found[TRAIN])
    for split in (VALIDATION, TEST):
        found[split] = [p for p in found[split] if known.issuperset(_forms([p]))][: wanted[split]]
    for _ in range(_PATIENCE):
        if all(len(found[split]) == wanted[split] for split in wanted):
            return found[TRAIN], found[VALIDATION], found[TEST]
        split, phrase = next_phrase()
        if len(found[split]) < wanted[split] and known.issuperset(_forms([phrase])):
            found[split].append(phrase)
    raise ValueError(
        "The training phrases must contain every word of the validation and test phrases. "
        f"Received: train={train}, validation={validation}, test={test}. Draw more training "
        "phrases or fewer others."
    )


def _forms(phrases: Iterable[Phrase]) -> set[tuple[str, str]]:
    """All word forms, by language, as written: `Comes` opening a sentence is not `comes`."""
    forms = set()
    for phrase in phrases:
        forms.update(("english", word) for word in phrase.english.split())
        forms.update(("spanish", word) for word in phrase.spanish.split())
    return forms


def compose(draw: random.Random) -> Phrase:
    """One random phrase."""
    return _Draft(draw).write()


@dataclass(frozen=True)
class _NounPhrase:
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


class _Draft:
    """One sentence being written: draws words, remembers them, and puts them in order."""

    def __init__(self, draw: random.Random):
        self._draw = draw
        self._nouns: set[str] = set()
        self._partners: set[str] = set()
        self._linked: set[tuple[str, str]] = set()

    def write(self) -> Phrase:
        templates = (
            (self._does, 9),
            (self._does_somewhere, 3),
            (self._modal, 4),
            (self._is, 4),
            (self._asks, 3),
            (self._likes, 2),
            (self._how_many, 2),
            (self._there_is, 2),
            (self._where, 1),
            (self._age, 1),
        )
        pool = [template for template, weight in templates for _ in range(weight)]
        english, translation = self._pick(pool)()
        return Phrase(
            _as_sentence(_a_or_an(english)),
            _as_sentence(spanish.contract(translation)),
            frozenset(self._nouns),
            frozenset(self._partners),
            frozenset(self._linked),
        )

    # Sentences: each returns the English and the Spanish words.

    def _does(self) -> tuple[str, str]:
        """The girl does not eat the red apple yesterday."""
        action = self._pick(lexicon.TRANSITIVE)
        subject, target = self._subject(action.subjects), self._object(action)
        return self._tell(action, subject, target)

    def _does_somewhere(self) -> tuple[str, str]:
        """The dog slept under the table."""
        action = self._pick(lexicon.INTRANSITIVE)
        return self._tell(action, self._subject(action.subjects, ANY), self._place())

    def _tell(self, action: Action, subject: _NounPhrase, rest: tuple[str, str]) -> tuple[str, str]:
        tense = self._pick(("present", "past", "future"))
        self._link(action, subject)
        form = spanish.conjugate(action.spanish, tense, subject.person)
        negation = self._pick(("", "", "not", "never"))
        time = self._time(tense) if negation != "never" else ("", "")
        english = _english_verb(action, tense, subject.person, negation)
        adverb = {"": "", "not": "no", "never": "nunca"}[negation]
        return (
            f"{subject.english} {english} {rest[0]} {time[0]}",
            f"{time[1]} {subject.spanish} {adverb} {form} {rest[1]}",
        )

    def _modal(self) -> tuple[str, str]:
        """The girl wants to buy a hat."""
        action = self._pick(lexicon.TRANSITIVE)
        subject, target = self._subject(action.subjects), self._object(action)
        self._link(action, subject)
        plain, third, not_plain, not_third, verb = self._pick(lexicon.MODALS)
        negated = self._chance(0.3)
        if subject.person == EL:
            plain, not_plain = third, not_third
        form = spanish.conjugate(verb, "present", subject.person)
        return (
            f"{subject.english} {not_plain if negated else plain} {action.english} {target[0]}",
            f"{subject.spanish} {'no' * negated} {form} {action.spanish.infinitive} {target[1]}",
        )

    def _is(self) -> tuple[str, str]:
        """The old houses were not white."""
        adjective = self._pick(lexicon.ADJECTIVES)
        subject = self._subject(adjective.kinds, predicate=adjective)
        tense, negated = self._pick(("present", "past", "future")), self._chance(0.3)
        form = spanish.conjugate(lexicon.COPULAS[adjective.copula], tense, subject.person)
        agreeing = spanish.agree(adjective.spanish, subject.gender, subject.is_plural)
        return (
            f"{subject.english} {_english_be(tense, subject.person, negated)} {adjective.english}",
            f"{subject.spanish} {'no' * negated} {form} {agreeing}",
        )

    def _asks(self) -> tuple[str, str]:
        """Did the girl eat an apple yesterday?"""
        action = self._pick(lexicon.TRANSITIVE)
        subject, target = self._subject(action.subjects), self._object(action)
        self._link(action, subject)
        tense = self._pick(("present", "past", "future"))
        form = spanish.conjugate(action.spanish, tense, subject.person)
        time = self._time(tense)
        return (
            f"{_english_do(tense, subject.person)} {subject.english} {action.english}"
            f" {target[0]} {time[0]}?",
            f"¿{form} {subject.spanish} {target[1]} {time[1]}?",
        )

    def _likes(self) -> tuple[str, str]:
        """The boy likes the red bicycles: they please him."""
        fan = self._subject(frozenset({"person", "animal"}))
        thing = self._described(_LIKED, DEFINITE)
        self._partners.add("like")
        self._linked.update(("like", noun.english) for noun in fan.nouns + thing.nouns)
        negation = self._pick(("", "", "not"))
        verb = {EL: "likes"}.get(fan.person, "like")
        if negation:
            verb = f"{_english_do('present', fan.person)} not like"
        pronoun = fan.dative or ("les" if fan.is_plural else "le")
        person = fan.stressed if fan.dative else f"a {fan.spanish.replace(' y ', ' y a ')}"
        return (
            f"{fan.english} {verb} {thing.english}",
            f"{person} {'no' * bool(negation)} {pronoun} "
            f"{'gustan' if thing.is_plural else 'gusta'} {thing.spanish}",
        )

    def _how_many(self) -> tuple[str, str]:
        """How many red books does the boy have?"""
        action = self._pick([a for a in lexicon.TRANSITIVE if a.kinds - {"person", "drink"}])
        thing = self._described(action.kinds - {"person"}, HOW_MANY)
        subject = self._subject(action.subjects)
        self._link(action, subject, thing)
        tense = self._pick(("present", "past", "future"))
        form = spanish.conjugate(action.spanish, tense, subject.person)
        return (
            f"how many {thing.english} {_english_do(tense, subject.person)} "
            f"{subject.english} {action.english}?",
            f"¿{thing.spanish} {form} {subject.spanish}?",
        )

    def _there_is(self) -> tuple[str, str]:
        """There were twenty-one cats in the garden."""
        thing = self._described(_THINGS | {"animal", "person"}, INDEFINITE)
        tense = self._pick(("present", "past", "future"))
        place = self._place()
        verb = _english_be(tense, thing.person, negated=False)
        return (
            f"there {verb} {thing.english} {place[0]}",
            f"{lexicon.THERE_IS[tense]} {thing.spanish} {place[1]}",
        )

    def _where(self) -> tuple[str, str]:
        """Where is my yellow pencil?"""
        thing = self._described(_LIKED | {"person"}, DEFINITE)
        tense = self._pick(("present", "past"))
        form = spanish.conjugate(lexicon.COPULAS["estar"], tense, thing.person)
        return (
            f"where {_english_be(tense, thing.person, negated=False)} {thing.english}?",
            f"¿dónde {form} {thing.spanish}?",
        )

    def _age(self) -> tuple[str, str]:
        """My sister is twenty-one years old: she *has* twenty-one years."""
        subject = self._subject(frozenset({"person", "animal", "building"}))
        tense, years = self._pick(("present", "future")), 2 + self._below(98)
        have = next(a.spanish for a in lexicon.TRANSITIVE if a.english == "have")
        form = spanish.conjugate(have, tense, subject.person)
        verb = _english_be(tense, subject.person, negated=False)
        return (
            f"{subject.english} {verb} {lexicon.english_numeral(years)} years old",
            f"{subject.spanish} {form} {spanish.numeral(years, MASCULINE)} años",
        )

    # Parts of sentences.

    def _subject(
        self,
        kinds: frozenset[str],
        determiners: str = DEFINITE,
        predicate: Adjective | None = None,
    ) -> _NounPhrase:
        """A pronoun, a noun phrase, or two of them joined by "and"."""
        people = "person" in kinds
        if people and self._chance(0.4):
            # The gender of "I", "you" and "we" is not known, so nothing may agree with it.
            known = [p for p in lexicon.PRONOUNS if p[1]] if predicate else lexicon.PRONOUNS
            english, translation, person, stressed, dative = self._pick(known)
            gender = FEMININE if english == "she" else MASCULINE
            return _NounPhrase(english, translation, person, gender, (), stressed, dative)
        first = self._described(kinds, determiners, plain=predicate is not None)
        if "person" in first.nouns[0].kinds and self._chance(0.2):
            first = self._joined(first)
        for noun in first.nouns if predicate else ():
            self._describe(predicate, noun)
        return first

    def _joined(self, first: _NounPhrase) -> _NounPhrase:
        """The girl and my brother: plural, and masculine unless both are feminine."""
        second = self._described(frozenset({"person"}), DEFINITE, plain=True)
        both_feminine = first.gender == second.gender == FEMININE
        return _NounPhrase(
            f"{first.english} and {second.english}",
            f"{first.spanish} y {second.spanish}",
            ELLOS,
            FEMININE if both_feminine else MASCULINE,
            first.nouns + second.nouns,
        )

    def _object(self, action: Action) -> tuple[str, str]:
        target = self._described(action.kinds)
        self._link(action, target)
        # The personal "a": "veo a la niña", but "veo la casa".
        marker = "a " if "person" in target.nouns[0].kinds else ""
        return target.english, marker + target.spanish

    def _place(self) -> tuple[str, str]:
        """In the garden, under a red table."""
        before, translation, kinds = self._pick(lexicon.PLACES)
        place = self._described(kinds, DEFINITE)
        return f"{before} {place.english}", f"{translation} {place.spanish}"

    def _time(self, tense: str) -> tuple[str, str]:
        return self._pick(lexicon.TIMES[tense]) if self._chance(0.3) else ("", "")

    def _described(
        self, kinds: frozenset[str], determiners: str = ANY, plain: bool = False
    ) -> _NounPhrase:
        """A noun of one of `kinds` with its determiner and, unless `plain`, maybe an adjective."""
        countable = determiners in (INDEFINITE, HOW_MANY)
        nouns = [n for n in lexicon.NOUNS if n.kinds & kinds and not (countable and n.is_mass)]
        noun = self._pick(nouns)
        self._nouns.add(noun.english)
        before, translation_before, is_plural = self._determiner(noun, determiners)
        words = noun.english_plural if is_plural else noun.english
        translation = spanish.plural(noun.spanish) if is_plural else noun.spanish
        if not plain and self._chance(0.45):
            adjective = self._pick([a for a in lexicon.ADJECTIVES if a.fits(noun)])
            self._describe(adjective, noun)
            words = f"{adjective.english} {words}"
            translation += f" {spanish.agree(adjective.spanish, noun.gender, is_plural)}"
        return _NounPhrase(
            f"{before} {words}",
            f"{translation_before} {translation}",
            ELLOS if is_plural else EL,
            noun.gender,
            (noun,),
        )

    def _determiner(self, noun: Noun, determiners: str) -> tuple[str, str, bool]:
        """Determiner, number or ordinal in both languages, and whether it makes a plural."""
        if determiners == HOW_MANY:
            return "", spanish.agree("cuánto", noun.gender, True), True
        if determiners == ANY:
            determiners = DEFINITE if noun.is_mass or self._chance(0.5) else INDEFINITE
        if determiners == INDEFINITE and self._chance(0.5):
            number = 1 + self._below(99)
            return lexicon.english_numeral(number), spanish.numeral(number, noun.gender), number > 1
        if determiners == DEFINITE and noun.kinds & _ORDERED and self._chance(0.08):
            english, ordinal = self._pick(lexicon.ORDINALS)
            form = spanish.agree(ordinal, noun.gender, False)
            article = "la" if noun.gender == FEMININE else "el"
            return f"the {english}", f"{article} {lexicon.SHORTENED.get(form, form)}", False
        rows = [
            row for row in lexicon.DETERMINERS if (row[0] == "a") == (determiners == INDEFINITE)
        ]
        row = rows[0] if self._chance(0.5) else self._pick(rows)
        is_plural = not noun.is_mass and self._chance(0.35)
        return row[is_plural], row[2 + 2 * is_plural + (noun.gender == FEMININE)], is_plural

    # The words used, and chance.

    def _describe(self, adjective: Adjective, noun: Noun) -> None:
        self._partners.add(adjective.english)
        self._linked.add((adjective.english, noun.english))

    def _link(self, action: Action, *phrases: _NounPhrase) -> None:
        self._partners.add(action.english)
        for phrase in phrases:
            self._linked.update((action.english, noun.english) for noun in phrase.nouns)

    def _below(self, limit: int) -> int:
        # Of all of `random`, only `random()` is promised to give the same on every Python.
        return int(self._draw.random() * limit)

    def _chance(self, probability: float) -> bool:
        return self._draw.random() < probability

    def _pick(self, items: Sequence[Item]) -> Item:
        return items[self._below(len(items))]


def _english_be(tense: str, person: int, negated: bool) -> str:
    if tense == "future":
        return "will not be" if negated else "will be"
    present = {YO: "am", EL: "is"}.get(person, "are")
    past = "was" if person in (YO, EL) else "were"
    return (present if tense == "present" else past) + (" not" if negated else "")


def _english_do(tense: str, person: int) -> str:
    """The auxiliary of questions and negations."""
    return {"past": "did", "future": "will"}.get(tense, "does" if person == EL else "do")


def _english_verb(action: Action, tense: str, person: int, negation: str) -> str:
    if negation == "not":
        return f"{_english_do(tense, person)} not {action.english}"
    if tense == "future":
        return f"will {negation} {action.english}"
    present = action.third if person == EL else action.english
    return f"{negation} {action.past if tense == 'past' else present}"


def _a_or_an(words: str) -> str:
    """`a old car` → `an old car` (no word of ours begins with a vowel it does not sound)."""
    return re.sub(r"\ba (?=[aeiouAEIOU])", "an ", words)


def _as_sentence(words: str) -> str:
    """Single spaces, a capital, and a full stop unless it is a question."""
    text = " ".join(words.split()).replace(" ?", "?").replace("¿ ", "¿")
    start = 1 if text.startswith("¿") else 0
    text = text[:start] + text[start].upper() + text[start + 1 :]
    return text if text.endswith("?") else text + "."
