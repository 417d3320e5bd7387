"""The phrase generator speaks Spanish, and its splits hold apart what they promise."""

import contextlib
import itertools
import random
from collections import Counter

import pytest

from tasks.translation.grammar import english, lexicon, spanish
from tasks.translation.grammar.lexicon import INTRANSITIVE, NOUNS, TRANSITIVE
from tasks.translation.grammar.sentences import compose
from tasks.translation.phrases import MAX_WORDS, generate, split_of

# Translated by hand, without looking at the generator.
BY_HAND = {
    # Agreement of articles and adjectives in gender and number; the adjective follows.
    "The house is white.": "La casa es blanca.",
    "The books are red.": "Los libros son rojos.",
    "The keys were black.": "Las llaves eran negras.",
    "The map is old.": "El mapa es viejo.",
    "The photo was ugly.": "La foto era fea.",
    "The songs are beautiful.": "Las canciones son hermosas.",
    "The pencils are green.": "Los lápices son verdes.",
    "The uncles are young.": "Los tíos son jóvenes.",
    "The water is cold.": "El agua está fría.",
    "The aunt is hardworking.": "La tía es trabajadora.",
    "The queens are English.": "Las reinas son inglesas.",
    "She is Spanish.": "Ella es española.",
    "They are intelligent.": "Ellos son inteligentes.",
    # Being for good (ser) and being for now (estar).
    "The king is tired.": "El rey está cansado.",
    "She was sad.": "Ella estaba triste.",
    "He will be famous.": "Él será famoso.",
    "The table is not dirty.": "La mesa no está sucia.",
    # Pronouns that Spanish leaves out, tenses, irregular verbs.
    "I see the church.": "Veo la iglesia.",
    "You translated the letter.": "Tradujiste la carta.",
    "We will have the car.": "Tendremos el coche.",
    "They brought the bread.": "Ellos trajeron el pan.",
    "She will make the hat.": "Ella hará el sombrero.",
    "I closed the window.": "Cerré la ventana.",
    "We close the door.": "Cerramos la puerta.",
    "He closes the door.": "Él cierra la puerta.",
    "I looked for the key.": "Busqué la llave.",
    "You hear the boy.": "Oyes al niño.",
    "They served the coffee.": "Ellos sirvieron el café.",
    # Negation.
    "I do not drink the milk.": "No bebo la leche.",
    "She did not write the poem.": "Ella no escribió el poema.",
    "We never eat the rice.": "Nunca comemos el arroz.",
    "They will never find the clock.": "Ellos nunca encontrarán el reloj.",
    # The personal "a", which melts into "al".
    "I help the king.": "Ayudo al rey.",
    "She visits the queen.": "Ella visita a la reina.",
    "You will visit the city.": "Visitarás la ciudad.",
    # Modal verbs.
    "I want to buy the house.": "Quiero comprar la casa.",
    "They can see the tree.": "Ellos pueden ver el árbol.",
    "We must clean the kitchen.": "Debemos limpiar la cocina.",
    "He does not want to sell the books.": "Él no quiere vender los libros.",
    # Questions, which put the verb first.
    "Do you have the map?": "¿Tienes el mapa?",
    "Will she open the letter?": "¿Abrirá ella la carta?",
    "Where are the shoes?": "¿Dónde están los zapatos?",
    "Where was the dog?": "¿Dónde estaba el perro?",
    "How many apples do we eat?": "¿Cuántas manzanas comemos?",
    "How many books did he write?": "¿Cuántos libros escribió él?",
    # To like is to please; age is had.
    "I like the apples.": "Me gustan las manzanas.",
    "We do not like the cheese.": "No nos gusta el queso.",
    "She likes the lion.": "A ella le gusta el león.",
    # Where, and in what company "de" and "el" melt together.
    "I work in the hotel.": "Trabajo en el hotel.",
    "We slept under the tree.": "Dormimos debajo del árbol.",
    "They live near the school.": "Ellos viven cerca de la escuela.",
    "She played in front of the church.": "Ella jugó delante de la iglesia.",
}


