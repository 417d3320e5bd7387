"""Layers that are arguments of others, in configurations."""

import keras


def serialized(part):
    """The configuration of a part, without the shapes that it was built for: its holder builds it.

    None and numbers stay what they are.
    """
    config = keras.saving.serialize_keras_object(part)
    if isinstance(config, dict):
        config.pop("build_config", None)
    return config


def deserialized(config, names):
    """A holder's configuration with the parts of these names as objects, where there are any."""
    parts = {name: config[name] for name in names if config.get(name) is not None}
    parts = {name: keras.saving.deserialize_keras_object(part) for name, part in parts.items()}
    return {**config, **parts}
