"""Speech that is encoded while it arrives."""

import keras
import numpy as np
from keras import ops

from keras_attention.decoding.compilation import compiled_for, graph_of
from keras_attention.layers.audio.additive_noise import AdditiveNoise
from keras_attention.layers.audio.log_mel_spectrogram import LogMelSpectrogram
from keras_attention.layers.audio.random_gain import RandomGain
from keras_attention.layers.audio.spec_augment import SpecAugment
from keras_attention.layers.streaming import lengthened

# What treats each frame alone; those that are random are silent outside of training.
_LOCAL = (AdditiveNoise, RandomGain, SpecAugment, keras.layers.Normalization)
_FIRST_CHUNKS = 16  # that there is room for, if all earlier ones are attended to


class SpeechStream:
    """Feeds a `SpeechEncoder` in chunks; what comes out is what it makes of the whole recording.

    It keeps what the next piece needs: the samples of a frame that is not complete, the features
    that the convolutions look back on, and for each layer the inputs of `left_chunks` chunks; of
    all chunks, if they are not bounded, in rooms that double. The first chunk is compiled (on JAX
    and TensorFlow), which takes seconds; later ones, and later recordings, do not wait for that.

    Args:
        encoder: A built `SpeechEncoder` in chunks. Its front end must treat each frame alone: no
            normalisation by the utterance.
        jit_compile: Whether XLA compiles the layers on TensorFlow; otherwise they are a graph.

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

    def __init__(self, encoder, jit_compile=False):
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
        self._jit_compile = jit_compile
        self._compiled = {}
        self._front_end = graph_of(self._all_featured)
        self._subsampling = graph_of(encoder.subsampling)
        self.restart()

    def restart(self):
        """Forgets what has arrived: another recording begins."""
        chunks, length = self._encoder.left_chunks, self._encoder.chunk_length
        self._room = length * (_FIRST_CHUNKS if chunks is None else chunks)
        self._seen = 0
        self._audio = self._features = self._frames = self._states = None

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
        """Encodes what is left, less than a chunk. Then another recording may begin.

        Returns:
            Float tensor `[batch, n, d_model]`, or None.
        """
        rest = self._frames
        found = None if rest is None or not rest.shape[1] else self._encoded(rest)
        self.restart()
        return found

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
        return self._front_end(ops.convert_to_tensor(audio))

    def _all_featured(self, audio):
        lengths = ops.full_like(audio[:, 0], ops.shape(audio)[1], dtype="int32")
        return self._encoder.front_end(audio, lengths)[0]

    def _subsampled(self, features):
        self._features = features = _joined(self._features, features)
        if features is None:
            return None
        subsampling = self._encoder.subsampling
        count = subsampling.num_frames(features.shape[1])
        if not count:
            return None
        self._features = features[:, count * subsampling.stride :]
        return self._subsampling(features)

    def _encoded(self, frames):
        batch_size, count, _ = frames.shape
        encoder, length = self._encoder.encoder, self._encoder.chunk_length
        if self._states is None:
            self._states = encoder.make_stream(batch_size, self._room)
        if (
            self._encoder.left_chunks is None and self._seen + length > self._room
        ):  # or it would lose the first ones
            for state in self._states:
                state["attention"] = lengthened(state["attention"], self._room)
            self._room *= 2
        mask = ops.tile(ops.arange(length)[None] < count, (batch_size, 1))
        frames = ops.pad(frames, [(0, 0), (0, length - count), (0, 0)])
        arguments = frames, mask, *keras.tree.flatten(self._states)
        run = self._compiled.get((batch_size, self._room))
        if run is None:
            run = compiled_for(arguments, self._layers(self._states), self._jit_compile)
            self._compiled[batch_size, self._room] = run
        found, *states = run(*arguments)
        self._states = keras.tree.pack_sequence_as(self._states, states)
        self._seen += count
        return found[:, :count]

    def _layers(self, structure):
        """The encoder's layers as a function from tensors to tensors."""

        def run(frames, mask, *states):
            states = keras.tree.pack_sequence_as(structure, states)
            found, states = self._encoder.encoder.stream(frames, mask, states)
            return found, *keras.tree.flatten(states)

        return run


def _joined(before, after):
    """Both one after the other along time; either may be None."""
    if before is None or after is None:
        return after if before is None else before
    if isinstance(before, np.ndarray):
        return np.concatenate([before, after], axis=1)
    return ops.concatenate([before, after], axis=1)
