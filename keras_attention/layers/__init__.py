"""Attention with weights: Keras layers around `keras_attention.ops`."""

from keras_attention.layers.adapter import Adapter as Adapter
from keras_attention.layers.additive_attention import AdditiveAttention as AdditiveAttention
from keras_attention.layers.attention import Attention as Attention
from keras_attention.layers.attention_cell import AttentionCell as AttentionCell
from keras_attention.layers.attention_regularizers import (
    AttentionRegularizer as AttentionRegularizer,
)
from keras_attention.layers.attention_regularizers import CoverageLoss as CoverageLoss
from keras_attention.layers.attention_regularizers import EntropyPenalty as EntropyPenalty
from keras_attention.layers.attention_regularizers import GuidedAttentionLoss as GuidedAttentionLoss
from keras_attention.layers.attention_regularizers import WeightPenalty as WeightPenalty
from keras_attention.layers.audio import AdditiveNoise as AdditiveNoise
from keras_attention.layers.audio import ConvolutionalSubsampling as ConvolutionalSubsampling
from keras_attention.layers.audio import Dither as Dither
from keras_attention.layers.audio import FrontEnd as FrontEnd
from keras_attention.layers.audio import LogMelSpectrogram as LogMelSpectrogram
from keras_attention.layers.audio import MelCepstrum as MelCepstrum
from keras_attention.layers.audio import PreEmphasis as PreEmphasis
from keras_attention.layers.audio import RandomGain as RandomGain
from keras_attention.layers.audio import Resampler as Resampler
from keras_attention.layers.audio import SilenceTrimming as SilenceTrimming
from keras_attention.layers.audio import SpecAugment as SpecAugment
from keras_attention.layers.audio import TimePatches as TimePatches
from keras_attention.layers.audio import UtteranceNormalization as UtteranceNormalization
from keras_attention.layers.class_attention_layer import ClassAttentionLayer as ClassAttentionLayer
from keras_attention.layers.class_attention_pooling import (
    ClassAttentionPooling as ClassAttentionPooling,
)
from keras_attention.layers.conformer_encoder import ConformerEncoder as ConformerEncoder
from keras_attention.layers.conformer_layer import ConformerLayer as ConformerLayer
from keras_attention.layers.convolution_module import ConvolutionModule as ConvolutionModule
from keras_attention.layers.decoder import Decoder as Decoder
from keras_attention.layers.decoder_layer import DecoderLayer as DecoderLayer
from keras_attention.layers.encoder import Encoder as Encoder
from keras_attention.layers.encoder_layer import EncoderLayer as EncoderLayer
from keras_attention.layers.feed_forward import FeedForward as FeedForward
from keras_attention.layers.group_query_attention import GroupQueryAttention as GroupQueryAttention
from keras_attention.layers.image_encoder import ImageEncoder as ImageEncoder
from keras_attention.layers.image_tokenizers import ConvolutionalTokenizer as ConvolutionalTokenizer
from keras_attention.layers.image_tokenizers import ImageTokenizer as ImageTokenizer
from keras_attention.layers.image_tokenizers import Patches as Patches
from keras_attention.layers.image_tokenizers import ShiftedPatches as ShiftedPatches
from keras_attention.layers.layer_scale import LayerScale as LayerScale
from keras_attention.layers.mechanism import Mechanism as Mechanism
from keras_attention.layers.multi_head_attention import MultiHeadAttention as MultiHeadAttention
from keras_attention.layers.normalizers import Entmax as Entmax
from keras_attention.layers.normalizers import GumbelSoftmax as GumbelSoftmax
from keras_attention.layers.normalizers import Hard as Hard
from keras_attention.layers.normalizers import Monotonic as Monotonic
from keras_attention.layers.normalizers import Normalizer as Normalizer
from keras_attention.layers.normalizers import Sigmoid as Sigmoid
from keras_attention.layers.normalizers import Softmax as Softmax
from keras_attention.layers.normalizers import Sparsemax as Sparsemax
from keras_attention.layers.normalizers import TalkingHeads as TalkingHeads
from keras_attention.layers.normalizers import TopK as TopK
from keras_attention.layers.patch_embedding import PatchEmbedding as PatchEmbedding
from keras_attention.layers.patterns import BigBird as BigBird
from keras_attention.layers.patterns import BlockSparse as BlockSparse
from keras_attention.layers.patterns import DilatedWindow as DilatedWindow
from keras_attention.layers.patterns import GlobalWindow as GlobalWindow
from keras_attention.layers.patterns import GridWindow as GridWindow
from keras_attention.layers.patterns import OffDiagonal as OffDiagonal
from keras_attention.layers.patterns import PackedSegments as PackedSegments
from keras_attention.layers.patterns import Pattern as Pattern
from keras_attention.layers.patterns import SlidingWindow as SlidingWindow
from keras_attention.layers.pooling import AttentionPooling as AttentionPooling
from keras_attention.layers.pooling import FirstTokenPooling as FirstTokenPooling
from keras_attention.layers.pooling import MeanPooling as MeanPooling
from keras_attention.layers.pooling import SequencePooling as SequencePooling
from keras_attention.layers.pooling import TokenPooling as TokenPooling
from keras_attention.layers.position_embedding import (
    LearnedPositionEmbedding as LearnedPositionEmbedding,
)
from keras_attention.layers.position_embedding import NoPositionEmbedding as NoPositionEmbedding
from keras_attention.layers.position_embedding import (
    SinusoidalPositionEmbedding as SinusoidalPositionEmbedding,
)
from keras_attention.layers.position_embedding_2d import (
    LearnedPositionEmbedding2D as LearnedPositionEmbedding2D,
)
from keras_attention.layers.position_embedding_2d import (
    SinusoidalPositionEmbedding2D as SinusoidalPositionEmbedding2D,
)
from keras_attention.layers.position_schemes import ALiBi as ALiBi
from keras_attention.layers.position_schemes import RelativeBias2D as RelativeBias2D
from keras_attention.layers.position_schemes import RelativePositions as RelativePositions
from keras_attention.layers.position_schemes import Rotary as Rotary
from keras_attention.layers.position_schemes import Rotary2D as Rotary2D
from keras_attention.layers.position_schemes import ShawRelativePositions as ShawRelativePositions
from keras_attention.layers.position_schemes import T5RelativeBias as T5RelativeBias
from keras_attention.layers.position_schemes import TransformerXLPositions as TransformerXLPositions
from keras_attention.layers.prediction_heads import SequenceHead as SequenceHead
from keras_attention.layers.prediction_heads import TokenHead as TokenHead
from keras_attention.layers.residual import Residual as Residual
from keras_attention.layers.scores import Additive as Additive
from keras_attention.layers.scores import Bilinear as Bilinear
from keras_attention.layers.scores import Concat as Concat
from keras_attention.layers.scores import Cosine as Cosine
from keras_attention.layers.scores import DotProduct as DotProduct
from keras_attention.layers.scores import LinearAttention as LinearAttention
from keras_attention.layers.scores import LinearKernel as LinearKernel
from keras_attention.layers.scores import LocationAware as LocationAware
from keras_attention.layers.scores import Performer as Performer
from keras_attention.layers.scores import ScaledDotProduct as ScaledDotProduct
from keras_attention.layers.scores import Score as Score
from keras_attention.layers.scores import TemperedDotProduct as TemperedDotProduct
from keras_attention.layers.speech_encoder import SpeechEncoder as SpeechEncoder
from keras_attention.layers.stochastic_depth import StochasticDepth as StochasticDepth
from keras_attention.layers.text_encoder import TextEncoder as TextEncoder
from keras_attention.layers.token_embedding import TokenEmbedding as TokenEmbedding
from keras_attention.layers.transformer_xl_layer import TransformerXLLayer as TransformerXLLayer
from keras_attention.layers.transformer_xl_stack import TransformerXLStack as TransformerXLStack
