"""The project's front end and `SpeechRecognizer` with a CTC head.

Options: `jit_compile`; `streaming`, whether a recording is decoded while it arrives, in pieces of
0.32 s, each of which attends to itself and to ten before it.
"""

import keras
import numpy as np
import tensorflow as tf

from benchmarks.measuring import Work
from benchmarks.speech_recognizers import proof
from benchmarks.speech_recognizers.workload import (
    FRAME,
    HOP,
    LEARNING_RATE,
    LOWEST,
    NUM_MELS,
    SAMPLING_RATE,
    STEPS,
    STRIDE,
    Case,
    Workload,
)
from keras_attention.layers import (
    ConformerEncoder,
    ConvolutionalSubsampling,
    FrontEnd,
    LogMelSpectrogram,
    Mechanism,
    SpeechEncoder,
    TransformerXLPositions,
)
from keras_attention.models import SpeechRecognizer, SpeechStream
from keras_attention.training import Adam, CTCLoss
from tasks.common.untuned import untuned

_CHUNK = 8  # encoded frames
_LEFT_CHUNKS = 10


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    keras.config.set_dtype_policy("mixed_bfloat16" if case.dtype == "bfloat16" else "float32")
    keras.utils.set_random_seed(workload.seed)
    if case.task == "features":
        return _features_work(case, workload, options)
    model = build(workload, options["streaming"])
    inputs = inputs_of(case, workload)
    model.build(keras.tree.map_structure(lambda x: x.shape, inputs))
    if case.trains:
        return _train_work(model, inputs, case, workload, options)
    return (_stream_work if options["streaming"] else _decode_work)(model, inputs, case, options)


def front_end() -> LogMelSpectrogram:
    return LogMelSpectrogram(
        NUM_MELS,
        SAMPLING_RATE,
        frame_seconds=FRAME / SAMPLING_RATE,
        hop_seconds=HOP / SAMPLING_RATE,
        lowest=LOWEST,
    )


def build(workload: Workload, streaming: bool = False) -> SpeechRecognizer:
    sizes = workload.sizes
    encoder = ConformerEncoder(
        sizes.num_layers,
        sizes.d_model,
        sizes.num_heads,
        sizes.dff,
        kernel_size=sizes.kernel_size,
        attention=Mechanism(position_scheme=TransformerXLPositions()),
        use_causal_padding=streaming,
    )
    chunks = {"chunk_length": _CHUNK, "left_chunks": _LEFT_CHUNKS} if streaming else {}
    subsampling, features = ConvolutionalSubsampling(sizes.d_model), FrontEnd([front_end()])
    return SpeechRecognizer(
        SpeechEncoder(encoder, subsampling, features, **chunks), sizes.vocabulary_size
    )


def inputs_of(case: Case, workload: Workload) -> dict[str, np.ndarray]:
    lengths = np.full(case.batch, case.samples, "int32")
    return {"audio": workload.waveforms(case), "lengths": lengths}


def _features_work(case: Case, workload: Workload, options: dict) -> Work:
    waveforms, layer = workload.waveforms(case), front_end()
    graph = tf.function(layer, jit_compile=options["jit_compile"], autograph=False)

    def features() -> np.ndarray:
        return graph(tf.constant(waveforms)).numpy()

    return Work(lambda: proof.of_features(features()), features, case.units)


def _train_work(model, inputs, case: Case, workload: Workload, options: dict) -> Work:
    model.compile(Adam(LEARNING_RATE), {"ctc": CTCLoss()}, jit_compile=options["jit_compile"])
    batch = inputs, {"ctc": workload.labels(case)}
    dataset = untuned(tf.data.Dataset.from_tensors(batch).repeat())

    def fit(steps: int) -> None:
        model.fit(dataset, steps_per_epoch=steps, verbose=0)

    def first() -> dict:
        fit(1)
        return proof.of_weights(model.count_params())

    return Work(first, lambda: fit(STEPS), STEPS * case.units)


def _decode_work(model, inputs, case: Case, options: dict) -> Work:
    @tf.function(jit_compile=options["jit_compile"], autograph=False)
    def ids_of(inputs):
        return tf.argmax(model(inputs, training=False)["ctc"], axis=-1)

    def decode() -> np.ndarray:
        return ids_of(tf.nest.map_structure(tf.constant, inputs)).numpy()

    def first() -> dict:
        decode()
        return proof.of_weights(model.count_params())

    return Work(first, decode, case.units)


def _stream_work(model, inputs, case: Case, options: dict) -> Work:
    piece = _CHUNK * STRIDE
    pieces = np.split(inputs["audio"], range(piece, case.samples, piece), axis=1)

    def ids_of(encoded) -> list[int]:
        if encoded is None:
            return []
        logits = model.ctc_logits(encoded, tf.ones(encoded.shape[:2], "bool"))
        return tf.argmax(logits, axis=-1).numpy().ravel().tolist()

    stream = SpeechStream(model.encoder, options["jit_compile"])

    def decode() -> list[int]:
        found = [one for each in pieces for one in ids_of(stream.feed(each))]
        return found + ids_of(stream.end())

    def first() -> dict:
        decode()
        return proof.of_weights(model.count_params())

    return Work(first, decode, case.units)
