"""Every setting of a translation run; the command line is made from these."""

from dataclasses import dataclass, field
from typing import Literal

from tasks.common.mechanisms import CrossAttentionConfig
from tasks.common.options import over
from tasks.common.training import CommonTrainConfig, check
from tasks.common.transformer_config import TransformerConfig
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
class ModelConfig(TransformerConfig):
    """The Transformer."""

    num_layers: int = 4
    """Number of encoder layers, and of decoder layers."""
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
class TrainConfig(CommonTrainConfig):
    """Optimisation, and what a run does besides."""

    monitor: Literal["val_loss", "val_bleu"] = "val_loss"
    """What decides which epoch is the best."""
    validate_every: int = 1
    """Epochs between two computations of validation BLEU, sample translations and heat maps."""
    validation_sentences: int = 500
    """Sentences of the validation split that BLEU is computed from while training."""
    pictures: int = 2
    """Validation sentences whose attention is drawn for TensorBoard."""


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
        return over(config, self)


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
        check(self.train, self.batching.pad_to_multiple_of)

    @property
    def language(self) -> str:
        """Code of the language translated into; `"xx"` if nobody said."""
        known = {Builtin: "es", Multi30k: getattr(self.data, "target", None)}
        return self.target_language or known.get(type(self.data)) or "xx"
