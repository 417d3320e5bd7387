"""One entry per public class with a `get_config`: its constructor arguments at values that are not
the defaults. `test_round_trip.py` fails for a class or an argument that is missing here.

`inputs` is what a layer or model is called with, a batch of 2. `left_out` names arguments that
cannot be given together with the others, and says why.
"""

from dataclasses import dataclass, field

import keras
import numpy as np

import keras_attention

draw = np.random.default_rng(3)


def floats(*shape):
    return draw.normal(size=(2, *shape)).astype("float32")


def token_ids(length):
    return draw.integers(1, 97, size=(2, length)).astype("int32")


@dataclass(frozen=True)
class Case:
    name: str
    arguments: dict
    inputs: list | dict = field(default_factory=list)
    left_out: dict = field(default_factory=dict)


SCHEDULE = keras.optimizers.schedules.PolynomialDecay(0.25, decay_steps=7, end_learning_rate=0.125)
LAYER_ARGUMENTS = dict(
    d_model=12,
    num_heads=6,
    dff=17,
    dropout=0.25,
    attention_dropout=SCHEDULE,
    activation_dropout=0.45,
    activation="gelu",
    normalization="post",
    num_key_value_heads=3,
    attention=keras_attention.Mechanism(score=keras_attention.DotProduct()),
    epsilon=0.125,
    head_dropout=0.35,
    layer_scale=0.375,
    stochastic_depth=0.55,
)
ENCODER_ARGUMENTS = dict(adapter_size=5, **LAYER_ARGUMENTS)
IN_WINDOWS = [
    keras_attention.Mechanism(
        position_scheme=keras_attention.RelativeBias2D(window=2),
        pattern=keras_attention.GridWindow(2, shift=shift),
    )
    for shift in (0, 1)
]


def speech_encoder():
    """Arguments of one, with layers of its own."""
    return dict(
        encoder=keras_attention.ConformerEncoder(
            2, 12, 6, 17, kernel_size=5, use_causal_padding=True
        ),
        subsampling=keras_attention.ConvolutionalSubsampling(12),
        front_end=keras_attention.FrontEnd([keras_attention.UtteranceNormalization()]),
        dropout=0.25,
        chunk_length=3,
        left_chunks=1,
    )


SPEECH = {"audio": floats(31, 11), "lengths": np.array([31, 17], "int32")}
IMAGE_ARGUMENTS = {**ENCODER_ARGUMENTS, "activation": "relu", "attention": IN_WINDOWS}
del IMAGE_ARGUMENTS["d_model"]
PATCHES = keras_attention.Patches(12, patch_size=3, stride=2)
IMAGE_ENCODER = keras_attention.ImageEncoder(PATCHES, (7, 11, 3), 2, num_heads=3, dff=17)
TEXT_ENCODER = keras_attention.TextEncoder(97, num_layers=2, d_model=12, num_heads=3, dff=17)
CROSS_ATTENTION = keras_attention.Mechanism(normalizer=keras_attention.TopK(2))

