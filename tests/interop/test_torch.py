"""Modules of PyTorch become our layers and ours theirs, with the same outputs."""

import sys

import keras
import numpy as np
import pytest
from optional import need

from keras_attention.interop import from_torch, load_torch_weights, to_torch, torch_weights
from keras_attention.layers import (
    DecoderLayer,
    DotProduct,
    EncoderLayer,
    GroupQueryAttention,
    MultiHeadAttention,
)
from keras_attention.ops import causal_mask


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    if hasattr(x, "detach"):
        return x.detach().numpy()
    return keras.ops.convert_to_numpy(x)


@pytest.fixture
def torch():
    return need("torch")


def randomize(module):
    """Parameters that are all different, biases and scales too."""
    for i, parameter in enumerate(module.parameters()):
        parameter.data = parameter.new_tensor(normal(*parameter.shape, seed=i) / 2)
    return module.eval()


@pytest.mark.parametrize(
    "arguments",
    [
        dict(dropout=0.25),
        dict(bias=False),
        dict(kdim=13, vdim=17),
        dict(kdim=13, vdim=17, bias=False),
    ],
)
@pytest.mark.parametrize("batch_first", [True, False])
def test_multi_head_attention(torch, arguments, batch_first):
    theirs = randomize(torch.nn.MultiheadAttention(12, 3, batch_first=batch_first, **arguments))
    query = normal(2, 5, 12)
    key, value = normal(2, 7, theirs.kdim, seed=1), normal(2, 7, theirs.vdim, seed=2)
    forbidden = np.random.default_rng(3).random((5, 7)) < 0.3
    forbidden[:, 0] = False
    padding = np.arange(7) >= np.array([[7], [4]])
    ours = from_torch(theirs)
    back = to_torch(ours)

    def attend(module):
        tensors = [torch.from_numpy(x) for x in (query, key, value)]
        if not module.batch_first:
            tensors = [x.transpose(0, 1) for x in tensors]
        output, weights = module(
            *tensors,
            key_padding_mask=torch.from_numpy(padding),
            attn_mask=torch.from_numpy(forbidden),
            average_attn_weights=False,
        )
        return output if module.batch_first else output.transpose(0, 1), weights

    results = ours(
        query,
        value,
        key,
        attention_mask=~forbidden & ~padding[:, None, :],
        return_attention_scores=True,
    )
    for result, again, expected in zip(results, attend(back), attend(theirs), strict=True):
        np.testing.assert_allclose(as_numpy(result), as_numpy(expected), atol=1e-5)
        np.testing.assert_allclose(as_numpy(again), as_numpy(expected), atol=1e-5)
    assert ours.dropout == back.dropout == theirs.dropout
    assert ours.use_bias == ("bias" not in arguments)


def test_grouped_queries_that_are_not_grouped(torch):
    ours = GroupQueryAttention(4, num_query_heads=3, num_key_value_heads=3)
    x = normal(2, 5, 12)
    expected = ours(x, x)
    theirs = to_torch(ours)
    output, _ = theirs(*[torch.from_numpy(x)] * 3)
    assert theirs.num_heads == 3
    np.testing.assert_allclose(as_numpy(output), as_numpy(expected), atol=1e-5)


def test_a_float_mask_is_a_bias(torch):
    theirs = randomize(torch.nn.MultiheadAttention(12, 3, batch_first=True))
    x, bias = normal(2, 5, 12), normal(5, 5, seed=1)
    tensor = torch.from_numpy(x)
    expected, _ = theirs(tensor, tensor, tensor, attn_mask=torch.from_numpy(bias))
    output = from_torch(theirs)(x, x, attention_bias=bias)
    np.testing.assert_allclose(as_numpy(output), as_numpy(expected), atol=1e-5)


STYLES = [
    dict(norm_first=True, activation="gelu", layer_norm_eps=0.125),
    dict(norm_first=False, dropout=0.25),
    dict(bias=False),
]


