"""Task models, assembled from the layers."""

from keras_attention.models.bucketed_predictor import BucketedPredictor as BucketedPredictor
from keras_attention.models.compact_convolutional_transformer import (
    CompactConvolutionalTransformer as CompactConvolutionalTransformer,
)
from keras_attention.models.distilled_vision_transformer import (
    DistilledVisionTransformer as DistilledVisionTransformer,
)
from keras_attention.models.language_model import LanguageModel as LanguageModel
from keras_attention.models.masked_language_model import MaskedLanguageModel as MaskedLanguageModel
from keras_attention.models.recurrent_encoder_decoder import (
    RecurrentEncoderDecoder as RecurrentEncoderDecoder,
)
from keras_attention.models.recurrent_text_decoder import (
    RecurrentTextDecoder as RecurrentTextDecoder,
)
from keras_attention.models.speech_classifier import SpeechClassifier as SpeechClassifier
from keras_attention.models.speech_classifier import keyword_transformer as keyword_transformer
from keras_attention.models.speech_recognizer import SpeechRecognizer as SpeechRecognizer
from keras_attention.models.speech_stream import SpeechStream as SpeechStream
from keras_attention.models.text_classifier import TextClassifier as TextClassifier
from keras_attention.models.text_decoder import TextDecoder as TextDecoder
from keras_attention.models.transformer import Transformer as Transformer
from keras_attention.models.vision_transformer import VisionTransformer as VisionTransformer
from keras_attention.models.vision_transformer import vision_transformer as vision_transformer
