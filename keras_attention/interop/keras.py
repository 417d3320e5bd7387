"""The attention layers of Keras and KerasHub, from and to."""

import keras

from keras_attention.interop.correspondence import (
    arguments_for,
    arrays_by_name,
    assign,
    class_of,
    kind_of,
    refuse_other_settings,
)
from keras_attention.interop.keras_hub import from_keras_hub, to_keras_hub
from keras_attention.layers.decoder_layer import DecoderLayer
from keras_attention.layers.encoder_layer import EncoderLayer
from keras_attention.layers.multi_head_attention import MultiHeadAttention


def from_keras(layer):
    """Our layer for one of Keras or KerasHub, with its settings and weights.

    | theirs | ours |
    |---|---|
    | `keras.layers.MultiHeadAttention` | `MultiHeadAttention` |
    | `keras.layers.GroupQueryAttention` | `MultiHeadAttention(num_key_value_heads=…)` |
    | `keras_hub.layers.TransformerEncoder` | `EncoderLayer` |
    | `keras_hub.layers.TransformerDecoder` | `DecoderLayer` |

    The outputs are the same for every query that may attend to something. KerasHub's
    `padding_mask` is `attention_mask=padding_mask[:, None, :]` in ours.

    Args:
        layer: A built layer of Keras or KerasHub.

    Returns:
        A built layer of ours.

    Raises:
        ValueError: If there is no counterpart, the layer is not built, or its weights are not those
            of its class, for example because it is quantized or has LoRA.

    Example:

    >>> theirs = keras.layers.MultiHeadAttention(num_heads=4, key_dim=8)
    >>> x = np.random.normal(size=(2, 5, 32)).astype("float32")
    >>> expected = theirs(x, x)
    >>> ours = keras_attention.from_keras(theirs)
    >>> np.allclose(ours(x, x), expected, atol=1e-5)
    True
    """
    kind = kind_of(layer, _KINDS)
    return _from_attention(layer) if _KINDS[kind] == "keras" else from_keras_hub(layer, kind)


def to_keras(layer):
    """The layer of Keras or KerasHub for one of ours, with its settings and weights.

    The other direction of `from_keras`. KerasHub has one rate of dropout, for attention weights and
    sublayers' outputs; it is set to our `dropout`, the other rates are lost.

    Args:
        layer: A built `MultiHeadAttention`, `EncoderLayer` or `DecoderLayer`.

    Returns:
        A built layer of Keras or KerasHub.

    Raises:
        ValueError: If there is no counterpart, the layer is not built, or it has a setting that
            theirs has not.
        ImportError: If KerasHub is needed and not installed.

    Example:

    >>> ours = keras_attention.MultiHeadAttention(num_heads=4, key_dim=8, num_key_value_heads=2)
    >>> x = np.random.normal(size=(2, 5, 32)).astype("float32")
    >>> expected = ours(x, x)
    >>> theirs = keras_attention.to_keras(ours)
    >>> type(theirs).__name__
    'GroupedQueryAttention'
    >>> np.allclose(theirs(x, x), expected, atol=1e-5)
    True
    """
    cls = class_of(layer, (MultiHeadAttention, EncoderLayer, DecoderLayer))
    return _to_attention(layer) if cls is MultiHeadAttention else to_keras_hub(layer, cls)


_GROUPED_NAMES = {"num_heads": "num_query_heads", "key_dim": "head_dim"}

_KINDS = {
    "MultiHeadAttention": "keras",
    "GroupedQueryAttention": "keras",
    "TransformerEncoder": "keras_hub",
    "TransformerDecoder": "keras_hub",
}


def _from_attention(layer):
    arrays = arrays_by_name(layer)
    shapes = layer.get_build_config()["shapes_dict"]
    config = layer.get_config()
    for ours, theirs in _GROUPED_NAMES.items():
        config[ours] = config.get(theirs, config.get(ours))
    rank = len(shapes["query_shape"])
    if config.get("attention_axes") == tuple(range(1, rank - 1)):
        config["attention_axes"] = None  # all, as by default
    ours = MultiHeadAttention.from_config(arguments_for(MultiHeadAttention, config))
    ours.build(**shapes)
    assign(ours, arrays, f"`{layer.name}`")
    return ours


def _to_attention(layer):
    arrays = arrays_by_name(layer)
    grouped = layer.num_key_value_heads != layer.num_heads
    cls = keras.layers.GroupQueryAttention if grouped else keras.layers.MultiHeadAttention
    names = _GROUPED_NAMES if grouped else {}
    config = layer.get_config()
    arguments = arguments_for(cls, {names.get(name, name): config[name] for name in config})
    taken = {name: config[name] for name in config if names.get(name, name) in arguments}
    plain = MultiHeadAttention.from_config(taken)
    refuse_other_settings(layer, plain, f"Keras' {cls.__name__}")
    theirs = cls.from_config(arguments)
    theirs.build(**layer.get_build_config()["shapes_dict"])
    assign(theirs, arrays, f"`{layer.name}`")
    return theirs