CASES = [
    Case(
        "MultiHeadAttention",
        dict(
            num_heads=6,
            key_dim=5,
            value_dim=7,
            dropout=0.25,
            use_bias=False,
            output_shape=(11,),
            attention_axes=(1,),
            sliding_window=3,
            kernel_initializer="he_normal",
            bias_initializer="ones",
            kernel_regularizer="l2",
            bias_regularizer="l1",
            activity_regularizer="l1",
            kernel_constraint="non_neg",
            bias_constraint="unit_norm",
            use_gate=True,
            seed=17,
            num_key_value_heads=3,
            score=keras_attention.DotProduct(learned_scale=True),
            normalizer=keras_attention.TalkingHeads(keras_attention.TopK(2)),
            attention_regularizer=keras_attention.CoverageLoss(0.75),
            head_dropout=SCHEDULE,
        ),
        inputs=[floats(5, 13), floats(7, 13)],
        left_out={
            "position_scheme": "has cases of its own",
            "pattern": "has cases of its own, and excludes `sliding_window`",
            "flash_attention": "needs a fused kernel, which TensorFlow has not",
        },
    ),
    Case(
        "Attention",
        dict(
            use_scale=True,
            score_mode="concat",
            dropout=SCHEDULE,
            seed=17,
            normalizer=keras_attention.TopK(2),
            pattern=keras_attention.SlidingWindow(3),
            attention_regularizer=keras_attention.WeightPenalty(l2=0.75),
        ),
        inputs=[[floats(5, 13), floats(7, 13)]],
        left_out={
            "score": "excludes `use_scale` and `score_mode`",
            "position_scheme": "has cases of its own",
        },
    ),
    Case(
        "AdditiveAttention",
        dict(
            use_scale=False,
            dropout=SCHEDULE,
            seed=17,
            normalizer=keras_attention.TopK(2),
            pattern=keras_attention.SlidingWindow(3),
            attention_regularizer=keras_attention.WeightPenalty(l2=0.75),
        ),
        inputs=[[floats(5, 13), floats(7, 13)]],
        left_out={"position_scheme": "has cases of its own"},
    ),
    Case(
        "GroupQueryAttention",
        dict(
            head_dim=5,
            num_query_heads=6,
            num_key_value_heads=3,
            dropout=0.25,
            use_bias=False,
            sliding_window=3,
            kernel_initializer="he_normal",
            bias_initializer="ones",
            kernel_regularizer="l2",
            bias_regularizer="l1",
            activity_regularizer="l1",
            kernel_constraint="non_neg",
            bias_constraint="unit_norm",
            use_gate=True,
            seed=17,
            score=keras_attention.DotProduct(learned_scale=True),
        ),
        inputs=[floats(5, 13), floats(7, 13)],
        left_out={"flash_attention": "needs a fused kernel, which TensorFlow has not"},
    ),
    Case("ScaledDotProduct", {}, inputs=[floats(5, 7), floats(11, 7)]),
    Case("DotProduct", dict(learned_scale=True), inputs=[floats(5, 7), floats(11, 7)]),
    Case("Bilinear", {}, inputs=[floats(5, 7), floats(11, 13)]),
    Case(
        "Additive",
        dict(units=17, use_bias=False, normalize=True),
        inputs=[floats(5, 7), floats(11, 13)],
    ),
    Case("Concat", dict(units=17), inputs=[floats(5, 7), floats(11, 13)]),
    Case("Cosine", {}, inputs=[floats(5, 7), floats(11, 7)]),
    Case(
        "LocationAware",
        dict(units=17, filters=3, kernel_size=5, use_bias=False, normalize=True),
        inputs=[floats(5, 7), floats(11, 13)],
    ),
    Case(
        "Monotonic",
        dict(sigmoid_noise=0.5, score_bias_init=-1.5, inference="expected", seed=17),
        inputs=[floats(5, 7)],
    ),
    Case("LinearAttention", {}, inputs=[floats(5, 7), floats(11, 7)]),
    Case("Performer", dict(num_features=13, seed=17), inputs=[floats(5, 7), floats(11, 7)]),
    Case("Softmax", dict(temperature=0.5), inputs=[floats(5, 7)]),
    Case("Sparsemax", {}, inputs=[floats(5, 7)]),
    Case("Entmax", {}, inputs=[floats(5, 7)]),
    Case("TopK", dict(k=3), inputs=[floats(5, 7)]),
    Case("Sigmoid", dict(bias=-1.5), inputs=[floats(5, 7)]),
    Case("Hard", {}, inputs=[floats(5, 7)]),
    Case(
        "GumbelSoftmax",
        dict(temperature=0.5, straight_through=True, seed=17),
        inputs=[floats(5, 7)],
    ),
    Case("TalkingHeads", dict(normalizer=keras_attention.Sparsemax()), inputs=[floats(3, 5, 7)]),
    Case("Rotary", dict(max_wavelength=512.0, interleaved=True), inputs=[floats(5, 12)] * 2),
    Case("ALiBi", {}, inputs=[floats(5, 12)] * 2),
    Case(
        "T5RelativeBias",
        dict(num_buckets=7, max_distance=19, bidirectional=False),
        inputs=[floats(5, 12)] * 2,
    ),
    Case(
        "ShawRelativePositions",
        dict(max_distance=3, use_value_embeddings=False),
        inputs=[floats(5, 12)] * 2,
    ),
    Case(
        "TransformerXLPositions",
        dict(num_features=10, max_wavelength=512.0),
        inputs=[floats(5, 12)] * 2,
    ),
    Case("SlidingWindow", dict(window=3), inputs=[floats(5, 12)] * 2),
    Case("DilatedWindow", dict(window=2, dilation=3), inputs=[floats(5, 12)] * 2),
    Case("GlobalWindow", dict(window=3, num_global=2), inputs=[floats(5, 12)] * 2),
    Case("PackedSegments", dict(max_length=3), inputs=[floats(5, 12)] * 2),
    Case(
        "BlockSparse",
        dict(block_mask=[[True, False, True], [False, True, True], [True] * 3], block_size=2),
        inputs=[floats(5, 12)] * 2,
    ),
    Case(
        "BigBird",
        dict(
            max_length=19,
            block_size=2,
            window_blocks=5,
            global_blocks=2,
            random_blocks=1,
            seed=17,
        ),
        inputs=[floats(13, 12)] * 2,
    ),
    Case("EntropyPenalty", dict(factor=0.75), inputs=[floats(5, 12)] * 2),
    Case("WeightPenalty", dict(l1=0.75, l2=0.25), inputs=[floats(5, 12)] * 2),
    Case("GuidedAttentionLoss", dict(sigma=0.75, factor=0.25), inputs=[floats(5, 12)] * 2),
    Case("CoverageLoss", dict(factor=0.75), inputs=[floats(5, 12)] * 2),
    Case(
        "Mechanism",
        dict(
            score=keras_attention.DotProduct(),
            normalizer=keras_attention.Entmax(),
            position_scheme=keras_attention.Rotary(),
            pattern=keras_attention.SlidingWindow(3),
            attention_regularizer=keras_attention.EntropyPenalty(0.75),
        ),
        inputs=[floats(5, 12)],
    ),
    Case(
        "Rotary2D",
        dict(max_wavelength=512.0, interleaved=True, grid=(2, 3), num_prefix=1),
        inputs=[floats(7, 12)] * 2,
    ),
    Case("RelativeBias2D", dict(window=2, grid=(2, 3), num_prefix=1), inputs=[floats(7, 12)] * 2),
    Case("OffDiagonal", {}, inputs=[floats(5, 12)] * 2),
    Case(
        "GridWindow",
        dict(window=2, shift=1, grid=(2, 3), num_prefix=1),
        inputs=[floats(7, 12)] * 2,
    ),
    Case("TemperedDotProduct", {}, inputs=[floats(5, 7), floats(11, 7)]),
    Case("NoPositionEmbedding", {}, inputs=[floats(5, 12)]),
    Case("FeedForward", dict(dff=17, activation="gelu", dropout=0.25), inputs=[floats(5, 13)]),
    Case(
        "Residual",
        dict(
            normalization="post",
            dropout=0.25,
            epsilon=0.125,
            adapter_size=5,
            layer_scale=0.375,
            stochastic_depth=0.55,
        ),
        inputs=[floats(5, 13), floats(5, 13)],
    ),
    Case("EncoderLayer", ENCODER_ARGUMENTS, inputs=[floats(5, 12)]),
    Case(
        "DecoderLayer",
        dict(cross_attention=CROSS_ATTENTION, **LAYER_ARGUMENTS),
        inputs=[floats(5, 12), floats(7, 12)],
    ),
    Case("Encoder", dict(num_layers=3, **ENCODER_ARGUMENTS), inputs=[floats(5, 12)]),
    Case("Adapter", dict(size=5), inputs=[floats(5, 12)]),
    Case(
        "TextEncoder",
        dict(
            vocabulary_size=97,
            num_layers=3,
            num_segments=2,
            position_scheme=keras_attention.LearnedPositionEmbedding(max_length=19),
            **ENCODER_ARGUMENTS,
        ),
        inputs={"token_ids": token_ids(7), "segment_ids": token_ids(7) % 2},
    ),
    Case("LayerScale", dict(initial=0.375), inputs=[floats(5, 12)]),
    Case("StochasticDepth", dict(rate=0.55, seed=17), inputs=[floats(5, 12)]),
    Case(
        "Patches",
        dict(d_model=12, patch_size=3, stride=2, remainder="pad"),
        inputs=[floats(7, 12, 3)],
    ),
    Case(
        "ShiftedPatches", dict(d_model=12, patch_size=3, remainder="pad"), inputs=[floats(7, 11, 3)]
    ),
    Case(
        "ConvolutionalTokenizer",
        dict(d_model=12, num_convolutions=2, kernel_size=5, stride=2, filters=7),
        inputs=[floats(7, 11, 3)],
    ),
    Case(
        "PatchEmbedding",
        dict(
            tokenizer=PATCHES,
            position_scheme=keras_attention.SinusoidalPositionEmbedding2D(),
            num_prefix=3,
        ),
        inputs=[floats(7, 11, 3)],
    ),
    Case(
        "ImageEncoder",
        dict(
            tokenizer=PATCHES,
            image_shape=(7, 11, 3),
            num_layers=3,
            position_scheme=keras_attention.LearnedPositionEmbedding2D("bilinear"),
            num_prefix=2,
            rescaling=keras.layers.Rescaling([0.5, 0.25, 2.0], -1.0),
            **IMAGE_ARGUMENTS,
        ),
        inputs=[floats(7, 11, 3)],
    ),
    Case("MeanPooling", {}, inputs=[floats(5, 12)]),
    Case("FirstTokenPooling", {}, inputs=[floats(5, 12)]),
    Case("TokenPooling", dict(position=-2), inputs=[floats(5, 12)]),
    Case("SequencePooling", {}, inputs=[floats(5, 12)]),
    Case("AttentionPooling", dict(num_heads=3), inputs=[floats(5, 12)]),
    Case("ClassAttentionLayer", ENCODER_ARGUMENTS, inputs=[floats(1, 12), floats(5, 12)]),
    Case("ClassAttentionPooling", dict(num_layers=3, **ENCODER_ARGUMENTS), inputs=[floats(5, 12)]),
    Case(
        "SequenceHead",
        dict(num_outputs=5, pooling=keras_attention.AttentionPooling(3), dropout=0.25),
        inputs=[floats(5, 12)],
    ),
    Case("TokenHead", dict(num_outputs=5, dropout=0.25), inputs=[floats(5, 12)]),
    Case(
        "Decoder",
        dict(num_layers=3, cross_attention=CROSS_ATTENTION, **LAYER_ARGUMENTS),
        inputs=[floats(5, 12), floats(7, 12)],
    ),
    Case("TransformerXLLayer", dict(memory_length=3, **LAYER_ARGUMENTS), inputs=[floats(5, 12)]),
    Case(
        "TransformerXLStack",
        dict(num_layers=3, memory_length=3, **LAYER_ARGUMENTS),
        inputs=[floats(5, 12)],
    ),
    Case(
        "SinusoidalPositionEmbedding",
        dict(max_wavelength=512.0, interleaved=False),
        inputs=[floats(5, 12)],
    ),
    Case(
        "SinusoidalPositionEmbedding2D",
        dict(max_wavelength=512.0, interleaved=False),
        inputs=[floats(3, 5, 12)],
    ),
    Case(
        "LearnedPositionEmbedding2D",
        dict(interpolation="bilinear", embeddings_initializer="he_normal"),
        inputs=[floats(3, 5, 12)],
    ),
    Case(
        "LearnedPositionEmbedding",
        dict(max_length=19, embeddings_initializer="he_normal"),
        inputs=[floats(5, 12)],
    ),
    Case(
        "TokenEmbedding",
        dict(
            vocabulary_size=97,
            d_model=12,
            dropout=0.25,
            position_scheme=keras_attention.LearnedPositionEmbedding(max_length=19),
        ),
        inputs=[token_ids(5)],
    ),
    Case(
        "Transformer",
        dict(
            vocabulary_size=97,
            num_layers=3,
            position_scheme=keras_attention.LearnedPositionEmbedding(max_length=19),
            cross_attention=CROSS_ATTENTION,
            **LAYER_ARGUMENTS,
        ),
        inputs={"source_ids": token_ids(7), "target_ids": token_ids(5)},
    ),
    Case(
        "TextClassifier",
        dict(encoder=TEXT_ENCODER, head=keras_attention.TokenHead(5, 0.25)),
        inputs={"token_ids": token_ids(7)},
    ),
    Case(
        "MaskedLanguageModel",
        dict(encoder=TEXT_ENCODER, activation="relu"),
        inputs={"token_ids": token_ids(7), "positions": token_ids(3) % 7},
    ),
    Case(
        "LanguageModel",
        dict(
            vocabulary_size=97,
            num_layers=3,
            position_scheme=keras_attention.LearnedPositionEmbedding(max_length=19),
            **ENCODER_ARGUMENTS,
        ),
        inputs=[token_ids(7)],
    ),
    Case(
        "VisionTransformer",
        dict(encoder=IMAGE_ENCODER, head=keras_attention.SequenceHead(5, dropout=0.25)),
        inputs=[floats(7, 11, 3)],
    ),
    Case(
        "DistilledVisionTransformer",
        dict(
            encoder=keras_attention.ImageEncoder(
                keras_attention.Patches(12, 3, remainder="pad"),
                (7, 11, 3),
                num_layers=2,
                num_prefix=2,
                **IMAGE_ARGUMENTS,
            ),
            head={
                "label": keras_attention.SequenceHead(5, keras_attention.FirstTokenPooling()),
                "distilled": keras_attention.SequenceHead(5, keras_attention.TokenPooling(1)),
            },
        ),
        inputs=[floats(7, 11, 3)],
    ),
    Case(
        "CompactConvolutionalTransformer",
        dict(
            num_outputs=5,
            image_shape=(7, 11, 3),
            num_layers=3,
            d_model=12,
            num_convolutions=2,
            kernel_size=5,
            position_scheme=keras_attention.LearnedPositionEmbedding2D("bilinear"),
            **IMAGE_ARGUMENTS,
        ),
        inputs=[floats(7, 11, 3)],
    ),
    Case(
        "ConvolutionModule",
        dict(kernel_size=5, use_causal_padding=True, epsilon=0.125),
        [floats(7, 12)],
    ),
    Case(
        "ConformerLayer",
        dict(kernel_size=5, use_causal_padding=True, **ENCODER_ARGUMENTS),
        [floats(7, 12)],
    ),
    Case(
        "ConformerEncoder",
        dict(num_layers=2, kernel_size=5, use_causal_padding=True, **ENCODER_ARGUMENTS),
        [floats(7, 12)],
    ),
    Case(
        "LogMelSpectrogram",
        dict(
            num_mels=23,
            sampling_rate=8_000,
            frame_seconds=0.02,
            hop_seconds=0.015,
            lowest=40.0,
            highest=3_800.0,
            scale="htk",
        ),
        [floats(1013)],
    ),
    Case(
        "MelCepstrum",
        dict(
            num_coefficients=7,
            num_mels=23,
            sampling_rate=8_000,
            frame_seconds=0.02,
            hop_seconds=0.015,
            lowest=40.0,
            highest=3_800.0,
            scale="htk",
        ),
        [floats(1013)],
    ),
    Case(
        "FrontEnd",
        dict(layers=[keras_attention.LogMelSpectrogram(23, 8_000), keras_attention.SpecAugment()]),
        [floats(1013), np.array([1013, 517], "int32")],
    ),
    Case("TimePatches", dict(d_model=12, patch_length=2, num_prefix=3), [floats(17, 11)]),
    Case("SpeechEncoder", speech_encoder(), SPEECH),
    Case(
        "SpeechClassifier",
        dict(
            encoder=keras_attention.SpeechEncoder(**speech_encoder()),
            head=keras_attention.SequenceHead(5),
        ),
        SPEECH,
    ),
    Case(
        "SpeechRecognizer",
        dict(
            encoder=keras_attention.SpeechEncoder(**speech_encoder()),
            vocabulary_size=97,
            decoder=keras_attention.RecurrentTextDecoder(97, d_model=12),
        ),
        {**SPEECH, "target_ids": token_ids(5)},
    ),
    Case(
        "TextDecoder",
        dict(
            vocabulary_size=97,
            num_layers=3,
            position_scheme=keras_attention.LearnedPositionEmbedding(max_length=19),
            cross_attention=CROSS_ATTENTION,
            **LAYER_ARGUMENTS,
        ),
        [token_ids(5), floats(7, 12), np.ones((2, 7), bool)],
    ),
    Case(
        "RecurrentTextDecoder",
        dict(
            vocabulary_size=97,
            num_layers=2,
            d_model=12,
            dropout=0.25,
            score=keras_attention.Additive(),
            normalizer=keras_attention.Sparsemax(),
        ),
        [token_ids(5), floats(7, 12), np.ones((2, 7), bool)],
    ),
    Case("Dither", dict(amplitude=0.25, seed=7), [floats(17)]),
    Case(
        "SilenceTrimming",
        dict(decibels=20.0, sampling_rate=1_000, window_seconds=0.005),
        [floats(37), np.array([37, 19], "int32")],
    ),
    Case("PreEmphasis", dict(coefficient=0.5), [floats(17)]),
    Case("RandomGain", dict(decibels=(-3.0, 5.0), seed=7), [floats(17)]),
    Case("AdditiveNoise", dict(signal_to_noise=(3.0, 5.0), rate=0.25, seed=7), [floats(17)]),
    Case(
        "SpecAugment",
        dict(
            frequency_masks=3,
            frequency_width=5,
            time_masks=1,
            time_width=7,
            time_share=0.5,
            time_warp=2,
            seed=7,
        ),
        [floats(17, 11)],
    ),
    Case("UtteranceNormalization", dict(scale=False, epsilon=0.125), [floats(7, 5)]),
    Case(
        "ConvolutionalSubsampling",
        dict(d_model=12, num_convolutions=1, filters=5),
        [floats(17, 11)],
    ),
    Case("Resampler", dict(sampling_rate=8_000, from_rate=11_025), [floats(17)]),
    Case(
        "AttentionCell",
        dict(
            cell=keras.layers.GRUCell(17),
            score=keras_attention.Concat(5),
            normalizer=keras_attention.Sparsemax(),
            attention_layer_size=19,
            attention_layer_activation="relu",
            output_attention=False,
        ),
        inputs=[floats(5, 7), floats(11, 13)],
    ),
    Case(
        "RecurrentEncoderDecoder",
        dict(
            vocabulary_size=97,
            num_layers=3,
            d_model=12,
            cell="gru",
            dropout=0.25,
            score=keras_attention.Bilinear(),
            normalizer=keras_attention.Monotonic(inference="expected"),
            scheduled_sampling=0.125,
        ),
        inputs={"source_ids": token_ids(7), "target_ids": token_ids(5)},
    ),
    Case("CTCLoss", {}),
    Case("MaskedCrossEntropy", dict(label_smoothing=0.25, padding_id=1)),
    Case("AlignmentLoss", {}),
    Case("MaskedAccuracy", dict(padding_id=1)),
    Case("Perplexity", dict(padding_id=1)),
    Case("InverseSquareRoot", dict(peak_learning_rate=0.25, warmup_steps=7)),
    Case(
        "WarmupCosine",
        dict(peak_learning_rate=0.25, warmup_steps=7, total_steps=19, final_learning_rate=0.125),
    ),
    Case(
        "WarmupLinear",
        dict(peak_learning_rate=0.25, warmup_steps=7, total_steps=19, final_learning_rate=0.125),
    ),
    Case("VShaped", dict(first_rate=0.5, turning_step=7, last_rate=0.25, total_steps=19)),
    Case(
        "Adam",
        dict(
            learning_rate=0.25,
            learning_rate_factors={"dense": 0.5},
            beta_1=0.75,
            beta_2=0.875,
            epsilon=1e-3,
            amsgrad=True,
            weight_decay=0.125,
            global_clipnorm=3.0,
            use_ema=True,
            ema_momentum=0.5,
            ema_overwrite_frequency=7,
            loss_scale_factor=2.0,
            gradient_accumulation_steps=3,
        ),
        left_out=dict.fromkeys(("clipnorm", "clipvalue"), "one way of clipping excludes others"),
    ),
]
