"""Score a trained language model: `python -m tasks.language_model.evaluate RUN_FOLDER`."""

import logging
from pathlib import Path
from typing import Literal

import tyro

from keras_attention.models.language_model import LanguageModel
from tasks.common import console
from tasks.common.run_folder import RunFolder
from tasks.language_model.config import LanguageModelConfig
from tasks.language_model.data import RunningText, Splits, Windowing, load_text
from tasks.language_model.model import Writer
from tasks.language_model.scoring import Score, score

logger = logging.getLogger(__name__)
SPLITS = {
    "validation": "the validation split, which chose the weights",
    "test": "the test split",
    "held_out": "both, all that is held out",
}


def main(
    run_folder: tyro.conf.Positional[Path],
    weights: Literal["final", "best", "last"] = "final",
    context: int = 0,
) -> None:
    """Measure how well a run's model predicts the text that it was not trained on.

    Args:
        run_folder: what `train` made.
        weights: those that the finished run has chosen, or its best or last checkpoint.
        context: from how many units before it each is predicted at least. At 0 windows stand side
            by side, as while training; more makes windows overlap and the text less surprising.
    """
    config = RunFolder(run_folder).load_config(LanguageModelConfig)
    writer = Writer.load(run_folder, weights=weights)
    evaluate(writer.model, writer.text, load_text(config.data), config.windowing, context)


def evaluate(
    model: LanguageModel,
    text: RunningText,
    splits: Splits,
    windowing: Windowing,
    context: int = 0,
) -> dict[str, Score]:
    """Score a model on validation, test, and both together, and print the scores.

    Others choose by all that is held out and report the same; here the second half is only
    reported. The third score is the one to set beside theirs.
    """
    scores = {}
    for name, words in SPLITS.items():
        scores[name] = score(model, text, getattr(splits, name), windowing, context)
        logger.info("%d characters of %s:\n  %s", scores[name].characters, words, scores[name])
    return scores


if __name__ == "__main__":
    console.run(main)
