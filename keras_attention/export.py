"""SavedModels that take and return what users have, such as strings, and need none of this code."""

from pathlib import Path

import keras


def export_text_model(function, path, model, resources=()):
    """Writes a TensorFlow SavedModel that maps a batch of strings to a batch of strings.

    Whatever loads it needs TensorFlow and the packages of the operations inside (for a tokenizer
    `tensorflow_text`), but neither Keras nor this library:

    ```python
    import tensorflow as tf
    import tensorflow_text

    translate = tf.saved_model.load("model").signatures["serving_default"]
    translate(text=tf.constant(["There is a white school near the river."]))["text"]
    ```

    Args:
        function: Maps a string tensor `[batch]` to another, in TensorFlow operations; tokenizer,
            model and search are called inside. The batch size is unknown.
        path: Folder to write; must not exist, or be empty.
        model: The Keras model that `function` calls. Its weights are saved.
        resources: Other objects that hold what `function` needs: `tf.Module`s, variables, tables.

    Returns:
        The path, a `Path`.

    Raises:
        ValueError: If the folder holds something.
        RuntimeError: If the Keras backend is not TensorFlow.

    Example:

    >>> import tempfile, tensorflow as tf
    >>> from keras_attention.export import export_text_model
    >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    >>> def function(text):
    ...     lengths = tf.cast(tf.strings.length(text), tf.float32)
    ...     return tf.strings.as_string(model(lengths[:, None])[:, 0])
    >>> path = export_text_model(function, tempfile.mkdtemp(), model)
    >>> loaded = tf.saved_model.load(path).signatures["serving_default"]
    >>> loaded(text=tf.constant(["a", "bc", "def"]))["text"].shape
    TensorShape([3])
    """
    _need_tensorflow()
    import tensorflow as tf  # here, so that the module also imports where TensorFlow is absent

    text = tf.TensorSpec([None], tf.string, name="text")
    return export_function(lambda text: {"text": function(text)}, path, model, [text], resources)


def export_function(function, path, model, inputs, resources=()):
    """Writes a TensorFlow SavedModel of any function of named tensors.

    Args:
        function: Takes the tensors that `inputs` names, by name, and returns a dictionary of
            tensors, in TensorFlow operations.
        path: Folder to write; must not exist, or be empty.
        model: The Keras model that `function` calls. Its weights are saved.
        inputs: List of `tf.TensorSpec`s with names.
        resources: Other objects that hold what `function` needs: `tf.Module`s, variables, tables.

    Returns:
        The path, a `Path`.

    Raises:
        ValueError: If the folder holds something.
        RuntimeError: If the Keras backend is not TensorFlow.

    Example:

    >>> import tempfile, tensorflow as tf
    >>> from keras_attention.export import export_function
    >>> model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    >>> x = tf.TensorSpec([None, 3], tf.float32, name="x")
    >>> path = export_function(lambda x: {"y": model(x)}, tempfile.mkdtemp(), model, [x])
    >>> tf.saved_model.load(path).signatures["serving_default"](x=tf.ones((5, 3)))["y"].shape
    TensorShape([5, 2])
    """
    return export_functions({"serving_default": (function, inputs)}, path, model, resources)


def export_functions(functions, path, model, resources=()):
    """Writes a TensorFlow SavedModel with several signatures.

    Args:
        functions: From the name of each signature to its function and inputs, see
            `export_function`; the one that is asked for without a name is `serving_default`.
        path, model, resources: As for `export_function`.

    Returns:
        The path, a `Path`.

    Raises:
        ValueError: If the folder holds something.
        RuntimeError: If the Keras backend is not TensorFlow.

    Example:

    >>> import tempfile, tensorflow as tf
    >>> from keras_attention.export import export_functions
    >>> model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    >>> x = tf.TensorSpec([None, 3], tf.float32, name="x")
    >>> functions = {
    ...     "serving_default": (lambda x: {"y": model(x)}, [x]),
    ...     "halves": (lambda x: {"y": model(x) / 2}, [x]),
    ... }
    >>> path = export_functions(functions, tempfile.mkdtemp(), model)
    >>> sorted(tf.saved_model.load(path).signatures)
    ['halves', 'serving_default']
    """
    _need_tensorflow()
    import tensorflow as tf

    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(f"{path} exists and is not empty. Give another folder to export into.")
    module = tf.Module()
    # A SavedModel contains what its module can be asked for, and Keras' wrappers cannot.
    module.weights = [weight.value for weight in model.weights]
    module.resources = list(resources)
    module.functions = {
        name: _with_named_inputs(function, inputs) for name, (function, inputs) in functions.items()
    }
    tf.saved_model.save(module, str(path), signatures=dict(module.functions))
    return path


def _with_named_inputs(function, inputs):
    """A graph function of tensors in the order of `inputs`."""
    import tensorflow as tf

    names = [spec.name for spec in inputs]
    return tf.function(
        lambda *tensors: function(**dict(zip(names, tensors, strict=True))),
        input_signature=list(inputs),
        autograph=False,
    )


def _need_tensorflow():
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "SavedModels need the TensorFlow backend. "
            f"Received: KERAS_BACKEND={keras.backend.backend()}."
        )
