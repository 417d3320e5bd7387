"""Every setting of a translation run; the command line is made from these."""

from dataclasses import dataclass, field, fields, replace
from typing import Literal

from tasks.common.mechanisms import AttentionConfig, CrossAttentionConfig
from tasks.translation.corpora import Builtin, Corpus, Multi30k
from tasks.translation.data import Batching


@dataclass(frozen=True)
class VocabularyConfig:
    """The subwords that both languages share."""

    size: int = 8000
    """Number of pieces."""
    model_type: Literal["unigram", "bpe"] = "unigram"
    """How SentencePiece finds them."""
    source_coverage: float = 1.0
    """Share of the source's characters that get a piece; the rarest others become unknown."""
    target_coverage: float = 1.0
    """The same for the target. 0.9995 for Chinese or Japanese, 1.0 for alphabets."""
    lowercase_source: bool = False
    """Read the source in lower case."""


@dataclass(frozen=True)
class ModelConfig:
    """The Transformer."""

    num_layers: int = 4
    """Number of encoder layers, and of decoder layers."""
    d_model: int = 256
    """Number of features of each token."""
    num_heads: int = 4
    """Number of attention heads; divides `d_model`."""
    dff: int = 1024
    """Size of the feed-forward networks' inner layer."""
    dropout: float = 0.1
    """Share of embeddings and sublayers' outputs dropped in training."""
    attention_dropout: float = 0.0
    """Share of the attention weights dropped in training."""
    activation_dropout: float = 0.0
    """Share of the feed-forward networks' inner activations dropped in training."""
    activation: str = "relu"
    """Activation of the feed-forward networks, a name that Keras knows."""
    normalization: Literal["pre", "post"] = "pre"
    """Where layer normalisation stands: before each sublayer, or after it as in the paper."""
    num_key_value_heads: int | None = None
    """Number of key/value heads that the query heads share; by default one each."""
    position_scheme: str | None = None
    """How positions count: `SinusoidalPositionEmbedding` (the default), `Rotary`, `ALiBi`, ..."""
    attention: AttentionConfig = field(default_factory=AttentionConfig)
    cross_attention: CrossAttentionConfig = field(default_factory=CrossAttentionConfig)


def _additive() -> CrossAttentionConfig:
    return CrossAttentionConfig(score="Additive")


@dataclass(frozen=True)
class RecurrentConfig:
    """The recurrent encoder-decoder with attention."""

    num_layers: int = 1
    """Number of encoder layers, and of decoder layers."""
    d_model: int = 256
    """Number of features of each token; even."""
    cell: Literal["lstm", "gru"] = "lstm"
    """What its layers are made of."""
    dropout: float = 0.1
    """Share of embeddings and layers' outputs dropped in training."""
    attention: CrossAttentionConfig = field(default_factory=_additive)
    """Bahdanau's by default; `Bilinear` is Luong's, `LocationAware` and `Monotonic` keep order."""
    scheduled_sampling: float = 0.0
    """Share of the target's tokens that, in training, are the decoder's own instead of right."""


