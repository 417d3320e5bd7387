"""Every setting of a speech recognition run; the command line is made from these."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tasks.common.mechanisms import CrossAttentionConfig
from tasks.common.options import over
from tasks.common.training import CommonTrainConfig, check
from tasks.common.transformer_config import TransformerConfig
from tasks.speech_recognition.batches import Batching
from tasks.speech_recognition.corpora import Builtin, Corpus
from tasks.speech_recognition.text import TextConfig


@dataclass(frozen=True)
class FeatureConfig:
    """What is made of a recording before anything is learned; nothing if the data are features."""

    kind: Literal["log_mel", "mfcc"] = "log_mel"
    """Logarithms of the power in mel bands, or their cosine transform."""
    num_mels: int = 40
    """Number of bands."""
    num_coefficients: int = 20
    """Number of cepstra (of `mfcc`)."""
    frame_seconds: float = 0.025
    """Length of a frame."""
    hop_seconds: float = 0.01
    """From the start of a frame to that of the next."""
    pre_emphasis: float = 0.0
    """How much high frequencies are raised; 0.97 is usual, 0 leaves them."""
    normalization: Literal["utterance", "mean", "global", "none"] = "utterance"
    """Take from each feature its mean over the utterance, and divide by its deviation; only the
    first of both; take mean and deviation of the training split, which a stream can, too; or do
    neither."""


@dataclass(frozen=True)
class AugmentationConfig:
    """How training recordings are changed, each time anew."""

    speed: tuple[float, float] = (1.0, 1.0)
    """Slowest and fastest speed; pitch and formants change with it."""
    gain: float = 0.0
    """By how many decibels the loudness changes at most."""
    noise: tuple[float, float] | None = None
    """Least and greatest ratio of signal to added noise, in decibels."""
    noise_share: float = 0.5
    """Share of the recordings that get noise."""
    frequency_masks: int = 0
    """Number of bands of features left out (SpecAugment)."""
    frequency_width: int = 8
    """Widest of them, in features."""
    time_masks: int = 0
    """Number of spans of frames left out."""
    time_width: int = 20
    """Longest of them, in frames."""
    time_share: float = 0.15
    """Longest of them as a share of the utterance, if that is less."""
    time_warp: int = 0
    """How many frames a frame drawn by lot moves at most, stretching what is beside it."""

    def __post_init__(self):
        if not 0.5 <= self.speed[0] <= self.speed[1] <= 2.0:
            raise ValueError(
                "`augmentation.speed` must be two numbers from 0.5 to 2, the slowest first. "
                f"Received: {self.speed}."
            )


@dataclass(frozen=True)
class EncoderConfig(TransformerConfig):
    """The encoder."""

    encoder: Literal["conformer", "transformer"] = "conformer"
    """Kind of the layers: with a convolution after attention, or without."""
    num_layers: int = 4
    """Number of encoder layers."""
    d_model: int = 96
    """Number of features of each frame."""
    dff: int = 256
    """Size of the feed-forward networks' inner layer."""
    activation: str = "silu"
    """Activation of the feed-forward networks, a name that Keras knows."""
    position_scheme: str | None = "Rotary"
    """How positions count: `Rotary`, `TransformerXLPositions` (as in the paper), ... They must be
    relative; a decoder's are sinusoidal if these say nothing."""
    kernel_size: int = 15
    """Length of the convolutions, in frames."""
    stochastic_depth: float = 0.0
    """Share of the training utterances for which the last layer is left out; less before."""
    convolutions: int = 2
    """Number of convolutions before the layers, each of which halves the number of frames."""
    filters: int | None = 32
    """Number of features between them; by default `d_model`."""


@dataclass(frozen=True)
class RecognizerConfig(EncoderConfig):
    """Writes down what is said: CTC and a decoder that attends to the frames, on one encoder."""

    decoder: Literal["transformer", "recurrent", "none"] = "transformer"
    """A Transformer's decoder; an LSTM with location-aware attention, as in Listen, Attend and
    Spell; or CTC alone."""
    decoder_layers: int = 1
    """Number of decoder layers."""
    cross_attention: CrossAttentionConfig = field(default_factory=CrossAttentionConfig)
    chunk_length: int | None = None
    """Frames of a chunk, after the convolutions, for streams: a frame attends to its own chunk and
    earlier ones. By default all attend to all."""
    left_chunks: int | None = None
    """Number of earlier chunks that a frame attends to; by default all."""


@dataclass(frozen=True)
class CommandConfig(EncoderConfig):
    """Says which of the training transcripts a recording is, as a whole."""

    pooling: Literal["mean", "attention", "first"] = "attention"
    """What stands for a whole recording: the mean of its frames, their mean weighted by attention,
    or a learned token (with `patch_length`)."""
    patch_length: int | None = None
    """Cut time into patches of so many frames instead of convolutions, as a Keyword Transformer
    does."""
    head_dropout: float = 0.1
    """Share of the features before the classes dropped in training."""


