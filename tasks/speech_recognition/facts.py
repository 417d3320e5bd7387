"""What a run has learned from its data besides weights."""

from dataclasses import dataclass

from tasks.speech_recognition.text import TranscriptText, Units
from tasks.speech_recognition.utterances import Splits


@dataclass(frozen=True)
class Facts:
    """Of the training split.

    Args:
        rate: samples per second of its recordings, or frames per second of its features.
        num_features: of a frame, where the data are features; None of recordings.
        pieces: what is written down, in the order of the ids; of commands, the commands.
        units: what a piece is.
        mean: of each feature, over all frames; None unless the settings ask for it.
        deviation: of each feature, likewise.
    """

    rate: float
    num_features: int | None
    pieces: tuple[str, ...]
    units: Units
    mean: tuple[float, ...] | None = None
    deviation: tuple[float, ...] | None = None

    @classmethod
    def of(cls, splits: Splits, text: TranscriptText | None) -> "Facts":
        """The facts of a data set, whose transcripts are text or, without one, commands."""
        if text is None:
            normalized = TranscriptText((), "words")
            spoken = {" ".join(normalized.split(one)) for one in splits.train.transcripts}
            return cls(splits.rate, splits.num_features, tuple(sorted(spoken)), "words")
        return cls(splits.rate, splits.num_features, text.pieces, text.units)

    def check(self, expected: "Facts", where: str) -> None:
        """Raise ValueError unless these are the facts that `where` was made with."""
        for name in ("rate", "num_features", "units", "pieces"):
            mine, theirs = getattr(self, name), getattr(expected, name)
            if mine != theirs:
                raise ValueError(
                    f"The data has another `{name}` than {where}. Expected {theirs}. "
                    f"Received: {mine}."
                )
