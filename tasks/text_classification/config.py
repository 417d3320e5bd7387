"""Every setting of a text classification run; the command line is made from these."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tasks.common.training import CommonTrainConfig, check
from tasks.common.transformer_config import TransformerConfig
from tasks.text_classification.augmentation.settings import AugmentationConfig
from tasks.text_classification.batches import Batching
from tasks.text_classification.corpora import (
    Builtin,
    Corpus,
    label_kind,
    name_of,
    parse_corpus,
)
from tasks.text_classification.pretraining import PretrainingConfig
from tasks.text_classification.text import Truncation


@dataclass(frozen=True)
class TextConfig:
    """How texts are read."""

    vocabulary_size: int = 8000
    """Number of pieces, learned from the training split."""
    model_type: Literal["unigram", "bpe"] = "unigram"
    """How SentencePiece finds them."""
    max_length: int = 128
    """Most tokens of a text, or of both texts of a pair."""
    truncation: Truncation = "head"
    """What is kept of a longer text: its head, its tail, or half of both. They are counted."""
    lowercase: bool = False
    """Read in lower case."""
    remove_tags: bool = False
    """Read what stands between < and > as a space."""


@dataclass(frozen=True)
class ModelConfig(TransformerConfig):
    """The encoder and what is made of its output."""

    pooling: Literal["mean", "first", "attention"] = "mean"
    """What stands for a whole text: the mean of its tokens, the first, or what a learned query
    attends to."""
    head_dropout: float = 0.1
    """Share of the features before the classes dropped in training."""


@dataclass(frozen=True)
class FineTuningConfig:
    """Which weights are trained."""

    weights: Literal["all", "head", "lora", "adapters"] = "all"
    """All; the head alone, over a frozen encoder; low-rank changes of the encoder's projections and
    the head (LoRA); or small networks between the encoder's layers and the head (adapters)."""
    lora_rank: int = 8
    """Rank of the changes."""
    lora_alpha: float | None = None
    """The changes are multiplied by this divided by the rank; by default by 1."""
    lora_targets: tuple[Literal["query", "key", "value", "output"], ...] = ("query", "value")
    """Which projections of attention are changed."""
    adapter_size: int = 32
    """Number of features of the adapters' bottleneck."""
    layer_decay: float = 1.0
    """Each layer's learning rate is that of the layer above it times this; the head has the full
    rate."""


@dataclass(frozen=True)
class ObjectiveConfig:
    """What a training step minimises beyond the loss; by default nothing."""

    kind: Literal["loss", "r_drop", "fgm", "free_lb"] = "loss"
    """The loss alone; two dropouts of one text shall say the same (R-Drop); or the worst small
    change of the embeddings shall not change what is said, found in one step (FGM) or several
    (FreeLB)."""
    weight: float = 1.0
    """Of R-Drop's divergence."""
    epsilon: float = 1.0
    """Length of the change of FGM, the greatest of FreeLB (0: no limit)."""
    steps: int = 3
    """Of FreeLB."""
    step_size: float = 0.3
    """Of FreeLB."""


@dataclass(frozen=True)
class TrainConfig(CommonTrainConfig):
    """Optimisation, and what a run does besides. With 0 `epochs` a run only pre-trains, and others
    begin with its encoder."""

    monitor: Literal["val_loss", "val_accuracy", "val_error"] = "val_loss"
    """What decides which epoch is the best."""
    label_smoothing: float = 0.0
    """Share of each label's probability that is spread over all classes."""
    balanced: bool = False
    """Weigh examples so that every class counts alike."""
    initial_encoder: Path | None = None
    """Run folder whose encoder and vocabulary to begin with, instead of new ones: pre-trained there
    or, without pre-training, as it ended."""
    pictures: int = 3
    """Validation texts whose answers are explained for TensorBoard, for labels of one class."""


@dataclass(frozen=True)
class ClassificationConfig:
    """A whole run."""

    name: str
    """Of the preset; names the default run folder."""
    data: Corpus = field(default_factory=Builtin)
    """Where the texts come from."""
    also: tuple[str, ...] = ()
    """More tasks that the same encoder learns at the same time, each with a head of its own:
    `Sst2`, `"Builtin(kind='rating')"`, ... What decides, as `monitor` or `patience`, is `data`."""
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    text: TextConfig = field(default_factory=TextConfig)
    batching: Batching = field(default_factory=Batching)
    model: ModelConfig = field(default_factory=ModelConfig)
    pretraining: PretrainingConfig = field(default_factory=PretrainingConfig)
    fine_tuning: FineTuningConfig = field(default_factory=FineTuningConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self):
        fewest = 0 if self.pretraining.epochs else 1  # a run may pre-train alone
        check(self.train, self.batching.pad_to_multiple_of, fewest)
        self.augmentation.check(label_kind(self.data))
        if self.text.remove_tags and label_kind(self.data) == "words":
            raise ValueError(
                "`text.remove_tags` would take words away that have labels. Received: "
                "text.remove_tags=True with labels of words."
            )
        if self.also and self.objective.kind == "r_drop":
            raise ValueError(
                "R-Drop needs to know what the outputs mean, so it takes one task. Received: "
                f"objective.kind='r_drop', also={self.also}."
            )

    def corpora(self) -> dict[str, Corpus]:
        """The corpora of all tasks by the names of the tasks, `data` first.

        Raises:
            ValueError: if one of `also` is no corpus.
        """
        found: dict[str, Corpus] = {}
        for corpus in (self.data, *(parse_corpus(text, "also") for text in self.also)):
            name, number = name_of(corpus), 1
            while name in found:
                number += 1
                name = f"{name_of(corpus)}_{number}"
            found[name] = corpus
        return found
