"""Which devices train: one, all GPUs of this machine, or several machines."""

import json
import os

import keras

_NAMES = ("auto", "one_device", "mirrored", "multi_worker")
_TF_CONFIG_EXAMPLE = (
    '{"cluster": {"worker": ["first:12345", "second:12345"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


def make_strategy(name="auto"):
    """The `tf.distribute.Strategy` to create, compile and restore a model under.

    | name           | what trains                                                          |
    |----------------|----------------------------------------------------------------------|
    | `one_device`   | one device, TensorFlow's default strategy: the GPU if there is one    |
    | `mirrored`     | every GPU of this machine; without a GPU, every logical CPU           |
    | `multi_worker` | every worker of the cluster that the variable `TF_CONFIG` describes   |
    | `auto`         | `multi_worker` if `TF_CONFIG` is set, `mirrored` if there are several |
    |                | GPUs, else `one_device`                                               |

    A multi-worker strategy must be made at the start of the program, before anything else of
    TensorFlow runs, and the same program must run on every worker.

    Args:
        name: One of the names above.

    Returns:
        The strategy; `with strategy.scope():` build and compile the model.

    Raises:
        ValueError: If the name is unknown, or `multi_worker` lacks a proper `TF_CONFIG`.
        RuntimeError: If the Keras backend is not TensorFlow.

    Example:

    >>> strategy = keras_attention.make_strategy("one_device")
    >>> with strategy.scope():
    ...     model = keras.Sequential([keras.layers.Dense(3)])
    """
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "Distribution strategies need the TensorFlow backend. "
            f"Received: KERAS_BACKEND={keras.backend.backend()}."
        )
    if name not in _NAMES:
        raise ValueError(f"`name` must be one of {', '.join(_NAMES)}. Received: name={name!r}.")
    import tensorflow as tf  # here, so that the library also imports where TensorFlow is absent

    # Workers must find each other before TensorFlow looks at its devices.
    if name == "multi_worker" or (name == "auto" and "TF_CONFIG" in os.environ):
        _check_tf_config(os.environ.get("TF_CONFIG"))
        return tf.distribute.MultiWorkerMirroredStrategy()
    gpus = tf.config.list_logical_devices("GPU")
    if name == "mirrored" or (name == "auto" and len(gpus) > 1):
        devices = [device.name for device in gpus or tf.config.list_logical_devices("CPU")]
        # CPUs share their memory: nothing need travel between them.
        reduction = None if gpus else tf.distribute.ReductionToOneDevice()
        return tf.distribute.MirroredStrategy(devices, reduction)
    return tf.distribute.get_strategy()


def _check_tf_config(text):
    try:
        config = json.loads(text or "")
        workers = config["cluster"].get("worker", []) + config["cluster"].get("chief", [])
        missing = not workers or not {"type", "index"} <= set(config["task"])
    except (ValueError, KeyError, TypeError, AttributeError):
        missing = True
    if missing:
        raise ValueError(
            "The strategy `multi_worker` needs the environment variable TF_CONFIG, which names all "
            f"workers and which of them this process is, for example {_TF_CONFIG_EXAMPLE}. "
            f"Received: TF_CONFIG={text!r}."
        )
