"""How well a model predicts a text: cross-entropy per unit and per character."""

import math
from dataclasses import dataclass

from keras_attention.models.language_model import LanguageModel
from keras_attention.training.losses import MaskedCrossEntropy
from tasks.language_model.data import RunningText, Windowing, held_out_windows


@dataclass(frozen=True)
class Score:
    """What a text costs.

    Args:
        characters: number of characters of the text.
        units: number of units that it was read in.
        nats: sum of the cross-entropies of all units.
    """

    characters: int
    units: int
    nats: float

    @property
    def nats_per_character(self) -> float:
        return self.nats / self.characters

    @property
    def bits_per_character(self) -> float:
        return self.nats_per_character / math.log(2)

    @property
    def perplexity(self) -> float:
        """Per unit."""
        return math.exp(self.nats / self.units)

    def __str__(self):
        return (
            f"{self.nats_per_character:.4f} nats per character, "
            f"{self.bits_per_character:.4f} bits, "
            f"perplexity {self.perplexity:.3f} per unit"
        )


def score(
    model: LanguageModel,
    text: RunningText,
    content: str,
    windowing: Windowing,
    context: int = 0,
) -> Score:
    """What `content` costs `model`, read in windows; see `held_out_windows` for `context`."""
    ids = text.encode(content)
    model.compile(loss=MaskedCrossEntropy())
    batches = held_out_windows(ids, windowing, context)
    loss = model.evaluate(batches, verbose=0, return_dict=True)["loss"]
    return Score(len(content), len(ids), loss * len(ids))
