"""How PyTorch names and arranges the weights of attention layers."""

import math

import numpy as np

from keras_attention.layers.decoder_layer import DecoderLayer
from keras_attention.layers.multi_head_attention import MultiHeadAttention


def torch_names(layer, weights):
    """For each weight of theirs the names of ours that lie in it, one after another.

    Args:
        layer: One of our layers.
        weights: Its weights, or anything with their shapes, by name.
    """
    if isinstance(layer, MultiHeadAttention):
        names = _attention_names(weights)
    else:
        names = {}
        attentions = attention_names(type(layer))
        for ours, theirs in attentions.items():
            names |= _attention_names(weights, f"{ours}/", f"{theirs}.")
        for number, ours in enumerate(("intermediate_dense", "output_dense"), start=1):
            names[f"linear{number}.weight"] = [f"feed_forward/{ours}/kernel"]
            names[f"linear{number}.bias"] = [f"feed_forward/{ours}/bias"]
        for number, ours in enumerate((*attentions, "feed_forward"), start=1):
            names[f"norm{number}.weight"] = [f"{ours}_residual/layer_normalization/gamma"]
            names[f"norm{number}.bias"] = [f"{ours}_residual/layer_normalization/beta"]
    homeless = weights.keys() - {name for parts in names.values() for name in parts}
    if homeless:
        raise ValueError(
            f"PyTorch has no place for {', '.join(sorted(homeless))} of `{layer.name}`."
        )
    return names


def attention_names(cls):
    """Name of ours -> name of theirs, for the attentions of a class of Transformer layers."""
    cross = {"cross_attention": "multihead_attn"} if issubclass(cls, DecoderLayer) else {}
    return {"self_attention": "self_attn", **cross}


def _attention_names(weights, at="", torch_at=""):
    projections = ("query", "key", "value")
    kernels = [f"{at}{projection}/kernel" for projection in projections]
    query, key, value = (tuple(weights[name].shape) for name in kernels)
    if query[1] != key[1]:
        raise ValueError(
            "PyTorch has as many key/value heads as query heads. Received: "
            f"num_heads={query[1]}, num_key_value_heads={key[1]}."
        )
    if query[0] == key[0] == value[0]:
        names = {f"{torch_at}in_proj_weight": kernels}
    else:
        names = {f"{torch_at}{p[0]}_proj_weight": [f"{at}{p}/kernel"] for p in projections}
    if f"{at}query/bias" in weights:
        names[f"{torch_at}in_proj_bias"] = [f"{at}{projection}/bias" for projection in projections]
    names[f"{torch_at}out_proj.weight"] = [f"{at}attention_output/kernel"]
    if f"{at}attention_output/bias" in weights:
        names[f"{torch_at}out_proj.bias"] = [f"{at}attention_output/bias"]
    return names


def as_torch(name, array):
    """One of our weights as theirs: a kernel as the matrix `[outputs, inputs]`, others flat."""
    if not name.endswith("kernel"):
        return array.reshape(-1)
    inputs, _ = _matrix_shape(name, array.shape)
    return np.ascontiguousarray(array.reshape(inputs, -1).T)


def from_torch_parts(names, weights, array):
    """The weights of ours, by the shapes of `weights`, that lie in one of theirs."""
    if hasattr(array, "detach"):  # a tensor, on any device and of any type
        array = array.detach().cpu().float().numpy()
    shapes = [tuple(weights[name].shape) for name in names]
    if array.ndim == 1:
        rows = [math.prod(shape) for shape in shapes]
    else:
        rows = [_matrix_shape(name, shape)[1] for name, shape in zip(names, shapes, strict=True)]
    parts = np.split(array, np.cumsum(rows)[:-1])
    return [part.T.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def _matrix_shape(name, shape):
    """`(inputs, outputs)` of one of our kernels, whose heads are an axis of its own."""
    inputs = 2 if name.endswith("attention_output/kernel") else 1
    return math.prod(shape[:inputs]), math.prod(shape[inputs:])
