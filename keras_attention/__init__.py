"""Every attention mechanism as a small, composable, correct Keras 3 layer.

Everything public is importable from here. A name is looked up in its part of the package when it is
first used (PEP 562), so importing the root is quick and needs nothing but the standard library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what `__getattr__` does, in the words of a type checker
    from keras_attention import decoding as decoding
    from keras_attention import export as export
    from keras_attention import interop as interop
    from keras_attention import layers as layers
    from keras_attention import models as models
    from keras_attention import ops as ops
    from keras_attention import training as training
    from keras_attention import visualization as visualization
    from keras_attention.decoding import *
    from keras_attention.export import export_function as export_function
    from keras_attention.export import export_functions as export_functions
    from keras_attention.export import export_text_model as export_text_model
    from keras_attention.interop import *
    from keras_attention.layers import *
    from keras_attention.models import *
    from keras_attention.ops import *
    from keras_attention.training import *
    from keras_attention.visualization import *

__version__ = "0.1.0"

# Part -> its public names: what its own `__init__.py` collects, or its only module defines. A test
# keeps the two equal.
_PUBLIC: dict[str, list[str]] = {
    "ops": [
        "alibi_bias",
        "attended_values",
        "attention_weights",
        "causal_mask",
        "chunk_mask",
        "chunked_attention",
        "combine_masks",
        "distances_between",
        "dot_product_scores",
        "entmax_weights",
        "grid_places",
        "gumbel_softmax_weights",
        "hard_weights",
        "image_patches",
        "length_mask",
        "linear_attention",
        "log_elu_features",
        "log_kernel",
        "log_probability",
        "log_softmax_features",
        "monotonic_weights",
        "orthogonal_projection",
        "pad_images",
        "padding_mask",
        "relative_position_buckets",
        "resample_grid",
        "resample_positions",
        "rotary",
        "scaled_dot_product_attention",
        "segment_mask",
        "shifted_images",
        "sigmoid_weights",
        "sinusoidal_positions",
        "sinusoidal_positions_2d",
        "softmax_weights",
        "sparsemax_weights",
        "top_k_weights",
        "weighted_values",
        "window_mask",
    ],
    "layers": [
        "Adapter",
        "AdditiveNoise",
        "ALiBi",
        "Additive",
        "AdditiveAttention",
        "Attention",
        "AttentionCell",
        "AttentionPooling",
        "AttentionRegularizer",
        "BigBird",
        "Bilinear",
        "BlockSparse",
        "ClassAttentionLayer",
        "ClassAttentionPooling",
        "Concat",
        "ConformerEncoder",
        "ConformerLayer",
        "ConvolutionalSubsampling",
        "ConvolutionalTokenizer",
        "ConvolutionModule",
        "Cosine",
        "CoverageLoss",
        "Decoder",
        "DecoderLayer",
        "DilatedWindow",
        "Dither",
        "DotProduct",
        "Encoder",
        "EncoderLayer",
        "Entmax",
        "EntropyPenalty",
        "FeedForward",
        "FirstTokenPooling",
        "FrontEnd",
        "GlobalWindow",
        "GridWindow",
        "GroupQueryAttention",
        "GuidedAttentionLoss",
        "GumbelSoftmax",
        "Hard",
        "ImageEncoder",
        "ImageTokenizer",
        "LayerScale",
        "LearnedPositionEmbedding",
        "LearnedPositionEmbedding2D",
        "LinearAttention",
        "LinearKernel",
        "LocationAware",
        "LogMelSpectrogram",
        "MeanPooling",
        "Mechanism",
        "MelCepstrum",
        "Monotonic",
        "MultiHeadAttention",
        "NoPositionEmbedding",
        "Normalizer",
        "OffDiagonal",
        "PackedSegments",
        "PatchEmbedding",
        "Patches",
        "Pattern",
        "Performer",
        "PreEmphasis",
        "RandomGain",
        "RelativeBias2D",
        "RelativePositions",
        "Resampler",
        "Residual",
        "Rotary",
        "Rotary2D",
        "ScaledDotProduct",
        "Score",
        "SequenceHead",
        "SequencePooling",
        "ShawRelativePositions",
        "ShiftedPatches",
        "Sigmoid",
        "SinusoidalPositionEmbedding",
        "SinusoidalPositionEmbedding2D",
        "SilenceTrimming",
        "SlidingWindow",
        "Softmax",
        "Sparsemax",
        "SpecAugment",
        "SpeechEncoder",
        "StochasticDepth",
        "T5RelativeBias",
        "TalkingHeads",
        "TemperedDotProduct",
        "TextEncoder",
        "TimePatches",
        "TokenEmbedding",
        "TokenHead",
        "TokenPooling",
        "TopK",
        "TransformerXLLayer",
        "TransformerXLPositions",
        "TransformerXLStack",
        "UtteranceNormalization",
        "WeightPenalty",
    ],
    "decoding": [
        "Beam",
        "BucketedDecoder",
        "Greedy",
        "Hypotheses",
        "Lineage",
        "NGram",
        "Sample",
        "Transcript",
        "ctc_alignment",
        "ctc_beam_search",
        "ctc_greedy",
        "ctc_log_probability",
        "decode",
        "no_coverage",
        "reorder",
    ],
    "training": [
        "Adam",
        "AlignmentLoss",
        "CTCLoss",
        "Checkpoints",
        "FGM",
        "FreeLB",
        "HardDistillation",
        "InverseSquareRoot",
        "MaskedAccuracy",
        "MaskedCrossEntropy",
        "Model",
        "Perplexity",
        "RDrop",
        "SoftDistillation",
        "Throughput",
        "VShaped",
        "WarmupCosine",
        "WarmupLinear",
        "average_weights",
        "load_weights",
        "make_strategy",
        "save_weights",
    ],
    "models": [
        "BucketedPredictor",
        "CompactConvolutionalTransformer",
        "DistilledVisionTransformer",
        "LanguageModel",
        "MaskedLanguageModel",
        "RecurrentEncoderDecoder",
        "RecurrentTextDecoder",
        "SpeechClassifier",
        "SpeechRecognizer",
        "SpeechStream",
        "TextClassifier",
        "TextDecoder",
        "Transformer",
        "VisionTransformer",
        "keyword_transformer",
        "vision_transformer",
    ],
    "interop": [
        "from_keras",
        "from_tf_addons",
        "from_torch",
        "load_torch_weights",
        "to_keras",
        "to_torch",
        "torch_weights",
    ],
    "visualization": [
        "attention_figure",
        "attention_grid",
        "attention_rollout",
        "confusion_figure",
        "figure_to_image",
        "gradient_rollout",
        "layers_and_heads",
        "overlay",
        "picture_figure",
        "picture_grid",
        "save_figure",
        "speech_figure",
        "token_scores_ansi",
        "token_scores_figure",
        "token_scores_html",
    ],
    "export": ["export_function", "export_functions", "export_text_model"],
}
_PART_OF = {name: part for part, names in _PUBLIC.items() for name in names}

__all__ = [*_PUBLIC, *_PART_OF]


if not TYPE_CHECKING:

    def __getattr__(name):
        if name in _PUBLIC:
            return import_module(f"{__name__}.{name}")
        if name not in _PART_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_PART_OF[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
