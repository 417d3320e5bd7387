import numpy as np
import pytest

from keras_attention.training import VShaped


def test_v_shaped_is_two_straight_lines():
    schedule = VShaped(0.5, turning_step=7, last_rate=0.25, total_steps=19)
    expected = [0.5 * (7 - i) / 7 if i < 7 else 0.25 * min((i - 7) / 12, 1) for i in range(29)]
    np.testing.assert_allclose([float(schedule(i)) for i in range(29)], expected, atol=1e-7)
    np.testing.assert_allclose(float(schedule(np.int64(3))), expected[3], atol=1e-7)


@pytest.mark.parametrize(("turning_step", "total_steps"), [(0, 19), (19, 19), (23, 19)])
def test_steps_out_of_order(turning_step, total_steps):
    with pytest.raises(ValueError, match=f"turning_step={turning_step}, total_steps={total_steps}"):
        VShaped(0.5, turning_step, 0.25, total_steps)
