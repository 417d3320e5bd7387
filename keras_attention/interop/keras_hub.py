"""The Transformer layers of KerasHub, from and to."""

from keras_attention.interop.correspondence import (
    arrays_by_name,
    assign,
    import_or_explain,
    refuse_other_settings,
)
from keras_attention.layers.decoder_layer import DecoderLayer
from keras_attention.layers.encoder_layer import EncoderLayer

_FEED_FORWARD_NAMES = {
    "feed_forward/intermediate_dense": "feedforward_intermediate_dense",
    "feed_forward/output_dense": "feedforward_output_dense",
    "feed_forward_residual/layer_normalization": "feedforward_layer_norm",
}
# By class of theirs: path within our layer -> path within theirs.
_NAMES = {
    "TransformerEncoder": {
        "self_attention": "self_attention_layer",
        "self_attention_residual/layer_normalization": "self_attention_layer_norm",
        **_FEED_FORWARD_NAMES,
    },
    "TransformerDecoder": {
        "self_attention": "self_attention",
        "self_attention_residual/layer_normalization": "self_attention_layer_norm",
        "cross_attention": "cross_attention",
        "cross_attention_residual/layer_normalization": "cross_attention_layer_norm",
        **_FEED_FORWARD_NAMES,
    },
}


def from_keras_hub(layer, kind):
    """Our layer for a built one of KerasHub, of the class of this name."""
    arrays = arrays_by_name(layer)
    names = {theirs: ours for ours, theirs in _NAMES[kind].items()}
    config = layer.get_config()
    cls = EncoderLayer if kind == "TransformerEncoder" else DecoderLayer
    if cls is DecoderLayer and "cross_attention/key/kernel" not in arrays:
        raise ValueError(
            f"`{layer.name}` has no cross-attention, and DecoderLayer always has. Expected a "
            "TransformerDecoder that was called with `encoder_sequence`."
        )
    (d_model,) = arrays["feedforward_output_dense/bias"].shape
    ours = cls(
        d_model,
        config["num_heads"],
        config["intermediate_dim"],
        dropout=config["dropout"],
        attention_dropout=config["dropout"],
        activation=layer.activation,
        normalization="pre" if config["normalize_first"] else "post",
        epsilon=config["layer_norm_epsilon"],
        name=config["name"],
        dtype=layer.dtype_policy,
    )
    ours.build(*_input_shapes(d_model, arrays))
    assign(ours, _renamed(arrays, names), f"`{layer.name}`")
    return ours


def to_keras_hub(layer, cls):
    """KerasHub's layer for a built one of ours, of this class."""
    arrays = arrays_by_name(layer)
    config = layer.get_config()
    activation = layer.feed_forward.activation
    taken = ("d_model", "num_heads", "dff", "normalization", "epsilon")
    plain = cls(**{name: config[name] for name in taken}, activation=activation)
    kind = "TransformerEncoder" if cls is EncoderLayer else "TransformerDecoder"
    refuse_other_settings(layer, plain, f"KerasHub's {kind}")
    theirs = getattr(import_or_explain("keras_hub").layers, kind)(
        config["dff"],
        config["num_heads"],
        dropout=layer.dropout,
        activation=activation,
        layer_norm_epsilon=layer.epsilon,
        normalize_first=layer.normalization == "pre",
        name=layer.name,
        dtype=layer.dtype_policy,
    )
    theirs.build(*_input_shapes(layer.d_model, arrays))
    assign(theirs, _renamed(arrays, _NAMES[kind]), f"`{layer.name}`")
    return theirs


def _input_shapes(d_model, arrays):
    """Shapes of the layer's input and, of a decoder, of the encoder's output."""
    encoded = [arrays[name] for name in arrays if name == "cross_attention/key/kernel"]
    return [(None, None, d_model), *((None, None, kernel.shape[0]) for kernel in encoded)]


def _renamed(arrays, names):
    """Arrays whose path begins with a key of `names`, with its value instead."""
    result = {}
    for path, array in arrays.items():
        start = next((start for start in names if path.startswith(f"{start}/")), None)
        result[path if start is None else names[start] + path.removeprefix(start)] = array
    return result
