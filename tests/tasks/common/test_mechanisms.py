import pytest

import keras_attention
from tasks.common.mechanisms import (
    AttentionConfig,
    CrossAttentionConfig,
    make_mechanism,
    make_position_scheme,
)


def test_a_setting_is_written_as_in_python():
    config = AttentionConfig(
        score="DotProduct(learned_scale=True)",
        normalizer="TalkingHeads(normalizer=TopK(k=3))",
        pattern="SlidingWindow(window=5)",
    )
    mechanism = make_mechanism(config, "model.attention")
    assert mechanism.score.learned_scale is True
    assert mechanism.normalizer.normalizer.k == 3
    assert mechanism.pattern.window == 5


def test_no_setting_is_the_default():
    mechanism = make_mechanism(CrossAttentionConfig(), "model.cross_attention")
    assert isinstance(mechanism.score, keras_attention.ScaledDotProduct)
    assert isinstance(mechanism.normalizer, keras_attention.Softmax)
    assert mechanism.pattern is None
    assert make_position_scheme(None, "model.position_scheme") is None


def test_positions_of_embedding_and_of_attention():
    scheme = make_position_scheme("LearnedPositionEmbedding(max_length=7)", "model.position_scheme")
    assert scheme.max_length == 7
    scheme = make_position_scheme(" Rotary ", "model.position_scheme")
    assert isinstance(scheme, keras_attention.Rotary)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Topk(k=2)", "there is no Topk: did you mean TopK?"),
        ("quark", "there is no quark: there are .*Entmax"),
        ("TopK(2)", "arguments are given by name"),
        ("TopK(**{})", "arguments are given by name"),
        ("TopK", "missing 1 required positional argument: 'k'"),
        ("Softmax(n=2)", "Unrecognized keyword arguments"),
        ("TopK(k=0)", "expected a positive integer"),
        ("TopK(k=__import__('os'))", "arguments are given by name"),
        ("TopK(k=[].__class__)", "malformed node"),
        ("__import__('os')", "arguments are given by name"),
        ("keras.layers.Dense(units=3)", "malformed node"),
        ("TopK(k=2", "was never closed"),
        ("Rotary", "must be one of .*Entmax.*Received: 'Rotary'"),
        ("Normalizer", "there is no Normalizer"),
        ("", "invalid syntax"),
    ],
)
def test_refuses_what_is_no_value(text, message):
    with pytest.raises(ValueError, match=f"`model.attention.normalizer` .*{message}"):
        make_mechanism(AttentionConfig(normalizer=text), "model.attention")
