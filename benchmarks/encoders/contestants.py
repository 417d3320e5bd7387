"""Who takes part, in which cases, and in which settings."""

from benchmarks.contestants import Contestant, keras_contestant, openmp_settings
from benchmarks.encoders.workload import Case

# Beyond, XLA takes seconds a step, whosever the encoder is.
LONGEST_OF_XLA = 2048


def _short_enough(case: Case) -> bool:
    return case.length <= LONGEST_OF_XLA


def _has_fast_path(case: Case) -> bool:
    return case.dtype == "float32" and not case.backward


def _on_tensorflow(name: str, module: str, **facts) -> tuple[Contestant, Contestant]:
    return (
        keras_contestant(name, module, jit_compile=False, **facts),
        keras_contestant(name, module, jit_compile=True, supports=_short_enough, **facts),
    )


def contestants() -> tuple[Contestant, ...]:
    """All of them."""
    settings, torch = openmp_settings, ("torch",)
    return (
        *_on_tensorflow("ours", "ours"),
        *_on_tensorflow("Keras layers", "keras_layers"),
        *_on_tensorflow("KerasHub", "kerashub", packages=("tensorflow", "keras", "keras-hub")),
        Contestant("PyTorch", "pytorch", settings(compile=False, fast_path=False), torch),
        Contestant(
            "PyTorch (fast path)",
            "pytorch",
            settings(compile=False, fast_path=True),
            torch,
            _has_fast_path,
        ),
        Contestant(
            "PyTorch (torch.compile)", "pytorch", settings(compile=True, fast_path=False), torch
        ),
    )
