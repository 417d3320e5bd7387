"""The words that the phrase generator knows, each with its translation and its grammar.

A word says which *kinds* of things it goes with (one eats food and opens doors), so that the
sentences make sense. English words have one meaning here: nothing is ambiguous that would give a
sentence two translations (so no "read", whose past looks like its present).
"""

import functools
from dataclasses import dataclass

from tasks.translation.grammar import spanish
from tasks.translation.grammar.spanish import FEMININE, MASCULINE, Verb, strong_past

# Columns: English, Spanish, gender, kinds. "mass" nouns have no plural and take no "a".
_NOUNS = """
man        hombre     m  person
woman      mujer      f  person
boy        niño       m  person
girl       niña       f  person
brother    hermano    m  person
sister     hermana    f  person
king       rey        m  person
queen      reina      f  person
uncle      tío        m  person
aunt       tía        f  person
dog        perro      m  animal
cat        gato       m  animal
horse      caballo    m  animal
cow        vaca       f  animal
lion       león       m  animal
mouse      ratón      m  animal
bee        abeja      f  animal
apple      manzana    f  food piece
lemon      limón      m  food piece
egg        huevo      m  food piece
onion      cebolla    f  food piece
cake       pastel     m  food piece
cheese     queso      m  food mass
bread      pan        m  food mass
rice       arroz      m  food mass
water      agua       f  drink mass
milk       leche      f  drink mass
coffee     café       m  drink mass
book       libro      m  text thing paper
letter     carta      f  text thing paper
poem       poema      m  text
song       canción    f  text
newspaper  periódico  m  text thing paper
table      mesa       f  thing surface
bed        cama       f  thing surface
chair      silla      f  thing surface
car        coche      m  thing machine vehicle
bicycle    bicicleta  f  thing machine vehicle
clock      reloj      m  thing machine
lamp       lámpara    f  thing
shirt      camisa     f  thing clothes
shoe       zapato     m  thing clothes
hat        sombrero   m  thing clothes
pencil     lápiz      m  thing
key        llave      f  thing
map        mapa       m  thing
photo      foto       f  thing paper
door       puerta     f  opening
window     ventana    f  opening
house      casa       f  building room
kitchen    cocina     f  room
school     escuela    f  building room
church     iglesia    f  building room
hotel      hotel      m  building room
garden     jardín     m  room
park       parque     m  place room
city       ciudad     f  place room
forest     bosque     m  place room
market     mercado    m  place room
river      río        m  landmark
bridge     puente     m  landmark
tree       árbol      m  landmark high
"""

# Columns: English, Spanish, the "to be" it takes (permanent ser, passing estar), kinds.
_ADJECTIVES = """
red          rojo        ser    thing machine clothes opening building piece
white        blanco      ser    thing machine clothes opening building animal
black        negro       ser    thing machine clothes opening animal
green        verde       ser    thing machine clothes opening piece landmark
blue         azul        ser    thing machine clothes opening building
gray         gris        ser    thing machine clothes building animal
yellow       amarillo    ser    thing machine clothes opening building piece
new          nuevo       ser    thing machine clothes opening building text room
old          viejo       ser    thing machine building person animal room landmark
big          grande      ser    thing machine building animal room landmark piece
small        pequeño     ser    thing machine building animal room landmark piece
beautiful    hermoso     ser    thing machine building person animal text room landmark
ugly         feo         ser    thing machine building animal clothes
expensive    caro        ser    thing machine clothes food drink building
cheap        barato      ser    thing machine clothes food drink
strong       fuerte      ser    person animal
tall         alto        ser    person high
young        joven       ser    person animal
famous       famoso      ser    person text building
friendly     amable      ser    person animal
intelligent  inteligente ser    person animal
hardworking  trabajador  ser    person
English      inglés      ser    person food text machine
Spanish      español     ser    person food text machine
fast         rápido      ser    animal vehicle
slow         lento       ser    animal vehicle
delicious    delicioso   ser    food drink
long         largo       ser    text surface
short        corto       ser    text
happy        contento    estar  person animal
sad          triste      estar  person animal
tired        cansado     estar  person animal
sick         enfermo     estar  person animal
dirty        sucio       estar  clothes surface room machine drink
broken       roto        estar  machine surface opening
cold         frío        estar  food drink
hot          caliente    estar  food drink
"""
# These few stand before the noun, and two of them lose a letter there.
_ORDINALS = "first primero, second segundo, third tercero, last último"

