"""Spanish word forms: plurals, agreement, articles, numerals and conjugation.

Everything is a function of a base form and a few features, so that the phrase generator
(`tasks.translation.phrases`) can say the same thing of every noun and verb it knows. The rules
are those of standard Latin American Spanish: five persons, `tú` for "you", no `vosotros`.
"""

from dataclasses import dataclass

MASCULINE, FEMININE = "masculine", "feminine"
YO, TU, EL, NOSOTROS, ELLOS = range(5)  # the persons; él is she, it and every noun as well

_ENDINGS = {
    ("present", "ar"): ("o", "as", "a", "amos", "an"),
    ("present", "er"): ("o", "es", "e", "emos", "en"),
    ("present", "ir"): ("o", "es", "e", "imos", "en"),
    ("past", "ar"): ("é", "aste", "ó", "amos", "aron"),
    ("past", "er"): ("í", "iste", "ió", "imos", "ieron"),
    ("past", "ir"): ("í", "iste", "ió", "imos", "ieron"),
}
_FUTURE_ENDINGS = ("é", "ás", "á", "emos", "án")
_STRESSED = dict(zip("áéíóú", "aeiou", strict=True))
_UNITS = "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"
_TEENS = "dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés"
_TWENTIES = "veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"
_BELOW_THIRTY = f"{_UNITS} {_TEENS} {_TWENTIES}".split()
_TENS = ("treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa")


@dataclass(frozen=True)
class Verb:
    """A Spanish verb: its infinitive and whatever does not follow from it.

    Args:
        infinitive: ends in `-ar`, `-er` or `-ir` (`-ír`).
        stem_change: `("e", "ie")` and the like: the last such vowel of the stem, where stressed.
        present_yo: first person singular of the present, where irregular (`"tengo"`).
        present: all five forms of the present, where irregular throughout.
        past: all five forms of the past (the preterite), where irregular.
        future_stem: what the endings of the future are added to, if not the infinitive.
    """

    infinitive: str
    stem_change: tuple[str, str] | None = None
    present_yo: str | None = None
    present: tuple[str, ...] | None = None
    past: tuple[str, ...] | None = None
    future_stem: str | None = None


def plural(word: str) -> str:
    """Plural of a noun or an adjective: `libro` → `libros`, `lápiz` → `lápices`."""
    if word == "joven":  # the stress stays where it is, so it has to be written
        return "jóvenes"
    if word[-1] in "aeiouáé":
        return word + "s"
    if word[-1] == "z":
        return word[:-1] + "ces"
    if word[-1] in "ns" and word[-2] in _STRESSED:  # león → leones, inglés → ingleses
        word = word[:-2] + _STRESSED[word[-2]] + word[-1]
    return word + "es"


def feminine(adjective: str) -> str:
    """Feminine of an adjective: `rojo` → `roja`, `inglés` → `inglesa`, `verde` → `verde`."""
    if adjective.endswith("o"):
        return adjective[:-1] + "a"
    if adjective.endswith(("és", "ol", "dor")):
        return plural(adjective)[:-2] + "a"
    return adjective


def agree(adjective: str, gender: str, is_plural: bool) -> str:
    """The form of `adjective` that goes with a noun of that gender and number."""
    form = feminine(adjective) if gender == FEMININE else adjective
    return plural(form) if is_plural else form


def numeral(number: int, gender: str) -> str:
    """1 to 99 in words before a noun: only a final *one* agrees (`veintiún`, `treinta y una`)."""
    if number < 30:
        words = _BELOW_THIRTY[number]
    else:
        tens, unit = divmod(number, 10)
        words = _TENS[tens - 3] + (f" y {_BELOW_THIRTY[unit]}" if unit else "")
    if number % 10 != 1 or number == 11:
        return words
    if gender == FEMININE:
        return words[:-1] + "a"
    return words[:-3] + ("ún" if number == 21 else "un")


def contract(words: str) -> str:
    """Joins small words as they are spoken: `a el` → `al`, `de el` → `del`, `la agua` → `el agua`.

    The pronoun `él` is another word and stays.
    """
    padded = f" {' '.join(words.split())} "
    for apart, joined in ((" la agua ", " el agua "), (" a el ", " al "), (" de el ", " del ")):
        padded = padded.replace(apart, joined)
    return padded.strip()


def conjugate(verb: Verb, tense: str, person: int) -> str:
    """The form of `verb` in `"present"`, `"past"` (preterite) or `"future"` for `person`."""
    if tense == "future":
        stem = verb.future_stem or verb.infinitive.replace("í", "i")
        return stem + _FUTURE_ENDINGS[person]
    if tense == "present" and verb.present:
        return verb.present[person]
    if tense == "past" and verb.past:
        return verb.past[person]
    if tense == "present" and person == YO and verb.present_yo:
        return verb.present_yo
    stem, kind = verb.infinitive[:-2], verb.infinitive[-2:]
    ending = _ENDINGS[tense, kind][person]
    if tense == "present" and person != NOSOTROS and verb.stem_change:
        stem = _change_last(stem, *verb.stem_change)
    if tense == "past" and kind == "ir" and person in (EL, ELLOS) and verb.stem_change:
        old, new = verb.stem_change
        stem = _change_last(stem, old, {"ue": "u", "ie": "i", "i": "i"}[new])
    if tense == "past" and kind == "ar" and person == YO:
        stem = _keep_sound_before_e(stem)
    return stem + ending


def _change_last(stem: str, old: str, new: str) -> str:
    before, _, after = stem.rpartition(old)
    return before + new + after


def _keep_sound_before_e(stem: str) -> str:
    """`busc-` → `busqu-`, `jug-` → `jugu-`, `cruz-` → `cruc-`."""
    respelled = {"c": "qu", "g": "gu", "z": "c"}
    return stem[:-1] + respelled.get(stem[-1], stem[-1])


def strong_past(stem: str, el: str | None = None) -> tuple[str, ...]:
    """The unstressed preterite of irregular verbs: `tuv-` → `tuve tuviste tuvo tuvimos tuvieron`.

    After `j` the last form loses its `i` (`trajeron`); `el` replaces the third one (`hizo`).
    """
    ellos = stem + ("eron" if stem.endswith("j") else "ieron")
    return (stem + "e", stem + "iste", el or stem + "o", stem + "imos", ellos)
