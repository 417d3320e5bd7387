"""The settings of PyTorch's attention modules, as ours and back; the weights are left alone."""

from keras_attention.interop.correspondence import (
    class_of,
    import_or_explain,
    kind_of,
    refuse_other_settings,
)
from keras_attention.interop.torch_names import attention_names
from keras_attention.layers.decoder_layer import DecoderLayer
from keras_attention.layers.encoder_layer import EncoderLayer
from keras_attention.layers.group_query_attention import GroupedQueryAttention
from keras_attention.layers.multi_head_attention import MultiHeadAttention

LAYERS = (MultiHeadAttention, EncoderLayer, DecoderLayer)

_MODULES = {
    "MultiheadAttention": MultiHeadAttention,
    "TransformerEncoderLayer": EncoderLayer,
    "TransformerDecoderLayer": DecoderLayer,
}
# Functions that Keras and PyTorch define alike -> the module that is called like the function.
_ACTIVATIONS = {"relu": "ReLU", "gelu": "GELU", "silu": "SiLU", "tanh": "Tanh"}


def has_biases(module):
    """Whether a module was made with `bias=True`."""
    attention = getattr(module, "self_attn", module)
    return attention.in_proj_bias is not None


def layer_like(module):
    """A built layer of ours with the settings of a module."""
    cls = _MODULES[kind_of(module, dict.fromkeys(_MODULES, "torch"))]
    if cls is not MultiHeadAttention:
        return _layer_like(cls, module)
    _check_attention(module)
    layer = cls(
        module.num_heads, module.head_dim, dropout=module.dropout, use_bias=has_biases(module)
    )
    layer.build(*((None, None, size) for size in (module.embed_dim, module.vdim, module.kdim)))
    return layer


def module_like(layer):
    """A module with the settings of one of our layers."""
    cls = class_of(layer, LAYERS)
    return _attention_like(layer) if cls is MultiHeadAttention else _module_like(cls, layer)


def _layer_like(cls, module):
    attentions = [getattr(module, name) for name in attention_names(cls).values()]
    for attention in attentions:
        _check_attention(attention)
    numbers = range(1, 2 + len(attentions))
    layer = cls(
        module.linear1.in_features,
        module.self_attn.num_heads,
        module.linear1.out_features,
        dropout=_one("dropout", [getattr(module, f"dropout{i}").p for i in numbers]),
        attention_dropout=_one("dropout of attention", [a.dropout for a in attentions]),
        activation_dropout=module.dropout.p,
        activation=_activation_name(module.activation),
        normalization="pre" if module.norm_first else "post",
        epsilon=_one("layer_norm_eps", [getattr(module, f"norm{i}").eps for i in numbers]),
    )
    x_shape = (None, None, layer.d_model)
    layer.build(*[x_shape] * len(attentions))
    return layer


def _attention_like(layer):
    config = layer.get_config()
    cls = class_of(layer, (MultiHeadAttention, GroupedQueryAttention))
    taken = ("num_heads", "key_dim", "value_dim", "output_shape", "use_bias")
    taken += ("num_query_heads", "head_dim", "num_key_value_heads")  # as a GroupedQueryAttention
    plain = cls(**{name: config[name] for name in taken if name in config})
    refuse_other_settings(layer, plain, "PyTorch's MultiheadAttention")
    projections = (layer.query_dense, layer.key_dense, layer.value_dense)
    embed_dim, kdim, vdim = (projection.kernel.shape[0] for projection in projections)
    sizes = [
        embed_dim,
        layer.num_heads * layer.key_dim,
        layer.num_heads * layer.value_dim,
        *layer.output_dense.kernel.shape[2:],
    ]
    if len(set(sizes)) > 1:
        raise ValueError(
            "In PyTorch's MultiheadAttention the features of query and output, all heads' keys and "
            f"all heads' values are of one size. Received, in `{layer.name}`: {sizes}."
        )
    return import_or_explain("torch").nn.MultiheadAttention(
        embed_dim,
        layer.num_heads,
        dropout=layer.dropout,
        bias=layer.use_bias,
        kdim=kdim,
        vdim=vdim,
        batch_first=True,
    )


def _module_like(cls, layer):
    config = layer.get_config()
    taken = ("d_model", "num_heads", "dff", "normalization", "epsilon")
    plain = cls(**{name: config[name] for name in taken}, activation=layer.feed_forward.activation)
    (kind,) = (name for name in _MODULES if _MODULES[name] is cls)
    refuse_other_settings(layer, plain, f"PyTorch's {kind}")
    torch = import_or_explain("torch")
    if config["activation"] not in tuple(_ACTIVATIONS):  # a function of one's own is a dictionary
        raise ValueError(_unknown_activation(config["activation"]))
    module = getattr(torch.nn, kind)(
        layer.d_model,
        config["num_heads"],
        config["dff"],
        dropout=layer.dropout,
        activation=getattr(torch.nn.functional, config["activation"]),
        layer_norm_eps=layer.epsilon,
        batch_first=True,
        norm_first=layer.normalization == "pre",
    )
    module.dropout.p = config["activation_dropout"]
    for name in attention_names(cls).values():
        getattr(module, name).dropout = config["attention_dropout"]
    return module


def _check_attention(module):
    refused = [name for name in ("bias_k", "bias_v") if getattr(module, name) is not None]
    refused += ["add_zero_attn"] * module.add_zero_attn
    if refused:
        raise ValueError(
            f"MultiHeadAttention has nothing like {', '.join(refused)} of the module, which lets "
            "queries attend to a position that is not in the sequence."
        )


def _activation_name(activation):
    torch = import_or_explain("torch")
    for name, kind in _ACTIVATIONS.items():
        functions = [getattr(place, name, None) for place in (torch, torch.nn.functional)]
        like = isinstance(activation, getattr(torch.nn, kind)) or activation in functions
        if like and getattr(activation, "approximate", "none") == "none":
            return name
    raise ValueError(_unknown_activation(activation))


def _unknown_activation(activation):
    return (
        f"Keras and PyTorch must define the activation alike. Expected one of "
        f"{', '.join(_ACTIVATIONS)}. Received: activation={activation}."
    )


def _one(name, values):
    if len(set(values)) > 1:
        raise ValueError(f"Our layers have one {name} for all parts. Received: {values}.")
    return values[0]
