"""The words of the built-in reviews: what is reviewed, and what is said about it."""

from dataclasses import dataclass

ASPECTS = ("content", "people", "price", "looks", "sound", "time")


@dataclass(frozen=True)
class Topic:
    """Something that a review has an opinion on.

    Args:
        noun: as it is written after "the".
        aspect: one of `ASPECTS`.
        plural: whether the verb is plural.
    """

    noun: str
    aspect: str
    plural: bool = False


def _topics(**nouns: str) -> tuple[Topic, ...]:
    """Topics from a line of nouns for each aspect; `*` marks a plural."""
    return tuple(
        Topic(noun.strip(" *"), aspect, plural=noun.endswith("*"))
        for aspect, line in nouns.items()
        for noun in line.split(", ")
    )


DOMAINS = {
    "film": _topics(
        content="plot, story, dialogues*, script",
        people="cast, lead actress, director, extras*",
        price="ticket price, surcharge for the late show",
        looks="camera work, costumes*, scenery",
        sound="music, songs*, sound mix",
        time="first half, last hour, ending",
    ),
    "restaurant": _topics(
        content="soup, desserts*, menu, fish",
        people="waiter, cook, hosts*",
        price="bill, wine prices*, cost of the lunch",
        looks="dining room, terrace, plates*",
        sound="piano, background music, voices from the kitchen*",
        time="wait, service at noon",
    ),
    "hotel": _topics(
        content="breakfast, pool, beds*, buffet",
        people="receptionist, manager, cleaners*",
        price="room rate, extra charges*, price of the parking",
        looks="lobby, view, bathrooms*",
        sound="air conditioning, street below, lift",
        time="check-in, ride to the airport",
    ),
    "phone": _topics(
        content="camera, apps*, keyboard, software",
        people="shop assistant, help desk, repairers*",
        price="list price, monthly fees*, cost of a new battery",
        looks="screen, case, icons*",
        sound="speaker, ring tones*, microphone",
        time="start, loading times*",
    ),
    "book": _topics(
        content="argument, chapters*, characters*, idea behind it",
        people="author, translator, editors*",
        price="cover price, price of the second edition",
        looks="drawings*, cover, printing",
        sound="audio edition, speaker's voice",
        time="opening, middle part, last pages*",
    ),
}

GENERAL = {
    +1: "good, great, excellent, wonderful, fine, lovely, superb, splendid, brilliant, enjoyable",
    -1: "bad, poor, terrible, dreadful, awful, weak, disappointing, mediocre, hopeless, annoying",
}
SPECIFIC = {
    "content": {
        +1: "original, inspired, satisfying, imaginative",
        -1: "dull, stale, forgettable, uninspired",
    },
    "people": {
        +1: "friendly, charming, skilful, attentive",
        -1: "rude, clumsy, careless, arrogant",
    },
    "price": {
        +1: "fair, reasonable, modest, generous",
        -1: "steep, outrageous, unfair, greedy",
    },
    "looks": {
        +1: "beautiful, elegant, bright, tasteful",
        -1: "ugly, shabby, gloomy, tasteless",
    },
    "sound": {
        +1: "pleasant, clear, soothing, melodious",
        -1: "shrill, harsh, unbearable, tinny",
    },
    "time": {
        +1: "lively, smooth, swift, well paced",
        -1: "endless, tedious, sluggish, tiresome",
    },
}
# What is neither good nor bad, until there is too much of it.
NEUTRAL = {
    "content": "simple, complicated, predictable",
    "people": "talkative, busy, serious",
    "price": "high",
    "looks": "plain, colourful, dark",
    "sound": "loud, quiet, monotonous",
    "time": "long, slow, hectic",
}

# How strong an opinion becomes. "" is an opinion as it is.
STRONG = ("very", "really", "extremely", "absolutely", "incredibly")
MILD = ("rather", "fairly", "quite", "somewhat")
TOO = {"far too": 2.0, "much too": 2.0, "too": 1.0, "a little too": 0.5, "slightly too": 0.5}

# {it} stands for the topic, {is} for "is" or "are", {so} for the adjective. The two lists share
# their words of doubt and denial, so that these say nothing by themselves.
AFFIRMING = (
    "{it} {is} {so}",
    "{it} {is} {so}",
    "{it} {is} {so}",
    "I would say that {it} {is} {so}",
    "everybody calls {it} {so}",
    "nobody denies that {it} {is} {so}",
    "there is no doubt that {it} {is} {so}",
    "it is true that {it} {is} {so}",
    "{it} {is} nothing but {so}",
    "I never doubted that {it} {is} {so}",
    "{it} {is} {so}, I cannot say anything else",
)
DENYING = (
    "{it} {is} not {so}",
    "{it} {is} not {so}",
    "I would not say that {it} {is} {so}",
    "nobody calls {it} {so}",
    "everybody denies that {it} {is} {so}",
    "there is no sign that {it} {is} {so}",
    "it is not true that {it} {is} {so}",
    "{it} {is} anything but {so}",
    "I doubt that {it} {is} {so}",
    "{it} {is} by no means {so}",
    "{it} {is} far from {so}",
)
ASIDES = ("to be honest", "in my opinion", "this time", "if you ask me", "after all", "for once")

# {main} decides, {other} is conceded.
CONTRASTS = (
    "{other}, but {main}",
    "{other}; still, {main}",
    "although {other}, {main}",
    "{main}, although {other}",
    "{main}, even though {other}",
    "it may be that {other}, yet {main}",
    "at first one thinks that {other}, in the end {main}",
    "{main}; it does not matter that {other}",
)
ADDITIONS = ("{main}, and {other}", "{main}; {other} as well", "{main}, just as {other}")


def words(line: str) -> list[str]:
    """The items of a line of the lexicon."""
    return line.split(", ")
