"""Who takes part, in which cases, and in which settings."""

from benchmarks.contestants import Contestant, keras_contestant, openmp, openmp_settings
from benchmarks.measuring import Setting, cores
from benchmarks.translators.workload import Case


def _ctranslate_settings() -> tuple[Setting, ...]:
    settings = openmp_settings(parallel=1)
    if cores() > 1:
        settings += (openmp(1, "passive", False, parallel=cores()),)
    return settings


def _trains(case: Case) -> bool:
    return case.task == "train"


def _needs_no_beam(case: Case) -> bool:
    return _trains(case) or case.beams == 1


def contestants() -> tuple[Contestant, ...]:
    """All of them. XLA and graph are contestants of their own: both are worth a row."""
    torch = ("torch", "transformers")
    hub = {"packages": ("tensorflow", "keras", "keras-hub"), "shares_weights": False}
    return (
        keras_contestant("ours", "ours", jit_compile=True),
        keras_contestant("ours", "ours", jit_compile=False, supports=_trains),
        keras_contestant("Keras layers", "keras_layers", jit_compile=True, supports=_needs_no_beam),
        keras_contestant("Keras layers", "keras_layers", jit_compile=False, supports=_trains),
        keras_contestant("KerasHub", "kerashub", jit_compile=True, **hub),
        keras_contestant("KerasHub", "kerashub", jit_compile=False, supports=_trains, **hub),
        Contestant("Marian", "marian", openmp_settings(compile=False), torch),
        Contestant(
            "Marian (torch.compile)", "marian", openmp_settings(compile=True), torch, _trains
        ),
        Contestant(
            "CTranslate2",
            "ctranslate",
            _ctranslate_settings(),
            ("ctranslate2",),
            lambda case: case.task == "decode" and case.dtype == "float32",
        ),
    )
