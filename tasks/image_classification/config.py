"""Every setting of an image classification run; the command line is made from these."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tasks.common.training import CommonTrainConfig, check
from tasks.common.transformer_config import TransformerConfig
from tasks.image_classification.augmentation import AugmentationConfig
from tasks.image_classification.batches import Batching
from tasks.image_classification.corpora import Builtin, Corpus
from tasks.image_classification.sizing import SizeConfig


@dataclass(frozen=True)
class ModelConfig(TransformerConfig):
    """The encoder and what is made of its output."""

    num_layers: int = 6
    """Number of layers."""
    d_model: int = 128
    """Number of features of each token."""
    dff: int = 256
    """Size of the feed-forward networks' inner layer."""
    activation: str = "gelu"
    """Activation of the feed-forward networks, a name that Keras knows."""
    position_scheme: str | None = None
    """How places count: `LearnedPositionEmbedding2D` (the default), `Rotary2D`, `RelativeBias2D`,
    `SinusoidalPositionEmbedding2D`, or `NoPositionEmbedding`."""
    tokenizer: Literal["patches", "shifted_patches", "convolutions"] = "patches"
    """What makes tokens: patches; patches beside copies of the picture shifted by half a patch; or
    convolutions with pooling, as in compact transformers."""
    patch_size: int = 4
    """Length of a patch's sides, in pixels."""
    patch_stride: int | None = None
    """Distance of two patches; less than their size lets them overlap. By default their size."""
    remainder: Literal["refuse", "pad"] = "refuse"
    """What happens to pictures that cannot be cut into patches: an error, or black is added."""
    convolutions: int = 1
    """Number of convolutions, each of which halves the sides."""
    kernel_size: int = 3
    """Length of the convolutions' sides."""
    pooling: Literal["first", "mean", "sequence", "class_attention"] = "first"
    """What stands for a whole picture: a class token, the mean of all patches, their mean weighted
    by a learned score, or two more layers in which only a class token attends."""
    distillation_token: bool = False
    """Let a second learned token, with classes of its own, learn from `distillation.teacher`, as in
    DeiT; the answer is the mean of both. Needs the class token (`pooling` `first`)."""
    registers: int = 0
    """Number of learned tokens besides, in which layers can keep what belongs to no place."""
    window: int | None = None
    """Let patches attend to those of their square window alone, shifted in every second layer."""
    layer_scale: float | None = None
    """What a learned scale of each sublayer's output begins with; by default there is none."""
    stochastic_depth: float = 0.0
    """Share of the training pictures for which the last layer is left out; less before."""
    head_dropout: float = 0.0
    """Share of the features before the classes dropped in training."""


@dataclass(frozen=True)
class DistillationConfig:
    """A teacher that a model learns from besides; none by default."""

    teacher: Path | None = None
    """A run folder of this task, or a `.keras` file of any model that takes pictures of the same
    size, with pixels from 0 to 255, and returns logits of the same classes."""
    kind: Literal["hard", "soft"] = "hard"
    """Learn the class that the teacher finds most likely, or its probabilities."""
    weight: float = 0.5
    """Share of what the teacher says in what is minimised."""
    temperature: float = 3.0
    """How soft the probabilities are made (of `soft`)."""


@dataclass(frozen=True)
class TrainConfig(CommonTrainConfig):
    """Optimisation, and what a run does besides."""

    schedule: Literal["inverse_square_root", "cosine", "linear"] = "cosine"
    """How the learning rate falls after the warm-up. The last two reach 0 after `epochs`."""
    monitor: Literal["val_loss", "val_accuracy"] = "val_accuracy"
    """What decides which epoch is the best."""
    weight_decay: float = 0.05
    """Decoupled weight decay, as in AdamW."""
    moving_average: float | None = None
    """Keep a moving average of the weights with this decay, such as 0.999, which is chosen in the
    end if it does best on validation."""
    accumulation: int = 1
    """Batches whose gradients make one update."""
    initial_model: Path | None = None
    """Run folder whose encoder to begin with. Its pictures may have had another size, its classes
    may have been others."""
    pictures: int = 4
    """Validation pictures whose attention is drawn for TensorBoard."""


@dataclass(frozen=True)
class ImageConfig:
    """A whole run."""

    name: str
    """Of the preset; names the default run folder."""
    data: Corpus = field(default_factory=Builtin)
    """Where the pictures come from."""
    size: SizeConfig = field(default_factory=SizeConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    batching: Batching = field(default_factory=Batching)
    model: ModelConfig = field(default_factory=ModelConfig)
    distillation: DistillationConfig = field(default_factory=DistillationConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self):
        check(self.train, pad_to_multiple_of=self.batching.batch_size)
        decay = self.train.moving_average
        if decay is not None and not 0.0 < decay < 1.0:
            raise ValueError(
                "`train.moving_average` must be a decay above 0 and below 1, such as 0.999. "
                f"Received: {decay}."
            )
        if self.train.accumulation < 1:
            raise ValueError(
                f"`train.accumulation` must be at least 1. Received: {self.train.accumulation}."
            )
        token = self.model.distillation_token
        if token and (self.model.pooling != "first" or not self.distillation.teacher):
            raise ValueError(
                "`model.distillation_token` stands behind a class token (`model.pooling` `first`) "
                "and learns from a `distillation.teacher`. Received: "
                f"pooling={self.model.pooling}, teacher={self.distillation.teacher}."
            )
        if self.model.window and self.model.attention.pattern:
            raise ValueError(
                "`model.window` is a pattern of attention, as is `model.attention.pattern`: give "
                f"one of them. Received: window={self.model.window}, "
                f"pattern={self.model.attention.pattern!r}."
            )
