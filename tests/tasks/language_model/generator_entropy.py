"""What the choices of the grammar of reviews cost: the entropy that no model of them can beat."""

import math
import random

from tasks.common.grammar.reviews import compose


class Chance(float):
    """A uniform number that remembers what has been asked about it."""

    def __new__(cls, value):
        chance = super().__new__(cls, value)
        chance.low, chance.high = 0.0, 1.0
        return chance

    def __lt__(self, threshold):
        if float(self) < threshold:
            self.high = min(self.high, threshold)
            return True
        self.low = max(self.low, threshold)
        return False


class Counting(random.Random):
    """Draws as `random.Random` does, and adds up the surprise of what it has drawn."""

    def __init__(self, seed):
        self.nats = 0.0
        self.chances = []
        super().__init__(seed)

    def random(self):
        self.chances.append(Chance(super().random()))
        return self.chances[-1]

    def choice(self, items):
        drawn = items[self.getrandbits(32) % len(items)]
        self.nats -= math.log(sum(item == drawn for item in items) / len(items))
        return drawn

    def sample(self, items, k):
        items, drawn = list(items), []
        for _ in range(k):
            drawn.append(self.choice(items))
            items.remove(drawn[-1])
        return drawn


def nats_per_character(reviews=2000, seed=5):
    """The mean surprise of reviews, one per line, divided by their mean length.

    It is that of how a review was composed; two ways to the same words are rare, so the words'
    own entropy is hardly less.
    """
    draw = Counting(seed)
    characters = sum(len(compose(draw).text) + 1 for _ in range(reviews))
    nats = draw.nats - sum(math.log(one.high - one.low) for one in draw.chances)
    return nats / characters