@dataclass(frozen=True)
class TrainConfig(CommonTrainConfig):
    """Optimisation, and what a run does besides."""

    monitor: Literal["val_loss", "val_word_error", "val_accuracy"] = "val_loss"
    """What decides which epoch is the best: the loss; the word error rate of CTC's greedy search;
    or of commands their accuracy."""
    schedule: Literal["inverse_square_root", "cosine", "linear"] = "cosine"
    """How the learning rate falls after the warm-up. The last two reach 0 after `epochs`."""
    clip_norm: float | None = 1.0
    """Longest gradient; longer ones are shortened to it."""
    ctc_weight: float = 0.3
    """Share of the CTC loss in what is minimised; the rest is that of the decoder."""
    pictures: int = 2
    """Validation utterances whose spectrogram, alignment and sound TensorBoard has."""

    def __post_init__(self):
        if not 0.0 <= self.ctc_weight <= 1.0:
            raise ValueError(
                f"`train.ctc_weight` must be from 0 to 1. Received: {self.ctc_weight}."
            )


@dataclass(frozen=True)
class DecodeConfig:
    """The search for what was said."""

    method: Literal["ctc_greedy", "ctc_beam", "attention", "joint"] = "joint"
    """CTC's likeliest token of each frame; CTC prefix beam search; a beam search of the decoder; or
    what both searches find, rescored by both."""
    beams: int = 8
    """Hypotheses followed side by side."""
    ctc_weight: float = 0.3
    """Of CTC's score beside the decoder's, in `joint`."""
    length_bonus: float = 0.0
    """For each token, against short hypotheses, in `ctc_beam` and `joint`."""
    length_penalty: float = 0.0
    """Above 0 favours longer hypotheses of the decoder's beam search."""
    n_gram_text: Path | None = None
    """UTF-8 file with a text on each line. What follows what in them is asked by CTC's beam search,
    in `ctc_beam` and for the candidates of `joint` (shallow fusion)."""
    n_gram_order: int = 4
    """Greatest number of tokens of them that are looked at together."""
    n_gram_weight: float = 0.3
    """Of these texts beside CTC's score."""


@dataclass(frozen=True)
class DecodeOptions:
    """The search, where it shall differ from the run's configuration."""

    method: Literal["ctc_greedy", "ctc_beam", "attention", "joint"] | None = None
    """See the run's configuration: `decode.method`."""
    beams: int | None = None
    """Hypotheses followed side by side."""
    ctc_weight: float | None = None
    """Of CTC's score beside the decoder's, in `joint`."""
    length_bonus: float | None = None
    """For each token, against short hypotheses, in `ctc_beam` and `joint`."""
    length_penalty: float | None = None
    """Above 0 favours longer hypotheses of the decoder's beam search."""
    n_gram_text: Path | None = None
    """UTF-8 file with a text on each line, for CTC's beam search to know what is likely."""
    n_gram_order: int | None = None
    """Greatest number of tokens of them that are looked at together."""
    n_gram_weight: float | None = None
    """Of these texts beside CTC's score."""

    def over(self, config: DecodeConfig) -> DecodeConfig:
        """`config` with what is given here."""
        return over(config, self)


AS_TRAINED = DecodeOptions()


@dataclass(frozen=True)
class SpeechConfig:
    """A whole run."""

    name: str
    """Of the preset; names the default run folder."""
    data: Corpus = field(default_factory=Builtin)
    """Where the recordings come from."""
    text: TextConfig = field(default_factory=TextConfig)
    features: FeatureConfig = field(default_factory=FeatureConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    batching: Batching = field(default_factory=Batching)
    model: RecognizerConfig | CommandConfig = field(default_factory=RecognizerConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    decode: DecodeConfig = field(default_factory=DecodeConfig)

    def __post_init__(self):
        check(self.train, pad_to_multiple_of=None)
        if isinstance(self.model, CommandConfig):
            if self.train.monitor == "val_word_error":
                raise ValueError(
                    "Commands have no word errors: set `train.monitor` to val_accuracy or "
                    "val_loss. Received: val_word_error."
                )
            if (self.model.pooling == "first") != (self.model.patch_length is not None):
                raise ValueError(
                    "`model.pooling` first needs the token that `model.patch_length` puts before "
                    f"the patches, and the other way round. Received: {self.model.pooling}, "
                    f"{self.model.patch_length}."
                )
        elif self.model.decoder == "none" and self.decode.method in ("attention", "joint"):
            raise ValueError(
                "Without a decoder `decode.method` must be ctc_greedy or ctc_beam. Received: "
                f"{self.decode.method}."
            )
