"""The settings of a stack of Transformer layers, which several tasks share."""

from dataclasses import dataclass, field
from typing import Any, Literal

from tasks.common.mechanisms import AttentionConfig


@dataclass(frozen=True)
class TransformerConfig:
    """The layers."""

    num_layers: int = 4
    """Number of layers."""
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

    def layer_arguments(self) -> dict[str, Any]:
        """The plain arguments of the layers, without position scheme and attention."""
        names = (
            "num_layers",
            "d_model",
            "num_heads",
            "dff",
            "dropout",
            "attention_dropout",
            "activation_dropout",
            "activation",
            "normalization",
            "num_key_value_heads",
        )
        return {name: getattr(self, name) for name in names}
