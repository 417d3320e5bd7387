"""What every task's training has in common."""

import pytest

from tasks.common import training
from tasks.common.config_json import flatten
from tasks.common.training import CommonTrainConfig
from tasks.language_model.presets import PRESETS as LANGUAGE_MODELS
from tasks.text_classification.presets import PRESETS as CLASSIFIERS
from tasks.translation.presets import PRESETS as TRANSLATORS

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize("presets", [TRANSLATORS, CLASSIFIERS, LANGUAGE_MODELS])
def test_what_may_change_on_a_resume_are_settings(presets):
    assert flatten(presets["tiny"]()).keys() > training.MAY_CHANGE


def test_the_learning_rate_falls_as_the_schedule_says():
    def rates(**settings):
        optimizer = training.make_optimizer(CommonTrainConfig(**settings), steps_per_epoch=10)
        return [float(optimizer._learning_rate(step)) for step in (0, 99, 199)]

    common = {"peak_learning_rate": 1e-3, "warmup_steps": 20, "epochs": 20}
    assert rates(**common) == pytest.approx([5e-5, 1e-3 * 0.2**0.5, 1e-3 * 0.1**0.5])
    assert rates(**common, schedule="linear")[-1] == pytest.approx(0.0)
    assert rates(**common, schedule="cosine", max_steps=100)[1] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("monitor", "mode"),
    [("val_loss", "min"), ("val_error", "min"), ("val_accuracy", "max"), ("val_a_loss", "min")],
)
def test_which_value_is_the_best(monitor, mode):
    assert CommonTrainConfig(monitor=monitor).mode == mode
