import numpy as np
import pytest
import tensorflow as tf

from tasks.common.characters import Characters
from tasks.common.transformer_config import TransformerConfig
from tasks.language_model.model import Writer, WritingConfig, build_model
from tasks.language_model.text import RunningText

pytestmark = pytest.mark.tensorflow

TEXT = RunningText(Characters.of("abcdefghijk"))
LENGTH = 7
CONFIG = TransformerConfig(num_layers=2, d_model=12, num_heads=3, dff=17, dropout=0.0)


@pytest.fixture(scope="module")
def model():
    """Random projections, large beside the embedding, so that it does not repeat itself."""
    model = build_model(CONFIG, TEXT.vocabulary.size)
    generator = np.random.default_rng(11)
    for part, scale in ((model.decoder, 1.0), (model.token_embedding, 0.1)):
        for weight in part.weights:
            if len(weight.shape) > 1:
                weight.assign(scale * generator.normal(size=weight.shape))
    return model


def writer(model, batch_size=1, **settings):
    return Writer(model, TEXT, LENGTH, WritingConfig(**settings), batch_size)


def recomputed(whole, ids, count):
    """The most probable units one by one, all that is seen computed anew for each."""
    ids, begin = [*ids], 0
    if len(ids) >= LENGTH:
        begin = len(ids) - LENGTH // 2
    for _ in range(count):
        if len(ids) - begin == LENGTH:
            begin = len(ids) - LENGTH // 2
        logits = whole(np.array([[2, *ids[begin:]]], "int32"))[0, -1]
        ids.append(3 + int(np.argmax(logits[3:])))
    return ids[-count:]


def test_cached_decoding_is_full_recomputation(model):
    count = 17  # more than a window
    prompts = ["", "ab", "abcdefg", "kjihgfedcba", "abcdef"]
    given = [TEXT.encode(prompt) for prompt in prompts]

    written = writer(model, batch_size=5, temperature=0).write(given, count)

    whole = tf.function(model, input_signature=[tf.TensorSpec([1, None], tf.int32)])
    expected = [recomputed(whole, ids, count) for ids in given]
    assert [ids.tolist() for ids in written] == expected
    assert all(len({*ids}) > 2 for ids in expected)


@pytest.mark.slow
def test_compiled_is_the_same(model):
    compiled = Writer(model, TEXT, LENGTH, WritingConfig(temperature=0), jit_compile=True)
    assert compiled(["ab"], 23) == writer(model, temperature=0)(["ab"], 23)


def test_a_seed_gives_the_same_texts_again_and_others_others(model):
    def texts(**settings):
        return writer(model, batch_size=3, temperature=1.0, **settings)(["ab"] * 3, 23)

    one = texts(seed=5)
    assert one == texts(seed=5)
    assert one != texts(seed=7)
    assert len({*one}) == 3
    assert all(text.startswith("ab") and len(text) == 25 for text in one)


def test_parts_of_a_long_text_are_drawn_with_numbers_of_their_own():
    model = build_model(CONFIG, TEXT.vocabulary.size)
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape))  # all units are equally probable
    (text,) = writer(model, temperature=1.0)([""], 300)

    half = LENGTH - LENGTH // 2
    parts = [text[start : start + half] for start in range(LENGTH, 299, half)]
    assert len({*parts}) > len(parts) // 2
    assert {*text} == {*"abcdefghijk\n"}  # and never padding, unknown or start


def test_the_best_of_one_is_the_most_probable(model):
    greedy = writer(model, temperature=0)(["ab"], 11)

    assert writer(model, temperature=3.0, top_k=1)(["ab"], 11) == greedy
    assert writer(model, temperature=3.0, top_p=1e-6)(["ab"], 11) == greedy


def test_what_cannot_be_written_is_refused(model):
    with pytest.raises(ValueError, match="length=0"):
        writer(model)(["ab"], 0)
    with pytest.raises(ValueError, match="Received others: 'x', 'y'"):
        writer(model)(["ab", "yax"], 3)
    with pytest.raises(ValueError, match="temperature=-1"):
        writer(model, temperature=-1)
    with pytest.raises(ValueError, match="top_p=2"):
        writer(model, top_p=2)


def test_positions_and_mechanism_are_those_of_the_settings():
    config = TransformerConfig(num_layers=1, d_model=12, num_heads=3, position_scheme="ALiBi")
    model = build_model(config, 11)

    attention = model.get_config()["attention"]["config"]
    assert attention["position_scheme"]["class_name"] == "ALiBi"