@pytest.mark.parametrize("style", STYLES)
def test_encoder_layer(torch, style):
    theirs = torch.nn.TransformerEncoderLayer(12, 3, 17, batch_first=True, **style)
    randomize(theirs)
    x, padding = normal(2, 5, 12), np.arange(5) >= np.array([[5], [3]])
    ours = from_torch(theirs)
    back = to_torch(ours)
    inputs = torch.from_numpy(x), None, torch.from_numpy(padding)
    # Their fast path of evaluation gives zeros for padding.
    expected = as_numpy(theirs(*inputs))[~padding]
    output = ours(x, attention_mask=~padding[:, None, :])
    np.testing.assert_allclose(as_numpy(output)[~padding], expected, atol=1e-5)
    np.testing.assert_allclose(as_numpy(back(*inputs))[~padding], expected, atol=1e-5)
    assert isinstance(ours, EncoderLayer)
    assert ours.dropout == back.dropout1.p == theirs.dropout1.p


@pytest.mark.parametrize("style", STYLES)
def test_decoder_layer(torch, style):
    theirs = torch.nn.TransformerDecoderLayer(12, 3, 17, batch_first=True, **style)
    randomize(theirs)
    x, encoded = normal(2, 5, 12), normal(2, 7, 12, seed=1)
    padding = np.arange(7) >= np.array([[7], [4]])
    ours = from_torch(theirs)
    back = to_torch(ours)
    arguments = dict(
        tgt_mask=~torch.from_numpy(np.array(as_numpy(causal_mask(5, 5)))),
        memory_key_padding_mask=torch.from_numpy(padding),
    )
    inputs = torch.from_numpy(x), torch.from_numpy(encoded)
    expected = as_numpy(theirs(*inputs, **arguments))
    output = ours(x, encoded, cross_attention_mask=~padding[:, None, :])
    np.testing.assert_allclose(as_numpy(output), expected, atol=1e-5)
    np.testing.assert_allclose(as_numpy(back(*inputs, **arguments)), expected, atol=1e-5)
    assert isinstance(ours, DecoderLayer)


@pytest.mark.parametrize("activation", ["relu", "gelu", "silu", "tanh"])
def test_activations(torch, activation):
    functions = [getattr(torch.nn.functional, activation)]
    functions.append({"relu": "ReLU", "gelu": "GELU", "silu": "SiLU", "tanh": "Tanh"}[activation])
    functions[1] = getattr(torch.nn, functions[1])()
    x = normal(2, 5, 12)
    for function in functions:
        theirs = torch.nn.TransformerEncoderLayer(12, 3, 17, activation=function, batch_first=True)
        randomize(theirs)
        ours = from_torch(theirs)
        expected = as_numpy(theirs(torch.from_numpy(x)))
        np.testing.assert_allclose(as_numpy(ours(x)), expected, atol=1e-5)
        again = to_torch(ours)(torch.from_numpy(x))
        np.testing.assert_allclose(as_numpy(again), expected, atol=1e-5)


def test_rates_of_dropout(torch):
    ours = EncoderLayer(12, 3, 17, dropout=0.25, attention_dropout=0.5, activation_dropout=0.75)
    ours.build((2, 5, 12))
    theirs = to_torch(ours)
    rates = theirs.dropout1.p, theirs.self_attn.dropout, theirs.dropout.p
    assert rates == (0.25, 0.5, 0.75)
    again = from_torch(theirs).get_config()
    for name in ("dropout", "attention_dropout", "activation_dropout"):
        assert again[name] == ours.get_config()[name]


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_tensors_of_another_type(torch, dtype):
    module = torch.nn.MultiheadAttention(12, 3, dtype=getattr(torch, dtype))
    ours = from_torch(module)
    expected = module.out_proj.weight.detach().float().numpy().T
    kernel = as_numpy(ours.output_dense.kernel).reshape(12, 12)
    np.testing.assert_allclose(kernel, expected, atol=1e-7)


