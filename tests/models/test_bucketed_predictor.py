import keras
import numpy as np
import pytest
from keras import ops

from keras_attention.layers import SequenceHead, TextEncoder, TokenHead
from keras_attention.models import BucketedPredictor, TextClassifier


def classifier(head, **arguments):
    keras.utils.set_random_seed(0)
    encoder = TextEncoder(97, num_layers=2, d_model=20, num_heads=5, dff=28, **arguments)
    return TextClassifier(encoder, head)


def texts(*lengths):
    generator = np.random.default_rng(3)
    return [generator.integers(1, 97, size=length).tolist() for length in lengths]


def alone(model, row):
    return ops.convert_to_numpy(model({"token_ids": np.array([row])}, training=False))[0]


@pytest.mark.parametrize("jit_compile", [False, True, "auto"])
def test_each_input_gets_what_the_model_says_of_it_alone(jit_compile):
    model, rows = classifier(SequenceHead(3)), texts(5, 2, 11, 7, 1, 3, 11)
    predict = BucketedPredictor(model, lengths=(13, 4), batch_sizes=(3, 1), jit_compile=jit_compile)

    found = predict({"token_ids": rows})

    assert len(found) == len(rows)
    for row, logits in zip(rows, found, strict=True):
        np.testing.assert_allclose(logits, alone(model, row), atol=1e-5)
    # Three of length 13, then one of 5 and two of 4 or less in 13, and the last alone in 4.
    assert predict.compilations == 2
    predict({"token_ids": rows[:3]})
    assert predict.compilations == 2


def test_several_heads_and_inputs():
    model = classifier({"a": SequenceHead(2), "b": TokenHead(5)}, num_segments=2)
    ids, segments = texts(3, 5), [[0, 1, 1], [0, 0, 0, 1, 1]]
    predict = BucketedPredictor(model, lengths=(7,), batch_sizes=(2,))

    found = predict({"token_ids": ids, "segment_ids": segments})

    for i, output in enumerate(found):
        inputs = {"token_ids": np.array([ids[i]]), "segment_ids": np.array([segments[i]])}
        expected = {k: ops.convert_to_numpy(v)[0] for k, v in model(inputs).items()}
        np.testing.assert_allclose(output["a"], expected["a"], atol=1e-5)
        assert output["b"].shape == (7, 5)
        np.testing.assert_allclose(output["b"][: len(ids[i])], expected["b"], atol=1e-5)


def test_no_input_no_output():
    predict = BucketedPredictor(classifier(SequenceHead(3)))
    assert predict({"token_ids": []}) == []
    assert predict.compilations == 0


@pytest.mark.tensorflow
def test_weights_are_those_of_the_compilation():
    model = classifier(SequenceHead(3))
    predict = BucketedPredictor(model, lengths=(5,), batch_sizes=(1,))
    (row,) = texts(5)
    (before,) = predict({"token_ids": [row]})
    model.head.output_dense.bias.assign([1.0, 2.0, 3.0])
    (after,) = predict({"token_ids": [row]})
    np.testing.assert_array_equal(after, before)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("dtype", "shape", "xla"),
    [
        ("float32", (1, 64), True),
        ("float32", (2, 256), True),
        ("float32", (64, 32), False),
        ("bfloat16", (1, 64), True),
        ("bfloat16", (1, 128), False),
    ],
)
def test_xla_compiles_where_it_is_faster(monkeypatch, dtype, shape, xla):
    from keras_attention.models import bucketed_predictor

    chosen = []

    def compiled_for(arguments, function, jit_compile, constants):
        chosen.append(jit_compile)
        return lambda *_: np.zeros((shape[0], 3))

    monkeypatch.setattr(bucketed_predictor, "compiled_for", compiled_for)
    predict = BucketedPredictor(
        classifier(SequenceHead(3), dtype=dtype)
        if dtype == "float32"
        else TextClassifier(
            TextEncoder(97, 1, 20, 5, 28, dtype=dtype), SequenceHead(3, dtype=dtype), dtype=dtype
        ),
        lengths=(shape[1],),
        batch_sizes=(shape[0],),
    )
    predict({"token_ids": texts(3)})
    assert chosen == [xla]


def test_rows_of_different_lengths_are_refused():
    predict = BucketedPredictor(classifier(SequenceHead(3)))
    with pytest.raises(ValueError, match=r"same lengths.*token_ids of lengths \[2\], segment_ids"):
        predict({"token_ids": [[5, 7]], "segment_ids": [[0]]})


def test_an_input_that_is_too_long_is_refused():
    predict = BucketedPredictor(classifier(SequenceHead(3)), lengths=(3, 5))
    with pytest.raises(ValueError, match=r"last of `lengths`, 5.*input 1 of length 7"):
        predict({"token_ids": texts(2, 7)})


@pytest.mark.parametrize("name", ["lengths", "batch_sizes"])
def test_sizes_must_be_positive(name):
    with pytest.raises(ValueError, match=f"`{name}` must be positive integers"):
        BucketedPredictor(classifier(SequenceHead(3)), **{name: (0, 3)})
