import keras
import numpy as np
import pytest

from keras_attention.ops.tensordot import add_bias, tensordot


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize("axes", [1, 2])
def test_is_the_tensordot_of_numpy(axes):
    x, kernel = normal(2, 7, 3, 5), normal(3, 5, 11, 13) if axes == 2 else normal(5, 11, 13)
    expected = np.tensordot(x, kernel, axes)
    np.testing.assert_allclose(as_numpy(tensordot(x, kernel, axes)), expected, atol=1e-5)
    product = tensordot(x, keras.Variable(kernel), axes)
    np.testing.assert_allclose(as_numpy(product), expected, atol=1e-5)


@pytest.mark.parametrize("axes", [1, 2])
def test_a_bias_is_added(axes):
    x, kernel = normal(2, 7, 3, 5), normal(3, 5, 11, 13) if axes == 2 else normal(5, 11, 13)
    bias = normal(11, 13, seed=1)
    expected = np.tensordot(x, kernel, axes) + bias
    for given in (bias, keras.Variable(bias)):
        product = tensordot(x, kernel, axes, bias=given)
        np.testing.assert_allclose(as_numpy(product), expected, atol=1e-5)


def test_an_activation_sees_rows_and_columns():
    x, kernel, bias = normal(2, 7, 3, 5), normal(5, 11, 13), normal(11, 13, seed=1)
    sums = (np.tensordot(x, kernel, 1) + bias).reshape(2, 7, 3, -1)
    expected = np.exp(sums) / np.exp(sums).sum(axis=-1, keepdims=True)
    product = tensordot(x, kernel, bias=bias, activation=keras.ops.softmax)
    np.testing.assert_allclose(as_numpy(product), expected.reshape(2, 7, 3, 11, 13), atol=1e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_gradient_of_a_bias_is_summed_exactly(dtype):
    import tensorflow as tf

    rows = 4099
    x, kernel = tf.zeros((rows, 5), dtype), tf.zeros((5, 11), dtype)
    upstream = tf.cast(normal(rows, 11), dtype)
    bias = tf.zeros(11, dtype)
    with tf.GradientTape() as tape:
        tape.watch(bias)
        y = tensordot(x, kernel, bias=bias)
    gradient = tape.gradient(y, bias, upstream)
    expected = tf.cast(upstream, "float64").numpy().sum(axis=0)
    # In bfloat16 the sum is rounded, or a few sums of parts are, where a processor has no products
    # of bfloat16; its summands are not: TensorFlow's sums are off by 20.
    tolerance = {"float32": 1e-3, "bfloat16": np.abs(expected).max() / 2**6}[dtype]
    assert gradient.dtype == dtype
    np.testing.assert_allclose(tf.cast(gradient, "float64"), expected, rtol=0, atol=tolerance)


@pytest.mark.tensorflow
def test_a_bias_of_any_number_of_axes():
    import tensorflow as tf

    x, bias, upstream = (
        tf.constant(normal(2, 7, 11)),
        tf.constant(normal(11)),
        normal(2, 7, 11, seed=1),
    )
    with tf.GradientTape() as tape:
        tape.watch((x, bias))
        y = add_bias(x, bias)
    of_x, of_bias = tape.gradient(y, (x, bias), tf.constant(upstream))
    np.testing.assert_allclose(y, x.numpy() + bias.numpy(), atol=1e-6)
    np.testing.assert_array_equal(of_x, upstream)
    np.testing.assert_allclose(of_bias, upstream.sum(axis=(0, 1)), atol=1e-5)


def test_a_transposed_kernel():
    x, kernel = normal(2, 7, 5), normal(11, 5)
    product = tensordot(x, kernel, transpose=True)
    np.testing.assert_allclose(as_numpy(product), x @ kernel.T, atol=1e-5)


def test_axes_that_differ():
    with pytest.raises(ValueError, match=r"must end in the axes \(3, 5\) .* shape \(2, 15\)"):
        tensordot(normal(2, 15), normal(3, 5, 11), 2)


def operations(graph):
    return {operation.type for operation in graph.get_operations()}


@pytest.mark.tensorflow
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize(
    ("batch", "tokens", "columns", "blocked"),
    [
        (1, 1, 1024, False),
        (2, 1, 1024, True),
        (3, 5, 1031, True),
        (32, 1, 1024, True),
        (32, 4, 1024, False),  # so much work that memory keeps up
        (1, 9, 1024, False),  # no step of decoding
        (1, 4, 217, False),  # few weights
    ],
)
def test_constant_weights_are_read_by_blocks(
    batch, tokens, columns, blocked, transpose, jit_compile
):
    import tensorflow as tf

    x, kernel = normal(batch, tokens, 256), normal(256, columns, seed=1)

    @tf.function(jit_compile=jit_compile)
    def product(x):
        return tensordot(x, tf.constant(kernel.T if transpose else kernel), transpose=transpose)

    concrete = product.get_concrete_function(tf.TensorSpec(x.shape))
    assert ("BatchMatMulV2" in operations(concrete.graph)) == blocked
    np.testing.assert_allclose(product(tf.constant(x)), x @ kernel, atol=2e-4)


@pytest.mark.tensorflow
def test_weights_that_may_change_are_not_laid_out_anew_in_each_step():
    import tensorflow as tf

    x, variable = normal(4, 256), keras.Variable(normal(256, 1024))
    trace = tf.function(lambda x: tensordot(x, variable)).get_concrete_function
    assert "BatchMatMulV2" not in operations(trace(tf.TensorSpec(x.shape)).graph)
    product = tensordot(tf.constant(x), variable)  # its value is known and yet not compiled in
    np.testing.assert_allclose(product, x @ as_numpy(variable.value), atol=2e-4)