@dataclass(frozen=True)
class TrainConfig:
    """Optimisation, and what a run does besides."""

    epochs: int = 20
    """Passes over the training pairs."""
    max_steps: int | None = None
    """Stop after so many updates, if that is earlier."""
    max_minutes: float | None = None
    """Stop after so many minutes of training, if that is earlier."""
    patience: int | None = None
    """Stop after so many epochs without a better `monitor`."""
    monitor: Literal["val_loss", "val_bleu"] = "val_loss"
    """What decides which epoch is the best."""
    peak_learning_rate: float = 1e-3
    """The highest learning rate, reached at the end of the warm-up."""
    schedule: Literal["inverse_square_root", "cosine", "linear"] = "inverse_square_root"
    """How the learning rate falls afterwards. The last two reach 0 after `epochs`."""
    warmup_steps: int = 1000
    """Updates until the learning rate is at its peak."""
    adam_beta_2: float = 0.98
    """How slowly Adam's estimate of the gradients' sizes changes."""
    weight_decay: float = 0.0
    """Decoupled weight decay, as in AdamW."""
    clip_norm: float | None = None
    """Longest gradient; longer ones are shortened to it."""
    label_smoothing: float = 0.1
    """Share of each label's probability that is spread over the vocabulary."""
    average: int = 1
    """Average the weights of up to so many last epochs, as far as validation gains from it."""
    validate_every: int = 1
    """Epochs between two computations of validation BLEU, sample translations and heat maps."""
    validation_sentences: int = 500
    """Sentences of the validation split that BLEU is computed from while training."""
    pictures: int = 2
    """Validation sentences whose attention is drawn for TensorBoard."""
    seed: int = 0
    """Of initial weights, dropout and the order of batches."""
    strategy: Literal["auto", "one_device", "mirrored", "multi_worker"] = "auto"
    """Devices to train on, see `keras_attention.make_strategy`."""
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Of the computations; the weights are always float32."""
    jit: bool = False
    """Compile the training step by XLA; needs `batching.pad_to_multiple_of`."""
    record: bool = False
    """Append the result to results/translation.jsonl."""


@dataclass(frozen=True)
class DecodeConfig:
    """The search for a translation."""

    beams: int = 4
    """Hypotheses followed side by side; 1 is greedy search."""
    length_penalty: float = 0.6
    """Above 0 favours longer translations."""
    coverage_penalty: float = 0.0
    """Above 0 favours translations that leave nothing of the source out."""
    max_length: int = 128
    """Most tokens of a source sentence (longer ones are cut off) and of a translation."""


@dataclass(frozen=True)
class DecodeOptions:
    """The search, where it shall differ from the run's configuration."""

    beams: int | None = None
    """Hypotheses followed side by side; 1 is greedy search."""
    length_penalty: float | None = None
    """Above 0 favours longer translations."""
    coverage_penalty: float | None = None
    """Above 0 favours translations that leave nothing of the source out."""
    max_length: int | None = None
    """Most tokens of a source sentence (longer ones are cut off) and of a translation."""

    def over(self, config: DecodeConfig) -> DecodeConfig:
        """`config` with what is given here."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(
            config, **{name: value for name, value in given.items() if value is not None}
        )


AS_TRAINED = DecodeOptions()


@dataclass(frozen=True)
class TranslationConfig:
    """A whole run."""

    name: str
    """Of the preset; names the default run folder."""
    data: Corpus = field(default_factory=Builtin)
    """Where the sentence pairs come from."""
    target_language: str | None = None
    """Code of the language translated into, for the scores; built-in data sets know theirs."""
    vocabulary: VocabularyConfig = field(default_factory=VocabularyConfig)
    batching: Batching = field(default_factory=Batching)
    model: ModelConfig | RecurrentConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    decode: DecodeConfig = field(default_factory=DecodeConfig)

    def __post_init__(self):
        if self.train.jit and not self.batching.pad_to_multiple_of:
            raise ValueError(
                "`train.jit` needs `batching.pad_to_multiple_of`: XLA compiles each shape anew. "
                "Received: train.jit=True, batching.pad_to_multiple_of=None."
            )
        if self.train.strategy == "multi_worker" and self.train.max_minutes is not None:
            raise ValueError(
                "`train.max_minutes` cannot end a multi-worker run: the workers' clocks differ, so "
                "they would wait for each other for ever. Use `train.max_steps`. Received: "
                f"train.max_minutes={self.train.max_minutes}."
            )
        for name, value in (("epochs", self.train.epochs), ("average", self.train.average)):
            if value < 1:
                raise ValueError(f"`train.{name}` must be at least 1. Received: {value}.")

    @property
    def language(self) -> str:
        """Code of the language translated into; `"xx"` if nobody said."""
        known = {Builtin: "es", Multi30k: getattr(self.data, "target", None)}
        return self.target_language or known.get(type(self.data)) or "xx"


# What may change when a run is resumed: how long it trains, where, and what it reports.
MAY_CHANGE = frozenset(
    f"train.{name}"
    for name in ("epochs", "max_steps", "max_minutes", "patience", "strategy", "record", "average")
)
