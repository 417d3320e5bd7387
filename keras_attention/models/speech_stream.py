"""Speech that is encoded while it arrives."""

import keras
import numpy as np
from keras import ops

from keras_attention.layers.audio.additive_noise import AdditiveNoise
from keras_attention.layers.audio.log_mel_spectrogram import LogMelSpectrogram
from keras_attention.layers.audio.random_gain import RandomGain
from keras_attention.layers.audio.spec_augment import SpecAugment

# What treats each frame alone; those that are random are silent outside of training.
_LOCAL = (AdditiveNoise, RandomGain, SpecAugment, keras.layers.Normalization)


class SpeechStream:
    """Feeds a `SpeechEncoder` in chunks; what comes out is what it makes of the whole recording.

    It keeps what the next piece needs: the samples of a frame that is not complete, the features
    that the convolutions look back on, and for each layer the inputs of `left_chunks` chunks.

    Args:
        encoder: A built `SpeechEncoder` in chunks. Its front end must treat each frame alone: no
            normalisation by the utterance.

    Raises:
        ValueError: If the encoder needs to know what comes later.

    Example:

    >>> encoder = keras_attention.SpeechEncoder(
    ...     keras_attention.ConformerEncoder(1, 16, 4, 32, use_causal_padding=True),
    ...     keras_attention.ConvolutionalSubsampling(16),
    ...     keras_attention.FrontEnd([keras_attention.LogMelSpectrogram(40, 8_000)]),
    ...     chunk_length=4,
    ... )
    >>> whole, _ = encoder({"audio": np.zeros((1, 8_000)), "lengths": np.array([8_000])})
    >>> stream = keras_attention.SpeechStream(encoder)
    >>> pieces = [stream.feed(np.zeros((1, 1_000))) for _ in range(8)] + [stream.end()]
    >>> whole.shape[1], [0 if piece is None else piece.shape[1] for piece in pieces]
    (23, [0, 4, 4, 0, 4, 4, 4, 0, 3])

    References:
        [Zhang et al., 2020](https://arxiv.org/abs/2012.05481)
    """

    def __init__(self, encoder):
        if encoder.chunk_length is None:
            raise ValueError(
                "A stream is encoded in chunks: make the encoder with `chunk_length`. Received: "
                "chunk_length=None."
            )
        layers = [] if encoder.front_end is None else encoder.front_end.layers
        self._spectrogram = next((x for x in layers if isinstance(x, LogMelSpectrogram)), None)
        local = [x for x in layers if x is self._spectrogram or isinstance(x, _LOCAL)]
        if len(local) < len(layers) or getattr(encoder.subsampling, "num_prefix", 0):
            others = [type(x).__name__ for x in layers if x not in local]
            raise ValueError(
                "A stream cannot be encoded where a layer needs the whole utterance. Received: "
                f"{', '.join(others) or 'tokens before the first patch'}."
            )
        self._encoder = encoder
        chunks = encoder.left_chunks
        self._left = None if chunks is None else chunks * encoder.chunk_length
        self._audio = self._features = self._frames = None
        self._states = None

    def feed(self, audio):
        """Takes what has arrived.

        Args:
            audio: Float array `[batch, samples]`, or features `[batch, frames, features]`.

        Returns:
            Float tensor `[batch, n, d_model]` of all chunks that are complete now, or None.
        """
        self._frames = _joined(self._frames, self._subsampled(self._featured(audio)))
        found = []
        length = self._encoder.chunk_length
        while self._frames is not None and self._frames.shape[1] >= length:
            found.append(self._encoded(self._frames[:, :length]))
            self._frames = self._frames[:, length:]
        return ops.concatenate(found, axis=1) if found else None

    def end(self):
        """Encodes what is left, less than a chunk.

        Returns:
            Float tensor `[batch, n, d_model]`, or None.
        """
        rest, self._frames = self._frames, None
        return None if rest is None or not rest.shape[1] else self._encoded(rest)

    def _featured(self, audio):
        """The features of all frames that are complete now."""
        front_end = self._encoder.front_end
        if self._spectrogram is not None:
            self._audio = audio = _joined(self._audio, np.asarray(audio, "float32"))
            count = self._spectrogram.num_frames(audio.shape[1])
            self._audio = audio[:, count * self._spectrogram.hop_length :]
            if not count:
                return None
        if front_end is None:
            return ops.convert_to_tensor(audio)
        return front_end(audio, np.full(len(audio), audio.shape[1], "int32"))[0]

    def _subsampled(self, features):
        self._features = features = _joined(self._features, features)
        if features is None:
            return None
        subsampling = self._encoder.subsampling
        count = subsampling.num_frames(features.shape[1])
        if not count:
            return None
        self._features = features[:, count * subsampling.stride :]
        return subsampling(features)

    def _encoded(self, frames):
        found, self._states = self._encoder.encoder.stream(frames, self._states, self._left)
        return found


def _joined(before, after):
    """Both one after the other along time; either may be None."""
    if before is None or after is None:
        return after if before is None else before
    if isinstance(before, np.ndarray):
        return np.concatenate([before, after], axis=1)
    return ops.concatenate([before, after], axis=1)
