"""The attention layers of PyTorch, from and to; nothing imports PyTorch before it is needed."""

import numpy as np

from keras_attention.interop.correspondence import arrays_by_name, class_of, weights_by_name
from keras_attention.interop.torch_modules import LAYERS, has_biases, layer_like, module_like
from keras_attention.interop.torch_names import as_torch, from_torch_parts, torch_names
from keras_attention.training.weight_files import check_fit


def from_torch(module):
    """Our layer for a module of PyTorch, with its settings and weights.

    | `torch.nn` | ours |
    |---|---|
    | `MultiheadAttention` | `MultiHeadAttention` |
    | `TransformerEncoderLayer` | `EncoderLayer` |
    | `TransformerDecoderLayer` | `DecoderLayer`, always causal: theirs with a causal `tgt_mask` |

    Ours takes batches first whatever `batch_first` is, `(query, value, key)` instead of
    `(query, key, value)`, and masks of the opposite meaning: True = may attend. `key_padding_mask`
    is `attention_mask=~key_padding_mask[:, None, :]` in ours, `attn_mask` is
    `attention_mask=~attn_mask`, and a float `attn_mask` is `attention_bias=attn_mask`. A layer made
    with `bias=False` gets biases of zero where ours has no such setting.

    Args:
        module: A module of PyTorch.

    Returns:
        A built layer of ours.

    Raises:
        ValueError: If there is no counterpart, or the module has a setting or a weight that ours
            has not.

    Example:

    >>> import torch
    >>> theirs = torch.nn.MultiheadAttention(32, num_heads=4, batch_first=True)
    >>> ours = keras_attention.from_torch(theirs)
    >>> x = np.random.normal(size=(2, 5, 32)).astype("float32")
    >>> tensor = torch.from_numpy(x)
    >>> expected, _ = theirs(tensor, tensor, tensor)
    >>> np.allclose(ours(x, x), expected.detach(), atol=1e-5)
    True
    """
    layer = layer_like(module)
    absent = {}
    if not has_biases(module):
        wanted = torch_weights(layer)
        absent = {name: np.zeros_like(wanted[name]) for name in wanted if name.endswith("bias")}
    load_torch_weights(layer, {**absent, **module.state_dict()})
    return layer


def to_torch(layer):
    """The module of PyTorch for a layer of ours, with its settings and weights.

    The other direction of `from_torch`; the module takes batches first and is in evaluation mode.

    Args:
        layer: A built `MultiHeadAttention`, `EncoderLayer` or `DecoderLayer`.

    Returns:
        A `torch.nn.MultiheadAttention`, `TransformerEncoderLayer` or `TransformerDecoderLayer`.

    Raises:
        ValueError: If there is no counterpart, the layer is not built, or it has a setting that
            theirs has not.
        ImportError: If PyTorch is not installed.

    Example:

    >>> layer = keras_attention.EncoderLayer(d_model=16, num_heads=4, dff=64)
    >>> layer.build((None, None, 16))
    >>> type(keras_attention.to_torch(layer)).__name__
    'TransformerEncoderLayer'
    """
    weights = torch_weights(layer)
    module = module_like(layer)
    parameters = module.state_dict()
    shapes = {name: parameter.shape for name, parameter in parameters.items()}
    check_fit(shapes, weights, f"The weights of `{layer.name}` do not fit {type(module).__name__}:")
    for name, parameter in parameters.items():
        parameter.copy_(parameter.new_tensor(weights[name]))
    return module.eval()


def torch_weights(layer):
    """The weights of a layer as PyTorch names and arranges them, for `safetensors` for example.

    Args:
        layer: A built `MultiHeadAttention`, `EncoderLayer` or `DecoderLayer`.

    Returns:
        Dictionary of NumPy arrays, the `state_dict` of the module that `to_torch` returns.

    Raises:
        ValueError: If there is no counterpart, or the layer is not built.

    Example:

    >>> layer = keras_attention.EncoderLayer(d_model=16, num_heads=4, dff=64)
    >>> layer.build((None, None, 16))
    >>> sorted(keras_attention.torch_weights(layer))[:3]
    ['linear1.bias', 'linear1.weight', 'linear2.bias']
    """
    class_of(layer, LAYERS)
    arrays = arrays_by_name(layer)
    return {
        theirs: np.concatenate([as_torch(name, arrays[name]) for name in names])
        for theirs, names in torch_names(layer, arrays).items()
    }


def load_torch_weights(layer, weights):
    """Loads weights that PyTorch named and arranged, all of them or, with an error, none.

    Args:
        layer: A built `MultiHeadAttention`, `EncoderLayer` or `DecoderLayer`, made with the
            settings of the module that the weights come from.
        weights: A `state_dict` of tensors, or NumPy arrays by the same names, such as
            `safetensors.numpy.load_file` returns.

    Returns:
        Nothing; the layer is changed.

    Raises:
        ValueError: If names or shapes differ; the error lists every missing and unexpected name and
            every wrong shape.

    Example:

    >>> layers = [keras_attention.EncoderLayer(d_model=16, num_heads=4, dff=64) for _ in range(2)]
    >>> for layer in layers:
    ...     layer.build((None, None, 16))
    >>> keras_attention.load_torch_weights(layers[0], keras_attention.torch_weights(layers[1]))
    >>> x = np.ones((2, 5, 16))
    >>> np.allclose(layers[0](x), layers[1](x), atol=1e-6)
    True
    """
    wanted = {name: array.shape for name, array in torch_weights(layer).items()}
    check_fit(wanted, weights, f"These weights do not fit the layer `{layer.name}`:")
    variables = weights_by_name(layer)
    for theirs, names in torch_names(layer, variables).items():
        parts = from_torch_parts(names, variables, weights[theirs])
        for name, part in zip(names, parts, strict=True):
            variables[name].assign(part)