_E_IE, _O_UE, _E_I = ("e", "ie"), ("o", "ue"), ("e", "i")
_GOODS = "thing machine clothes"


@dataclass(frozen=True)
class Noun:
    english: str
    spanish: str
    gender: str
    kinds: frozenset[str]

    @property
    def is_mass(self) -> bool:
        return "mass" in self.kinds


@dataclass(frozen=True)
class Adjective:
    english: str
    spanish: str
    copula: str
    kinds: frozenset[str]


@dataclass(frozen=True)
class Action:
    """A verb in both languages; `kinds` are those of its object, none for a verb without one."""

    english: str
    past: str
    spanish: Verb
    kinds: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset({"person"})


@dataclass(frozen=True)
class Modal:
    """What stands before an infinitive; the English forms are those of "they" and of "she"."""

    they: str
    she: str
    they_not: str
    she_not: str
    spanish: Verb

    def plain(self, is_third_person: bool) -> str:
        return self.she if is_third_person else self.they

    def negated(self, is_third_person: bool) -> str:
        return self.she_not if is_third_person else self.they_not


def _table(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


def _action(
    english: str, past: str, verb: str | Verb, kinds: str = "", subjects: str = "person"
) -> Action:
    verb = Verb(verb) if isinstance(verb, str) else verb
    return Action(english, past, verb, frozenset(kinds.split()), frozenset(subjects.split()))


NOUNS = tuple(
    Noun(
        english,
        word,
        FEMININE if gender == "f" else MASCULINE,
        frozenset(kinds),
    )
    for english, word, gender, *kinds in _table(_NOUNS)
)
ADJECTIVES = tuple(
    Adjective(english, word, copula, frozenset(kinds))
    for english, word, copula, *kinds in _table(_ADJECTIVES)
)
OLD = next(adjective for adjective in ADJECTIVES if adjective.english == "old")
ORDINALS = tuple(tuple(pair.split()) for pair in _ORDINALS.split(", "))
SHORTENED = {"primero": "primer", "tercero": "tercer"}

_TENER = Verb("tener", _E_IE, "tengo", past=strong_past("tuv"), future_stem="tendr")
_HACER = Verb("hacer", None, "hago", past=strong_past("hic", "hizo"), future_stem="har")
_VER = Verb("ver", None, "veo", past=("vi", "viste", "vio", "vimos", "vieron"))
_TRAER = Verb("traer", None, "traigo", past=strong_past("traj"))
_TRADUCIR = Verb("traducir", None, "traduzco", past=strong_past("traduj"))
_OIR = Verb(
    "oír",
    present=("oigo", "oyes", "oye", "oímos", "oyen"),
    past=("oí", "oíste", "oyó", "oímos", "oyeron"),
)
_ENVIAR = Verb("enviar", present=("envío", "envías", "envía", "enviamos", "envían"))
_EVERYBODY = "person animal"

HAVE = _action("have", "had", _TENER, f"{_GOODS} animal building")
TRANSITIVE = (
    _action("eat", "ate", "comer", "food", _EVERYBODY),
    _action("cook", "cooked", "cocinar", "food"),
    _action("drink", "drank", "beber", "drink"),
    _action("serve", "served", Verb("servir", _E_I), "food drink"),
    _action("make", "made", _HACER, "clothes"),
    HAVE,
    _action("see", "saw", _VER, f"{_GOODS} person building landmark", _EVERYBODY),
    _action("hear", "heard", _OIR, "person", _EVERYBODY),
    _action("help", "helped", "ayudar", "person"),
    _action("visit", "visited", "visitar", "person place building"),
    _action("look for", "looked for", "buscar", f"{_GOODS} food person", _EVERYBODY),
    _action("find", "found", Verb("encontrar", _O_UE), f"{_GOODS} food person", _EVERYBODY),
    _action("lose", "lost", Verb("perder", _E_IE), _GOODS),
    _action("buy", "bought", "comprar", f"{_GOODS} food drink animal building"),
    _action("sell", "sold", "vender", f"{_GOODS} food drink animal building"),
    _action("need", "needed", "necesitar", f"{_GOODS} food drink"),
    _action("steal", "stole", "robar", f"{_GOODS} food animal"),
    _action("bring", "brought", _TRAER, f"{_GOODS} food drink"),
    _action("send", "sent", _ENVIAR, "text"),
    _action("write", "wrote", "escribir", "text"),
    _action("translate", "translated", _TRADUCIR, "text"),
    _action("wash", "washed", "lavar", "clothes opening vehicle"),
    _action("clean", "cleaned", "limpiar", "room surface machine opening"),
    _action("paint", "painted", "pintar", "building surface opening landmark"),
    _action("draw", "drew", "dibujar", "animal landmark building"),
    _action("open", "opened", "abrir", "opening paper"),
    _action("close", "closed", Verb("cerrar", _E_IE), "opening paper"),
    _action("break", "broke", "romper", "opening machine surface"),
)
INTRANSITIVE = (
    _action("sleep", "slept", Verb("dormir", _O_UE), subjects=_EVERYBODY),
    _action("run", "ran", "correr", subjects=_EVERYBODY),
    _action("walk", "walked", "caminar", subjects=_EVERYBODY),
    _action("play", "played", Verb("jugar", ("u", "ue")), subjects=_EVERYBODY),
    _action("live", "lived", "vivir", subjects=_EVERYBODY),
    _action("rest", "rested", "descansar", subjects=_EVERYBODY),
    _action("work", "worked", "trabajar"),
    _action("sing", "sang", "cantar"),
    _action("dance", "danced", "bailar"),
)

LIKE = _action("like", "liked", "gustar")  # turned around in Spanish, so a sentence of its own

MODALS = (
    Modal("want to", "wants to", "do not want to", "does not want to", Verb("querer", _E_IE)),
    Modal("can", "can", "cannot", "cannot", Verb("poder", _O_UE)),
    Modal("must", "must", "must not", "must not", Verb("deber")),
)

# Past of the three verbs of state is the imperfect: "the house was white" → "era", not "fue".
_SER_PAST = ("era", "eras", "era", "éramos", "eran")
_ESTAR_PAST = ("estaba", "estabas", "estaba", "estábamos", "estaban")
COPULAS = {
    "ser": Verb("ser", present=("soy", "eres", "es", "somos", "son"), past=_SER_PAST),
    "estar": Verb(
        "estar", present=("estoy", "estás", "está", "estamos", "están"), past=_ESTAR_PAST
    ),
}
THERE_IS = {"present": "hay", "past": "había", "future": "habrá"}

# English, Spanish, the kinds of the place.
PLACES = (
    ("in", "en", frozenset({"room"})),
    ("on", "sobre", frozenset({"surface"})),
    ("under", "debajo de", frozenset({"surface", "landmark"})),
    ("behind", "detrás de", frozenset({"building", "landmark"})),
    ("in front of", "delante de", frozenset({"building", "landmark"})),
    ("near", "cerca de", frozenset({"building", "landmark", "place"})),
)
TIMES = {
    "present": (("every day", "todos los días"), ("on Mondays", "los lunes")),
    "past": (("yesterday", "ayer"), ("last week", "la semana pasada")),
    "future": (("tomorrow", "mañana"), ("next week", "la próxima semana")),
}

# English singular and plural, then Spanish masculine and feminine of each number.
ARTICLES = (("a", "some", "un", "una", "unos", "unas"),)
DETERMINERS = (
    ("the", "the", "el", "la", "los", "las"),
    ("this", "these", "este", "esta", "estos", "estas"),
    ("that", "those", "ese", "esa", "esos", "esas"),
    ("my", "my", "mi", "mi", "mis", "mis"),
    ("your", "your", "tu", "tu", "tus", "tus"),
    ("his", "his", "su", "su", "sus", "sus"),
    ("her", "her", "su", "su", "sus", "sus"),
    ("our", "our", "nuestro", "nuestra", "nuestros", "nuestras"),
)
# English and Spanish pronoun ("" where Spanish leaves it out), person, after "a", with gustar.
PRONOUNS = (
    ("I", "", spanish.YO, "", "me"),
    ("you", "", spanish.TU, "", "te"),
    ("he", "él", spanish.EL, "a él", "le"),
    ("she", "ella", spanish.EL, "a ella", "le"),
    ("we", "", spanish.NOSOTROS, "", "nos"),
    ("they", "ellos", spanish.ELLOS, "a ellos", "les"),
)


@functools.cache
def nouns(kinds: frozenset[str], countable: bool = False) -> tuple[Noun, ...]:
    """The nouns of any of these kinds; with `countable` only those that have a plural."""
    return tuple(n for n in NOUNS if n.kinds & kinds and not (countable and n.is_mass))


@functools.cache
def adjectives(noun: Noun) -> tuple[Adjective, ...]:
    """The adjectives that make sense with a noun."""
    return tuple(adjective for adjective in ADJECTIVES if adjective.kinds & noun.kinds)
