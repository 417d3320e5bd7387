"""Score a trained recognizer: `python -m tasks.speech_recognition.evaluate RUN_FOLDER`."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import tyro

from tasks.common import console
from tasks.common.files import write_rows
from tasks.common.run_folder import RunFolder
from tasks.common.scores import Score, report
from tasks.speech_recognition.commands import CommandClassifier
from tasks.speech_recognition.config import (
    AS_TRAINED,
    CommandConfig,
    DecodeOptions,
    SpeechConfig,
)
from tasks.speech_recognition.corpora import load_utterances
from tasks.speech_recognition.model import Recognizer
from tasks.speech_recognition.scoring import command_scores, errors_of_each, transcript_scores
from tasks.speech_recognition.utterances import Splits, Utterances

logger = logging.getLogger(__name__)
_WORST = 5  # utterances
_MOST_REPORTED = 40  # commands


def main(
    run_folder: tyro.conf.Positional[Path],
    split: Literal["test", "validation"] = "test",
    weights: Literal["final", "best", "last"] = "final",
    decode: DecodeOptions = AS_TRAINED,
) -> None:
    """Listen to a split of the run's data and score what is heard.

    Args:
        run_folder: what `train` made.
        split: which utterances.
        weights: those that the finished run has chosen, or its best or last checkpoint.
        decode: the search.
    """
    folder = RunFolder(run_folder)
    config = folder.load_config(SpeechConfig)
    evaluate(folder, config, load_utterances(config.data), split, weights, decode)


def evaluate(
    folder: RunFolder,
    config: SpeechConfig,
    splits: Splits,
    split: Literal["test", "validation"],
    weights: str = "final",
    decode: DecodeOptions = AS_TRAINED,
) -> list[Score]:
    """Listen to a split, print the scores, keep what was heard in a file.

    Returns:
        The scores.
    """
    utterances = getattr(splits, split)
    if isinstance(config.model, CommandConfig):
        scores, rows = _of_commands(CommandClassifier.load(folder.path, weights), utterances)
    else:
        recognizer = Recognizer.load(folder.path, decode, weights)
        scores, rows = _of_transcripts(recognizer, utterances)
    path = folder.path / f"{split}.jsonl"
    write_rows(path, rows)
    logger.info("What was heard of each is in %s.", path)
    return scores


def command_ids(utterances: Utterances, ids: Mapping[str, int], where: str) -> list[int]:
    """The command of each utterance.

    Raises:
        ValueError: if one is no command of the training split.
    """
    found = []
    for transcript, name in zip(utterances.transcripts, utterances.names, strict=True):
        command = " ".join(transcript.lower().split())
        if command not in ids:
            raise ValueError(
                f"{name} ({where}) is {command!r}, which the training split never has. Expected "
                f"one of {', '.join(ids)}."
            )
        found.append(ids[command])
    return found


def _of_transcripts(
    recognizer: Recognizer, utterances: Utterances
) -> tuple[list[Score], list[dict]]:
    truth = [recognizer.text.normalized(one) for one in utterances.transcripts]
    heard = [one.text for one in recognizer(utterances.audio)]
    scores = transcript_scores(truth, heard)
    logger.info(
        "%d utterances by %s, %d beams:",
        len(truth),
        recognizer.decode.method,
        recognizer.decode.beams,
    )
    for one in scores:
        logger.info("  %s", one)
    errors = errors_of_each(truth, heard)
    order = np.argsort([-count for count in errors], kind="stable")[:_WORST]
    for number in order:
        if errors[number]:
            logger.info(
                "  %d wrong: %s\n     heard: %s\n           (%s)",
                errors[number],
                truth[number],
                heard[number],
                utterances.names[number],
            )
    rows = [
        {"utterance": name, "said": said, "heard": found, "errors": count}
        for name, said, found, count in zip(utterances.names, truth, heard, errors, strict=True)
    ]
    return scores, rows


def _of_commands(
    classifier: CommandClassifier, utterances: Utterances
) -> tuple[list[Score], list[dict]]:
    names = classifier.facts.pieces
    truth = command_ids(utterances, {name: i for i, name in enumerate(names)}, "to be scored")
    probabilities = classifier.probabilities(utterances.audio)
    said = probabilities.argmax(axis=-1)
    scores = command_scores(np.array(truth), probabilities)
    logger.info("%d utterances:", len(truth))
    for one in scores:
        logger.info("  %s", one)
    if len(names) <= _MOST_REPORTED:
        logger.info("\n%s", report(names, truth, said))
    rows = [
        {
            "utterance": name,
            "label": names[right],
            "heard": names[found],
            "probability": round(float(row[found]), 4),
        }
        for name, right, found, row in zip(
            utterances.names, truth, said, probabilities, strict=True
        )
    ]
    return scores, rows


if __name__ == "__main__":
    console.run(main)