PATIENCE = 20_000


@pytest.fixture(scope="module")
def spoken():
    """Thousands of sentences; each English one has one translation."""
    source, translations = random.Random(7), {}
    for _ in range(20_000):
        phrase = compose(source)
        assert translations.setdefault(phrase.english, phrase.spanish) == phrase.spanish
    return translations


@pytest.mark.parametrize("sentence", BY_HAND)
def test_a_sentence_is_translated_as_by_hand(sentence, monkeypatch):
    words = sentence.lower().strip(".?").replace(" i ", " I ")

    def wanted(items, forms):
        """The items that the sentence is made of, or all if it is made without any."""
        return (
            tuple(i for i in items if any(f" {form} " in f" {words} " for form in forms(i)))
            or items
        )

    # The functions see the whole tables: nothing lacks where the sentence says nothing.
    fitting = {noun: lexicon.adjectives(noun) for noun in NOUNS}
    nouns = lexicon.nouns
    monkeypatch.setattr(lexicon, "adjectives", lambda noun: wanted(fitting[noun], base_form))
    monkeypatch.setattr(lexicon, "nouns", lambda *kinds: wanted(nouns(*kinds), noun_forms))
    for table, forms in {
        "ADJECTIVES": base_form,
        "TRANSITIVE": verb_forms,
        "INTRANSITIVE": verb_forms,
        "MODALS": lambda modal: (modal.they, modal.she, modal.they_not, modal.she_not),
        "PRONOUNS": lambda row: (row[0].lower(),),
        "PLACES": lambda row: (row[0],),
    }.items():
        monkeypatch.setattr(lexicon, table, wanted(getattr(lexicon, table), forms))
    source = random.Random(11)
    found = next((phrase for phrase in composed(source) if phrase.english == sentence), None)
    assert found is not None, "the grammar no longer makes this sentence"
    assert found.spanish == BY_HAND[sentence]


def composed(source):
    """Phrases, but for the kinds of sentences that so few words cannot fill."""
    for _ in range(PATIENCE):
        with contextlib.suppress(IndexError):
            yield compose(source)


def base_form(item):
    return (item.english,)


def noun_forms(noun):
    return noun.english, english.plural(noun.english)


def verb_forms(action):
    return action.english, action.past, english.third_person(action.english)


@pytest.mark.parametrize(
    ("infinitive", "tense", "forms"),
    [
        ("comprar", "present", "compro compras compra compramos compran"),
        ("comprar", "past", "compré compraste compró compramos compraron"),
        ("comprar", "future", "compraré comprarás comprará compraremos comprarán"),
        ("comer", "present", "como comes come comemos comen"),
        ("beber", "past", "bebí bebiste bebió bebimos bebieron"),
        ("vivir", "present", "vivo vives vive vivimos viven"),
        ("dormir", "present", "duermo duermes duerme dormimos duermen"),
        ("dormir", "past", "dormí dormiste durmió dormimos durmieron"),
        ("servir", "present", "sirvo sirves sirve servimos sirven"),
        ("servir", "past", "serví serviste sirvió servimos sirvieron"),
        ("perder", "present", "pierdo pierdes pierde perdemos pierden"),
        ("encontrar", "present", "encuentro encuentras encuentra encontramos encuentran"),
        ("jugar", "present", "juego juegas juega jugamos juegan"),
        ("jugar", "past", "jugué jugaste jugó jugamos jugaron"),
        ("buscar", "past", "busqué buscaste buscó buscamos buscaron"),
        ("tener", "present", "tengo tienes tiene tenemos tienen"),
        ("tener", "past", "tuve tuviste tuvo tuvimos tuvieron"),
        ("tener", "future", "tendré tendrás tendrá tendremos tendrán"),
        ("hacer", "present", "hago haces hace hacemos hacen"),
        ("hacer", "past", "hice hiciste hizo hicimos hicieron"),
        ("hacer", "future", "haré harás hará haremos harán"),
        ("ver", "present", "veo ves ve vemos ven"),
        ("ver", "past", "vi viste vio vimos vieron"),
        ("traer", "present", "traigo traes trae traemos traen"),
        ("traer", "past", "traje trajiste trajo trajimos trajeron"),
        ("traducir", "present", "traduzco traduces traduce traducimos traducen"),
        ("traducir", "past", "traduje tradujiste tradujo tradujimos tradujeron"),
        ("oír", "present", "oigo oyes oye oímos oyen"),
        ("oír", "past", "oí oíste oyó oímos oyeron"),
        ("oír", "future", "oiré oirás oirá oiremos oirán"),
        ("enviar", "present", "envío envías envía enviamos envían"),
        ("cerrar", "future", "cerraré cerrarás cerrará cerraremos cerrarán"),
    ],
)
def test_verbs_are_conjugated_as_in_a_grammar_book(infinitive, tense, forms):
    verbs = {action.spanish.infinitive: action.spanish for action in (*TRANSITIVE, *INTRANSITIVE)}
    made = [spanish.conjugate(verbs[infinitive], tense, person) for person in range(5)]
    assert made == forms.split()


