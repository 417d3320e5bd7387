"""Listen to recordings: `python -m tasks.speech_recognition.predict RUN_FOLDER recording.wav`."""

import logging
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import tyro

from tasks.common import console
from tasks.common.answers import best_classes, with_probabilities
from tasks.common.files import write_rows
from tasks.common.given_files import files_of
from tasks.common.run_folder import RunFolder
from tasks.speech_recognition.commands import CommandClassifier
from tasks.speech_recognition.config import (
    AS_TRAINED,
    CommandConfig,
    DecodeOptions,
    SpeechConfig,
)
from tasks.speech_recognition.model import Heard, Recognizer, Word
from tasks.speech_recognition.recordings import SUFFIXES, Recordings

logger = logging.getLogger(__name__)
_PART_SECONDS = 20.0  # of a long recording, which is cut where it is quiet
_SEARCHED_SECONDS = 5.0  # before the end of a part
_WINDOW_SECONDS = 0.1  # that must be quiet


def main(
    run_folder: tyro.conf.Positional[Path],
    recordings: tyro.conf.Positional[tuple[Path, ...]],
    output: Path | None = None,
    times: bool = True,
    best: int = 3,
    weights: Literal["final", "best", "last"] = "final",
    decode: DecodeOptions = AS_TRAINED,
    stream: bool = False,
    bad_files: Literal["error", "skip"] = "error",
) -> None:
    """Write down what is said in recordings, or say which command each is.

    Args:
        run_folder: what `train` made.
        recordings: WAV, FLAC, OGG or MP3 files of any rate, or folders of them.
        output: file to write, one JSON object per recording.
        times: print when each word begins.
        best: how many commands to print for each recording.
        weights: those that a finished run has chosen, or its best or last checkpoint.
        decode: the search.
        stream: print what is heard as it arrives, by CTC's likeliest tokens; the run must have
            `model.chunk_length`, and `features.normalization` global or none.
        bad_files: what to do about a file that is no recording: stop, or name it and go on.
    """
    config = RunFolder(run_folder).load_config(SpeechConfig)
    if isinstance(config.model, CommandConfig):
        hears: Recognizer | CommandClassifier = CommandClassifier.load(run_folder, weights)
    else:
        hears = Recognizer.load(run_folder, decode, weights)
    if hears.facts.num_features is not None:
        raise ValueError(
            f"The run in {run_folder} was trained on features, not on recordings: it cannot listen "
            "to files."
        )
    reader, rows, skipped = Recordings(int(hears.facts.rate)), [], 0
    files = files_of(recordings, SUFFIXES, "recording")
    for file in files:
        try:
            wave = reader.read(file.read_bytes(), str(file))
        except ValueError as error:
            if bad_files == "error":
                raise
            logger.warning("%s", error)
            skipped += 1
            continue
        if stream and isinstance(hears, Recognizer):
            text = _streamed(hears, wave)
            print(f"{text}\t{file}", flush=True)
            rows.append({"recording": str(file), "text": text})
        elif isinstance(hears, CommandClassifier):
            command = hears([wave])[0]
            names = best_classes(command.probabilities, best)
            print(f"{with_probabilities(command.probabilities, names)}\t{file}", flush=True)
            rows.append({"recording": str(file), **command._asdict()})
        else:
            heard = listen(hears, wave)
            print(f"{shown_words(heard) if times else heard.text}\t{file}", flush=True)
            words = [word._asdict() for word in heard.words]
            rows.append({"recording": str(file), **heard._asdict(), "words": words})
    reader.report("The recordings")
    if skipped:
        logger.warning("Skipped %d of %d files that are no recordings.", skipped, len(files))
    if output:
        write_rows(output, rows)


def _streamed(recognizer: Recognizer, wave: np.ndarray) -> str:
    """What is heard, printed as it grows, to standard error so that the output stays clean."""
    text = ""
    for so_far in recognizer.stream(wave):
        if so_far != text:
            text = so_far
            print(f"... {text}", file=sys.stderr, flush=True)
    return text


def listen(recognizer: Recognizer, wave: np.ndarray) -> Heard:
    """What is said in a recording of any length; a long one is cut where it is quiet."""
    rate = int(recognizer.facts.rate)
    starts = cuts(wave, rate)
    parts = recognizer(np.split(wave, starts[1:]))
    words = [
        Word(word.text, word.seconds + start / rate)
        for start, part in zip(starts, parts, strict=True)
        for word in part.words
    ]
    text = " ".join(part.text for part in parts if part.text)
    return Heard(text, sum(part.log_probability for part in parts), words)


def cuts(wave: np.ndarray, rate: int) -> list[int]:
    """Where the parts of a recording begin: each is cut off at the quietest place near its end.

    Args:
        wave: int16 `[samples]`.
        rate: samples per second.

    Returns:
        Ascending numbers of samples, the first of them 0.
    """
    part, searched, window = (
        int(seconds * rate) for seconds in (_PART_SECONDS, _SEARCHED_SECONDS, _WINDOW_SECONDS)
    )
    starts = [0]
    while len(wave) - starts[-1] > part:
        first = starts[-1] + part - searched
        loud = np.square(wave[first : starts[-1] + part].astype(np.float64))
        energy = np.convolve(loud, np.ones(window), "valid")
        starts.append(first + int(energy.argmin()) + window // 2)
    return starts


def shown_words(heard: Heard) -> str:
    """The words, each with the second at which it begins."""
    return " ".join(f"[{word.seconds:.2f}] {word.text}" for word in heard.words) or heard.text


if __name__ == "__main__":
    console.run(main)
