"""The process of one model of `benchmarks/learning_curve.py`: trains it, prints what it reached.

The job (JSON) on standard input: the name of the `model`, how many pictures `per_class`, the
`minutes` of training, the `seed`, and the `folder` of the data or None.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import keras
import tensorflow as tf
from keras import layers

from tasks.common.training import make_optimizer
from tasks.image_classification.batches import make_dataset
from tasks.image_classification.config import ImageConfig, ModelConfig
from tasks.image_classification.corpora import Cifar10, load_pictures
from tasks.image_classification.facts import Facts
from tasks.image_classification.model import build_model
from tasks.image_classification.pictures import Splits
from tasks.image_classification.presets import cifar10

_UNTIMED, _TIMED = 5, 20  # steps that say how long one takes
# Of as many weights as the compact transformer has.
_PLAIN = ModelConfig(
    num_layers=5, d_model=80, num_heads=4, dff=160, dropout=0.0, stochastic_depth=0.1
)
_CHANNELS = (32, 64, 128)


def main() -> None:
    job = json.load(sys.stdin)
    folder = None if job["folder"] is None else Path(job["folder"])
    config = replace(cifar10(), data=Cifar10(folder, per_class=job["per_class"]))
    splits = load_pictures(config.data)
    seconds = seconds_of_a_step(job["model"], config, splits)
    steps = -(-len(splits.train.labels) // config.batching.batch_size)
    epochs = max(1, round(60 * job["minutes"] / (steps * seconds)))
    config = replace(config, train=replace(config.train, seed=job["seed"], epochs=epochs))
    keras.utils.set_random_seed(job["seed"])
    model = compiled(job["model"], config, splits)
    start = time.perf_counter()
    model.fit(batches(config, splits), epochs=epochs, shuffle=False, verbose=0)
    minutes = (time.perf_counter() - start) / 60
    test = make_dataset(splits.test, len(splits.classes), config.batching, None, shuffle=False)
    answer = {
        "pictures": len(splits.train.labels),
        "parameters": model.count_params(),
        "epochs": epochs,
        "minutes": minutes,
        "accuracy": 100 * model.evaluate(test, verbose=0, return_dict=True)["accuracy"],
        "tested": len(splits.test.labels),
    }
    print(json.dumps([answer]))


def seconds_of_a_step(name: str, config: ImageConfig, splits: Splits) -> float:
    """Of training, once it is traced."""
    model = compiled(name, config, splits)
    dataset = batches(config, splits).repeat()
    model.fit(dataset, steps_per_epoch=_UNTIMED, shuffle=False, verbose=0)
    start = time.perf_counter()
    model.fit(dataset, steps_per_epoch=_TIMED, shuffle=False, verbose=0)
    return (time.perf_counter() - start) / _TIMED


def batches(config: ImageConfig, splits: Splits) -> tf.data.Dataset:
    return make_dataset(
        splits.train,
        len(splits.classes),
        config.batching,
        config.augmentation,
        seed=config.train.seed,
    )


def compiled(name: str, config: ImageConfig, splits: Splits) -> keras.Model:
    """The model, to be trained as the preset is, whose moving average `fit` leaves in it."""
    settings, facts = config.train, Facts.of(splits)
    model = build(name, config.model, facts, settings.precision)
    steps = -(-len(splits.train.labels) // config.batching.batch_size)
    model.compile(
        optimizer=make_optimizer(
            settings, steps, use_ema=True, ema_momentum=settings.moving_average
        ),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=settings.label_smoothing
        ),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    return model


def build(name: str, compact: ModelConfig, facts: Facts, precision: str) -> keras.Model:
    if name == "convolutional":
        return convolutional_net(facts, precision)
    return build_model(compact if name == "compact" else _PLAIN, facts, precision)


def convolutional_net(facts: Facts, precision: str) -> keras.Model:
    """Three times two convolutions with normalizations of batches; the mean of all places."""
    images = keras.Input(facts.image_shape)
    scale = [1.0 / deviation for deviation in facts.deviation]
    offset = [-m / deviation for m, deviation in zip(facts.mean, facts.deviation, strict=True)]
    x = layers.Rescaling(scale, offset, dtype=precision)(images)
    for block, channels in enumerate(_CHANNELS):
        if block:
            x = layers.MaxPooling2D(dtype=precision)(x)
        for _ in range(2):
            x = layers.Conv2D(channels, 3, padding="same", use_bias=False, dtype=precision)(x)
            x = layers.BatchNormalization(dtype=precision)(x)
            x = layers.ReLU(dtype=precision)(x)
    x = layers.GlobalAveragePooling2D(dtype=precision)(x)
    logits = layers.Dense(len(facts.classes), dtype=precision)(x)
    return keras.Model(images, layers.Activation("linear", dtype="float32")(logits))


if __name__ == "__main__":
    main()
