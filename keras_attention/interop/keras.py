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
from keras_attention.layers.additive_attention import AdditiveAttention
from keras_attention.layers.attention import Attention
from keras_attention.layers.decoder_layer import DecoderLayer
from keras_attention.layers.encoder_layer import EncoderLayer
from keras_attention.layers.group_query_attention import GroupedQueryAttention
from keras_attention.layers.multi_head_attention import MultiHeadAttention


def from_keras(layer):
    """Our layer for one of Keras or KerasHub, with its settings and weights.

    | theirs | ours |
    |---|---|
    | `keras.layers.MultiHeadAttention` | `MultiHeadAttention` |
    | `keras.layers.GroupQueryAttention` | `GroupQueryAttention` |
    | `keras.layers.Attention` | `Attention` |
    | `keras.layers.AdditiveAttention` | `AdditiveAttention` |
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
    if kind in _BY_NAME:
        return _from_attention(layer, _BY_NAME[kind])
    return from_keras_hub(layer, kind)


def to_keras(layer):
    """The layer of Keras or KerasHub for one of ours, with its settings and weights.

    The other direction of `from_keras`; `MultiHeadAttention` with fewer key/value heads becomes
    `keras.layers.GroupQueryAttention` as well. KerasHub has one rate of dropout, for attention
    weights and sublayers' outputs; it is set to our `dropout`, the other rates are lost.

    Args:
        layer: A built layer of one of the classes that `from_keras` returns.

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
    cls = class_of(layer, (*_ATTENTIONS, EncoderLayer, DecoderLayer))
    if cls in _ATTENTIONS:
        return _to_attention(layer, cls)
    return to_keras_hub(layer, cls)


# Ours -> Keras', which take the same arguments and whose names are the same.
_ATTENTIONS = {
    MultiHeadAttention: keras.layers.MultiHeadAttention,
    GroupedQueryAttention: keras.layers.GroupQueryAttention,
    Attention: keras.layers.Attention,
    AdditiveAttention: keras.layers.AdditiveAttention,
}
_BY_NAME = {cls.__name__: cls for cls in _ATTENTIONS}
_KINDS = {
    **dict.fromkeys(_BY_NAME, "keras"),
    "TransformerEncoder": "keras_hub",
    "TransformerDecoder": "keras_hub",
}


def _from_attention(layer, cls):
    arrays = arrays_by_name(layer)
    config, shapes = layer.get_config(), layer.get_build_config()
    if cls is MultiHeadAttention:
        rank = len(shapes["shapes_dict"]["query_shape"])
        if config["attention_axes"] == tuple(range(1, rank - 1)):
            config["attention_axes"] = None  # all, as by default
    ours = cls.from_config(arguments_for(cls, config))
    ours.build_from_config(shapes)
    assign(ours, arrays, f"`{layer.name}`")
    return ours


def _to_attention(layer, ours):
    arrays = arrays_by_name(layer)
    names, cls = {}, _ATTENTIONS[ours]
    if ours is MultiHeadAttention and layer.num_key_value_heads != layer.num_heads:
        cls = keras.layers.GroupQueryAttention
        names = {"num_heads": "num_query_heads", "key_dim": "head_dim"}
    config = layer.get_config()
    arguments = arguments_for(cls, {names.get(name, name): config[name] for name in config})
    taken = {name for name in config if names.get(name, name) in arguments} - {"dropout"}
    plain = ours.from_config({name: config[name] for name in taken})
    refuse_other_settings(layer, plain, f"Keras' {cls.__name__}")
    theirs = cls.from_config(arguments)
    theirs.build_from_config(layer.get_build_config())
    assign(theirs, arrays, f"`{layer.name}`")
    return theirs