@pytest.mark.parametrize(
    ("adjective", "forms"),
    [
        ("rojo", "rojo roja rojos rojas"),
        ("verde", "verde verde verdes verdes"),
        ("azul", "azul azul azules azules"),
        ("gris", "gris gris grises grises"),
        ("inglés", "inglés inglesa ingleses inglesas"),
        ("español", "español española españoles españolas"),
        ("trabajador", "trabajador trabajadora trabajadores trabajadoras"),
        ("joven", "joven joven jóvenes jóvenes"),
    ],
)
def test_adjectives_agree(adjective, forms):
    made = [
        spanish.agree(adjective, gender, is_plural)
        for is_plural in (False, True)
        for gender in (spanish.MASCULINE, spanish.FEMININE)
    ]
    assert made == forms.split()


def test_plurals_are_spelt_as_they_sound():
    singular = "casa rey reloj lápiz león canción árbol ratón café hotel jardín"
    plural = "casas reyes relojes lápices leones canciones árboles ratones cafés hoteles jardines"
    assert [spanish.plural(word) for word in singular.split()] == plural.split()
    assert english.plural("church") == "churches"
    assert english.plural("mouse") == "mice"


def test_numbers_agree_only_in_a_final_one():
    masculine = {1: "un", 11: "once", 16: "dieciséis", 21: "veintiún", 22: "veintidós"}
    masculine |= {30: "treinta", 31: "treinta y un", 47: "cuarenta y siete", 99: "noventa y nueve"}
    feminine = masculine | {1: "una", 21: "veintiuna", 31: "treinta y una"}
    for words, gender in ((masculine, spanish.MASCULINE), (feminine, spanish.FEMININE)):
        assert {n: spanish.numeral(n, gender) for n in words} == words
    made = [english.numeral(n) for n in (1, 13, 20, 42)]
    assert made == ["one", "thirteen", "twenty", "forty-two"]


def test_age_is_had_in_years(spoken):
    ages = {e.split(" years old")[0].split()[-1]: s for e, s in spoken.items() if "years old" in e}
    assert ages["twenty-one"].endswith("veintiún años.")
    assert ages["thirty-two"].endswith("treinta y dos años.")


def test_small_words_melt_together_and_none_is_left_apart(spoken):
    for translation in spoken.values():
        words = f" {translation.lower()} "
        assert not any(apart in words for apart in (" a el ", " de el ", " la agua ", "  "))
    assert spanish.contract("la agua de el río") == "el agua del río"
    assert spanish.contract("a él le gusta") == "a él le gusta"  # the pronoun stays apart


