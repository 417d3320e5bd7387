"""The models that configurations describe, with new weights or those of a run."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import keras_attention.layers as layers
from keras_attention.layers.pooling import AttentionPooling, FirstTokenPooling, MeanPooling
from keras_attention.models.recurrent_text_decoder import RecurrentTextDecoder
from keras_attention.models.speech_classifier import SpeechClassifier
from keras_attention.models.speech_recognizer import SpeechRecognizer
from keras_attention.models.text_decoder import TextDecoder
from keras_attention.training.weight_files import load_weights
from tasks.common.mechanisms import make_mechanism, make_position_scheme
from tasks.common.run_folder import RunFolder
from tasks.speech_recognition.batches import portions
from tasks.speech_recognition.config import (
    AugmentationConfig,
    CommandConfig,
    EncoderConfig,
    FeatureConfig,
    RecognizerConfig,
    SpeechConfig,
)
from tasks.speech_recognition.facts import Facts
from tasks.speech_recognition.text import TranscriptText

_POOLINGS = {
    "mean": MeanPooling,
    "attention": AttentionPooling,
    "first": FirstTokenPooling,
}


def build_model(
    config: SpeechConfig, facts: Facts, precision: str = "float32"
) -> SpeechRecognizer | SpeechClassifier:
    """The model that a configuration describes, with new weights.

    Args:
        config: all settings.
        facts: of the data.
        precision: of the computations.

    Raises:
        ValueError: if settings contradict each other.
    """
    front_end = _front_end(config.features, config.augmentation, facts, precision)
    encoder = _speech_encoder(config.model, front_end, precision)
    if isinstance(config.model, CommandConfig):
        pooling = {"attention": {"num_heads": config.model.num_heads}}.get(config.model.pooling, {})
        head = layers.SequenceHead(
            len(facts.pieces),
            _POOLINGS[config.model.pooling](**pooling, dtype=precision),
            dropout=config.model.head_dropout,
            name="head",
            dtype=precision,
        )
        model = SpeechClassifier(encoder, head, name="speech_classifier", dtype=precision)
    else:
        size = TranscriptText(facts.pieces, facts.units).size
        model = SpeechRecognizer(
            encoder,
            size,
            _decoder(config.model, size, precision),
            name="speech_recognizer",
            dtype=precision,
        )
    shapes = {name: tuple(spec.shape) for name, spec in input_specs(facts).items()}
    model.build({**shapes, "target_ids": (None, None)})
    return model


def with_statistics(facts: Facts, config: FeatureConfig, audio: Sequence[np.ndarray]) -> Facts:
    """The facts, and the mean and the deviation of each feature over the frames of recordings.

    Args:
        facts: of the data.
        config: of the features.
        audio: the training split's.
    """
    plain = replace(config, normalization="none")
    front_end = _front_end(plain, AugmentationConfig(), facts, "float32")
    features_of = tf.function(
        lambda inputs: front_end(inputs["audio"], inputs["lengths"]),
        [input_specs(facts)],
        autograph=False,
    )
    count, sums, squares = 0, 0.0, 0.0
    for _, inputs in portions(audio):
        features, lengths = (x.numpy() for x in features_of(inputs))
        frames = np.concatenate(
            [rows[:length] for rows, length in zip(features, lengths, strict=True)]
        ).astype(np.float64)
        count += len(frames)
        sums += frames.sum(axis=0)
        squares += np.square(frames).sum(axis=0)
    mean = sums / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 1e-12))
    return replace(facts, mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist()))


def input_specs(facts: Facts) -> dict[str, tf.TensorSpec]:
    """What a model listens to: a padded batch of recordings, or of features."""
    features = [] if facts.num_features is None else [facts.num_features]
    return {
        "audio": tf.TensorSpec([None, None, *features], tf.float32),
        "lengths": tf.TensorSpec([None], tf.int32),
    }


def load_model(
    folder: str | os.PathLike, weights: str
) -> tuple[SpeechConfig, Facts, SpeechRecognizer | SpeechClassifier]:
    """The settings, the facts and the model of a run.

    Args:
        folder: the run folder.
        weights: `"final"`, `"best"` or `"last"`.

    Raises:
        FileNotFoundError: if there is no run, or none with such weights.
        ValueError: if a file of the run is damaged.
    """
    run = RunFolder(Path(folder))
    config, facts = run.load_config(SpeechConfig), run.load_facts(Facts)
    model = build_model(config, facts)
    load_weights(model, run.weights(weights))
    return config, facts, model


def _front_end(
    features: FeatureConfig, augmentation: AugmentationConfig, facts: Facts, dtype: str
) -> layers.FrontEnd:
    """From a recording to normalised features; what is random happens in training alone."""
    found: list[keras.layers.Layer] = []
    if facts.num_features is None:
        found = _of_recordings(features, augmentation, int(facts.rate))
    if features.normalization == "global":
        variance = [one**2 for one in facts.deviation]
        found.append(keras.layers.Normalization(mean=list(facts.mean), variance=variance))
    elif features.normalization != "none":
        found.append(layers.UtteranceNormalization(scale=features.normalization == "utterance"))
    if augmentation.frequency_masks or augmentation.time_masks or augmentation.time_warp:
        found.append(
            layers.SpecAugment(
                frequency_masks=augmentation.frequency_masks,
                frequency_width=augmentation.frequency_width,
                time_masks=augmentation.time_masks,
                time_width=augmentation.time_width,
                time_share=augmentation.time_share,
                time_warp=augmentation.time_warp,
            )
        )
    return layers.FrontEnd(found, name="front_end", dtype=dtype)


def _of_recordings(
    features: FeatureConfig, augmentation: AugmentationConfig, rate: int
) -> list[keras.layers.Layer]:
    found: list[keras.layers.Layer] = []
    if augmentation.gain:
        found.append(layers.RandomGain((-augmentation.gain, augmentation.gain)))
    if augmentation.noise:
        found.append(layers.AdditiveNoise(augmentation.noise, augmentation.noise_share))
    if features.pre_emphasis:
        found.append(layers.PreEmphasis(features.pre_emphasis))
    arguments = {
        "num_mels": features.num_mels,
        "sampling_rate": rate,
        "frame_seconds": features.frame_seconds,
        "hop_seconds": features.hop_seconds,
    }
    if features.kind == "mfcc":
        return [*found, layers.MelCepstrum(features.num_coefficients, **arguments)]
    return [*found, layers.LogMelSpectrogram(**arguments)]


def _speech_encoder(
    config: EncoderConfig, front_end: layers.FrontEnd, dtype: str
) -> layers.SpeechEncoder:
    scheme = make_position_scheme(config.position_scheme, "model.position_scheme")
    attention = make_mechanism(config.attention, "model.attention")
    if scheme is not None:
        if not isinstance(scheme, layers.RelativePositions):
            raise ValueError(
                "`model.position_scheme` of speech must be relative, such as Rotary or "
                f"TransformerXLPositions. Received: {config.position_scheme}."
            )
        attention = attention.with_position_scheme(scheme)
    arguments = {
        **config.layer_arguments(),
        "attention": attention,
        "stochastic_depth": config.stochastic_depth,
        "name": "encoder",
        "dtype": dtype,
    }
    chunk_length = getattr(config, "chunk_length", None)
    if config.encoder == "conformer":
        encoder = layers.ConformerEncoder(
            kernel_size=config.kernel_size,
            use_causal_padding=chunk_length is not None,
            **arguments,
        )
    else:
        encoder = layers.Encoder(**arguments)
    return layers.SpeechEncoder(
        encoder,
        _subsampling(config, dtype),
        front_end,
        dropout=config.dropout,
        chunk_length=chunk_length,
        left_chunks=getattr(config, "left_chunks", None),
        name="encoder",
        dtype=dtype,
    )


def _subsampling(config: EncoderConfig, dtype: str) -> keras.layers.Layer:
    patch_length = getattr(config, "patch_length", None)
    if patch_length is not None:
        return layers.TimePatches(
            config.d_model, patch_length, num_prefix=1, name="patches", dtype=dtype
        )
    return layers.ConvolutionalSubsampling(
        config.d_model, config.convolutions, config.filters, name="subsampling", dtype=dtype
    )


def _decoder(
    config: RecognizerConfig, vocabulary_size: int, dtype: str
) -> TextDecoder | RecurrentTextDecoder | None:
    if config.decoder == "none":
        return None
    attention = make_mechanism(config.cross_attention, "model.cross_attention")
    if config.decoder == "recurrent":
        parts = {"score": attention.score} if config.cross_attention.score else {}
        return RecurrentTextDecoder(
            vocabulary_size,
            num_layers=config.decoder_layers,
            d_model=config.d_model,
            dropout=config.dropout,
            normalizer=attention.normalizer,
            name="decoder",
            dtype=dtype,
            **parts,
        )
    return TextDecoder(
        vocabulary_size,
        **{**config.layer_arguments(), "num_layers": config.decoder_layers},
        cross_attention=attention,
        name="decoder",
        dtype=dtype,
    )