def test_weights_travel_as_safetensors(tmp_path):
    safetensors = need("safetensors.numpy")
    layers = [EncoderLayer(12, 3, 17), EncoderLayer(12, 3, 17)]
    for layer in layers:
        layer.build((2, 5, 12))
    safetensors.save_file(torch_weights(layers[0]), tmp_path / "layer.safetensors")
    load_torch_weights(layers[1], safetensors.load_file(tmp_path / "layer.safetensors"))
    for ours, theirs in zip(*(layer.get_weights() for layer in layers), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_both_sides_of_a_mismatch_and_nothing_loaded():
    layer = EncoderLayer(12, 3, 17, name="ours")
    layer.build((2, 5, 12))
    before = layer.get_weights()
    weights = {name: array + 1 for name, array in torch_weights(layer).items()}
    weights["norm3.weight"] = weights.pop("norm2.weight")
    weights["self_attn.in_proj_weight"] = np.zeros((33, 12))
    with pytest.raises(ValueError, match="do not fit the layer `ours`") as error:
        load_torch_weights(layer, weights)
    message = str(error.value)
    assert "missing: norm2.weight" in message
    assert "unexpected: norm3.weight" in message
    shapes = "the model has (36, 12), the checkpoint (33, 12)"
    assert f"wrong shape: self_attn.in_proj_weight, {shapes}" in message
    for weight, old in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(add_bias_kv=True), "nothing like bias_k, bias_v of the module"),
        (dict(add_zero_attn=True), "nothing like add_zero_attn of the module"),
    ],
)
def test_attention_that_ours_has_not(torch, arguments, message):
    with pytest.raises(ValueError, match=message):
        from_torch(torch.nn.MultiheadAttention(12, 3, **arguments))


def test_layers_that_ours_has_not(torch):
    theirs = torch.nn.TransformerEncoderLayer(12, 3, 17)
    theirs.dropout2.p = 0.75
    with pytest.raises(ValueError, match=r"one dropout for all parts. Received: \[0.1, 0.75\]"):
        from_torch(theirs)
    theirs.dropout2.p, theirs.norm1.eps = 0.1, 0.5
    with pytest.raises(ValueError, match="one layer_norm_eps for all parts"):
        from_torch(theirs)


def test_activations_that_differ(torch):
    for activation in (torch.nn.GELU(approximate="tanh"), torch.nn.functional.leaky_relu):
        theirs = torch.nn.TransformerEncoderLayer(12, 3, 17, activation=activation)
        with pytest.raises(ValueError, match="define the activation alike. Expected one of relu"):
            from_torch(theirs)
    for activation in ("leaky_relu", keras.ops.square):
        layer = EncoderLayer(12, 3, 17, activation=activation)
        layer.build((2, 5, 12))
        with pytest.raises(ValueError, match=r"define the activation alike.*(leaky_relu|square)"):
            to_torch(layer)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(sliding_window=2), "MultiheadAttention has nothing like sliding_window=2 of"),
        (dict(score=DotProduct()), "MultiheadAttention has nothing like score=DotProduct of"),
        (dict(use_gate=True), "PyTorch has no place for gate/bias, gate/kernel of"),
        (dict(num_key_value_heads=1), "as many key/value heads as query heads. Received: num_hea"),
        (dict(output_shape=11), r"are of one size. Received, in `ours`: \[12, 12, 12, 11\]"),
        (dict(value_dim=5), r"are of one size. Received, in `ours`: \[12, 12, 15, 12\]"),
    ],
)
def test_attention_that_pytorch_has_not(torch, arguments, message):
    layer = MultiHeadAttention(3, 4, name="ours", **arguments)
    layer.build((2, 5, 12), (2, 5, 12))
    with pytest.raises(ValueError, match=message):
        to_torch(layer)


def test_a_decoder_layer_that_pytorch_has_not(torch):
    layer = DecoderLayer(12, 3, 17, name="ours")
    layer.build((2, 5, 12), (2, 7, 19))
    with pytest.raises(ValueError, match="`ours` do not fit TransformerDecoderLayer") as error:
        to_torch(layer)
    assert "missing: multihead_attn.in_proj_weight" in str(error.value)
    assert "unexpected: multihead_attn.k_proj_weight" in str(error.value)


def test_modules_and_layers_without_counterpart(torch):
    with pytest.raises(ValueError, match=r"no counterpart of torch.*\.Linear\. Expected one of"):
        from_torch(torch.nn.Linear(3, 5))
    with pytest.raises(ValueError, match=r"no counterpart of Dense\. Expected one of: Multi"):
        to_torch(keras.layers.Dense(3))


def test_without_pytorch(monkeypatch):
    layer = EncoderLayer(12, 3, 17)
    layer.build((2, 5, 12))
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="needs torch. Install it: pip install torch"):
        to_torch(layer)
