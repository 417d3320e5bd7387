"""One entry per public class with a `get_config`: its constructor arguments at values that are not
the defaults. `test_round_trip.py` fails for a class or an argument that is missing here.

`inputs` are the shapes, without the batch, of the tensors that a layer is called with, in order.
`left_out` names arguments that cannot be given together with the others, and says why.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    name: str
    arguments: dict
    inputs: tuple = ()
    left_out: dict = field(default_factory=dict)


CASES = [
    Case(
        "MultiHeadAttention",
        dict(
            num_heads=6,
            key_dim=5,
            value_dim=7,
            dropout=0.25,
            use_bias=False,
            output_shape=11,
            attention_axes=(1,),
            sliding_window=3,
            kernel_initializer="he_normal",
            bias_initializer="ones",
            kernel_regularizer="l2",
            bias_regularizer="l1",
            activity_regularizer="l1_l2",
            kernel_constraint="non_neg",
            bias_constraint="unit_norm",
            use_gate=True,
            seed=17,
            num_key_value_heads=3,
        ),
        inputs=[(5, 13), (7, 13)],
        left_out={"flash_attention": "needs a fused kernel, which TensorFlow has not"},
    ),
]