def test_english_says_a_before_consonants_and_an_before_vowels(spoken):
    for sentence in spoken:
        words = sentence.lower().split()
        for article, following in itertools.pairwise(words):
            if article in ("a", "an"):
                assert (article == "an") == (following[0] in "aeiou"), sentence


def test_every_kind_of_noun_takes_an_article_of_its_gender(spoken):
    genders = {noun.spanish: noun.gender for noun in NOUNS if noun.spanish != "agua"}
    articles = {"el": "masculine", "un": "masculine", "la": "feminine", "una": "feminine"}
    seen = set()
    for translation in spoken.values():
        words = translation.lower().strip(".?¿").split()
        for article, noun in itertools.pairwise(words):
            if article in articles and noun in genders:
                assert articles[article] == genders[noun], translation
                seen.add(noun)
    assert seen == set(genders)


@pytest.fixture(scope="module")
def splits():
    return generate(train=20_011, validation=211, test=223, seed=5)


def test_splits_have_their_sizes_and_share_nothing(splits):
    assert [len(split) for split in splits] == [20_011, 211, 223]
    for side in ("english", "spanish"):
        sides = [{getattr(phrase, side) for phrase in split} for split in splits]
        if side == "english":
            assert [len(phrases) for phrases in sides] == [20_011, 211, 223]
        assert sides[2].isdisjoint(sides[0] | sides[1])
        assert sides[1].isdisjoint(sides[0])


def test_a_test_phrase_combines_words_that_never_meet_in_training(splits):
    train, validation, test = splits
    # Looked for in the sentences themselves, not in what the generator says about them.
    nouns = {form: noun.english for noun in NOUNS for form in noun_forms(noun)}
    met = Counter()
    for phrase in train:
        words = phrase.english.lower().strip(".?").split()
        present = {nouns[word] for word in words if word in nouns}
        met.update((word, noun) for word in set(words) for noun in present)
    for phrase in (*validation, *test):
        unmet = [
            (partner, noun)
            for partner, noun in phrase.linked
            if not any(met[form, noun] for form in forms_of(partner))
        ]
        assert unmet, phrase.english


def forms_of(partner):
    """First words of the English forms of an adjective or a verb."""
    actions = {action.english: action for action in (*TRANSITIVE, *INTRANSITIVE)}
    forms = verb_forms(actions[partner]) if partner in actions else (partner,)
    return {form.split()[0].lower() for form in forms} | {english.third_person(partner)}


def test_validation_holds_no_combination_kept_for_the_test(splits):
    for phrases, name in zip(splits, ("train", "validation", "test"), strict=True):
        assert {split_of(phrase, seed=5) for phrase in phrases} == {name}


def test_every_word_form_occurs_in_training(splits):
    train, validation, test = splits
    for side in ("english", "spanish"):
        known = {word for phrase in train for word in getattr(phrase, side).split()}
        for phrase in (*validation, *test):
            assert known.issuperset(getattr(phrase, side).split())


def test_phrases_are_short(splits):
    for phrase in (phrase for split in splits for phrase in split):
        assert len(phrase.english.split()) <= MAX_WORDS
        assert len(phrase.spanish.split()) <= MAX_WORDS


def test_the_same_seed_gives_the_same_phrases_and_another_gives_others(splits):
    assert generate(3001, 31, 37, seed=3) == generate(3001, 31, 37, seed=3)
    assert generate(3001, 31, 37, seed=4) != generate(3001, 31, 37, seed=3)


@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_each_split_needs_a_phrase(name):
    counts = {"train": 3000, "validation": 7, "test": 11} | {name: 0}
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1. Received: {name}=0"):
        generate(**counts)


def test_too_few_training_phrases_cannot_hold_every_word(monkeypatch):
    monkeypatch.setattr("tasks.translation.phrases._PATIENCE", 1000)
    with pytest.raises(ValueError, match=r"must contain every word.*train=3, validation=5, test=7"):
        generate(train=3, validation=5, test=7)
