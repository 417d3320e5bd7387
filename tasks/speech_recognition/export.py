"""Export a recognizer: `python -m tasks.speech_recognition.export RUN_FOLDER`."""

import logging
from pathlib import Path
from typing import Literal

import tensorflow as tf
import tyro
from keras import ops

from keras_attention.decoding.beam import Beam
from keras_attention.decoding.decode import decode
from keras_attention.export import export_functions
from keras_attention.ops.resampling import resample
from tasks.common import console
from tasks.common.run_folder import RunFolder
from tasks.common.special_ids import SPECIAL_PIECES
from tasks.speech_recognition.commands import CommandClassifier
from tasks.speech_recognition.config import CommandConfig, SpeechConfig
from tasks.speech_recognition.model import Recognizer

logger = logging.getLogger(__name__)
_LONGEST = 512  # tokens of a transcript


def main(
    run_folder: tyro.conf.Positional[Path],
    output: Path | None = None,
    weights: Literal["final", "best", "last"] = "final",
    search: Literal["ctc_greedy", "attention"] = "ctc_greedy",
) -> None:
    """Write a SavedModel that takes a waveform, or the bytes of a WAV file, and returns text.

    Args:
        run_folder: what `train` made.
        output: the folder to write, by default saved_model in the run folder.
        weights: those that the finished run has chosen, or its best or last checkpoint.
        search: what writes transcripts: CTC's likeliest tokens, or a beam search of the decoder.
    """
    config = RunFolder(run_folder).load_config(SpeechConfig)
    if isinstance(config.model, CommandConfig):
        hears: Recognizer | CommandClassifier = CommandClassifier.load(run_folder, weights)
    else:
        hears = Recognizer.load(run_folder, weights=weights)
    path = export(hears, output or run_folder / "saved_model", search)
    logger.info(
        "Written to %s. Use it with nothing but TensorFlow:\n\n"
        "  import tensorflow as tf\n"
        '  listen = tf.saved_model.load("%s").signatures["wav"]\n'
        '  listen(content=tf.constant(open("recording.wav", "rb").read()))',
        path,
        path,
    )


def export(
    hears: Recognizer | CommandClassifier,
    path: Path,
    search: Literal["ctc_greedy", "attention"] = "ctc_greedy",
) -> Path:
    """Write front end, model and search as one SavedModel.

    It has two signatures for one recording each. `serving_default` takes `waveform`, float
    `[samples]` from -1 to 1, and `rate`, an integer scalar, in hertz. `wav` takes `content`, a
    scalar string: the bytes of a WAV file of 16-bit samples, of any rate and with any number of
    channels. Both return `text`, a scalar string; of commands `label`, and `probabilities`
    `[commands]` of the `labels` `[commands]`.

    Raises:
        ValueError: if the model takes features instead of recordings, or has no decoder to search
            with.
    """
    if hears.facts.num_features is not None:
        raise ValueError("A model of features cannot listen to recordings: it cannot be exported.")
    if isinstance(hears, Recognizer) and search == "attention" and hears.model.decoder is None:
        raise ValueError(
            "`search` attention needs a decoder, which this model does not have. Use ctc_greedy."
        )
    own_rate = int(hears.facts.rate)

    def listen(waveform: tf.Tensor, rate: tf.Tensor) -> dict[str, tf.Tensor]:
        audio = resample(waveform[None], rate, own_rate)
        inputs = {"audio": audio, "lengths": tf.shape(audio)[1:]}
        if isinstance(hears, CommandClassifier):
            probabilities, labels = hears.forward(inputs)[0], tf.constant(hears.facts.pieces)
            label = labels[tf.argmax(probabilities)]
            return {"label": label, "probabilities": probabilities, "labels": labels}
        log_probabilities, encoded, mask = hears.encode(inputs)
        if search == "attention":
            return {"text": _written(hears, _attended(hears, encoded, mask))}
        return {"text": _written(hears, _collapsed(log_probabilities[0]))}

    def listen_to_file(content: tf.Tensor) -> dict[str, tf.Tensor]:
        samples, rate = tf.audio.decode_wav(content)
        return listen(tf.reduce_mean(samples, axis=1), rate)

    waveform = tf.TensorSpec([None], tf.float32, name="waveform")
    rate = tf.TensorSpec([], tf.int32, name="rate")
    content = tf.TensorSpec([], tf.string, name="content")
    functions = {
        "serving_default": (listen, [waveform, rate]),
        "wav": (listen_to_file, [content]),
    }
    return export_functions(functions, path, hears.model)


def _collapsed(log_probabilities: tf.Tensor) -> tf.Tensor:
    """CTC's likeliest token of each frame, int `[tokens]`, repetitions and blanks left out."""
    ids = tf.argmax(log_probabilities, axis=-1, output_type=tf.int32)
    before = tf.concat([[0], ids[:-1]], axis=0)
    return tf.boolean_mask(ids, (ids != 0) & (ids != before))


def _attended(recognizer: Recognizer, encoded: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """The best hypothesis of the decoder, int `[tokens]`."""
    settings = recognizer.decode
    hypotheses = decode(
        recognizer.model.step,
        recognizer.model.make_cache(encoded, mask, _LONGEST, settings.beams),
        Beam(settings.beams, settings.length_penalty),
        batch_size=1,
        max_length=_LONGEST,
        limits=ops.sum(ops.cast(mask, "int32"), axis=1) + 1,
    )
    return hypotheses.token_ids[0, 0, : hypotheses.lengths[0, 0]]


def _written(recognizer: Recognizer, ids: tf.Tensor) -> tf.Tensor:
    """The transcript, a scalar string."""
    pieces = tf.constant([*[""] * len(SPECIAL_PIECES), *recognizer.text.pieces])
    between = " " if recognizer.text.units == "words" else ""
    text = tf.strings.reduce_join(tf.gather(pieces, ids), separator=between)
    return tf.strings.strip(tf.strings.regex_replace(text, " +", " "))


if __name__ == "__main__":
    console.run(main)
