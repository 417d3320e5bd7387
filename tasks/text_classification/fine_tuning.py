"""Which weights are trained: all, the head alone, low-rank changes, or adapters."""

import logging
import math

from keras_attention.models.text_classifier import TextClassifier
from tasks.text_classification.config import FineTuningConfig

logger = logging.getLogger(__name__)


def prepare(model: TextClassifier, config: FineTuningConfig) -> None:
    """Add what the settings ask for, and freeze what shall not be trained.

    To be called once the encoder has the weights that it begins with, and before the weights of a
    run are loaded.

    Args:
        model: the model; with `"adapters"` it was built with them.
        config: the settings.
    """
    if config.weights == "all":
        return
    if config.weights == "lora":
        for layer in model.encoder.encoder.layers:
            attention = layer.self_attention
            for name in config.lora_targets:
                dense = getattr(attention, f"{name}_dense")
                dense.enable_lora(config.lora_rank, lora_alpha=config.lora_alpha)
    trained = {"head": (), "lora": ("/lora_",), "adapters": ("/adapter/", "/layer_normalization/")}
    for variable in model.encoder.trainable_variables:
        variable.trainable = any(part in variable.path for part in trained[config.weights])
    total = model.count_params()
    count = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    logger.info("%d of %d parameters are trained (%.2f %%).", count, total, 100 * count / total)


def learning_rate_factors(model: TextClassifier, layer_decay: float) -> dict[str, float]:
    """What the learning rate of each part is multiplied by, by parts of the variables' paths.

    References:
        [Howard and Ruder, 2018](https://arxiv.org/abs/1801.06146), discriminative fine-tuning
    """
    if layer_decay == 1.0:
        return {}
    count = len(model.encoder.encoder.layers)
    factors = {f"/layer_{i}/": layer_decay ** (count - i) for i in range(count)}
    return {**factors, "_embedding/": layer_decay ** (count + 1)}
