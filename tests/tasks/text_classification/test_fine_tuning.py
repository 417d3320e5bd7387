"""Which weights are trained, and how fast."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from keras_attention.training.adam import Adam
from tasks.text_classification.config import FineTuningConfig
from tasks.text_classification.facts import Facts, RunFacts
from tasks.text_classification.fine_tuning import learning_rate_factors, prepare
from tasks.text_classification.labels import LabelSet
from tasks.text_classification.model import build_model

pytestmark = pytest.mark.tensorflow

FACTS = RunFacts((Facts("task", LabelSet("one", ("a", "b"))),))
IDS = np.array([[2, 7, 5, 3], [2, 11, 3, 0]], "int32")


def model_of(tiny_config, **fine_tuning):
    config = replace(tiny_config(), fine_tuning=FineTuningConfig(**fine_tuning))
    model = build_model(config, 97, FACTS)
    return model, config.fine_tuning


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        # 26 features, 2 heads, 2 layers: head 26 * 2 + 2.
        ("head", 54),
        # Of queries and values in each layer, as Keras shapes them: 26 * 2 * 3 + 3 * 13.
        ("lora", 54 + 2 * 2 * 195),
        # Behind both sublayers of each layer: 26 * 5 + 5 + 5 * 26 + 26, and all normalisations.
        ("adapters", 54 + 2 * 2 * 291 + 2 * 2 * 52),
    ],
)
def test_so_many_weights_are_trained(tiny_config, weights, expected):
    model, config = model_of(tiny_config, weights=weights, lora_rank=3, adapter_size=5)
    prepare(model, config)
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == expected


@pytest.mark.parametrize("weights", ["lora", "adapters"])
def test_at_first_nothing_is_changed(tiny_config, weights):
    keras.utils.set_random_seed(3)
    plain, _ = model_of(tiny_config)
    keras.utils.set_random_seed(3)
    other, config = model_of(tiny_config, weights=weights)
    prepare(other, config)
    by_path = {variable.path: variable for variable in plain.variables}
    for variable in other.variables:
        if variable.path in by_path:
            variable.assign(by_path[variable.path])
    inputs = {"token_ids": IDS}
    np.testing.assert_allclose(other(inputs), plain(inputs), atol=1e-6)


def test_each_layer_learns_at_the_rate_of_the_one_above_times_the_decay(tiny_config):
    model, _ = model_of(tiny_config)
    factors = learning_rate_factors(model, 0.5)
    optimizer = Adam(0.1, learning_rate_factors=factors, epsilon=1e-12)
    before = [variable.numpy() for variable in model.trainable_variables]
    # Adam's first step has the size of the rate wherever there is a gradient.
    gradients = [keras.ops.ones_like(variable) for variable in model.trainable_variables]
    optimizer.apply(gradients, model.trainable_variables)
    steps = {
        variable.path: np.abs(variable.numpy() - old).mean()
        for variable, old in zip(model.trainable_variables, before, strict=True)
    }
    expected = {"/head/": 0.1, "/layer_1/": 0.05, "/layer_0/": 0.025, "_embedding/": 0.0125}
    for part, rate in expected.items():
        found = [step for path, step in steps.items() if part in path]
        assert found
        np.testing.assert_allclose(found, rate, rtol=1e-3)


def test_without_decay_there_is_nothing_to_multiply(tiny_config):
    assert learning_rate_factors(model_of(tiny_config)[0], 1.0) == {}
