"""Who takes part, in which cases, and in which settings."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.measuring import Setting, cores
from benchmarks.translators.workload import Case

TENSORFLOW = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}


@dataclass(frozen=True)
class Contestant:
    """Who takes part.

    Attributes:
        name: what the report calls it.
        module: the file in this folder.
        settings: of which each case gets its best.
        supports: whether it takes part in a case.
        packages: the distributions that must be installed.
        shares_weights: whether it translates with the weights that all others have.
    """

    name: str
    module: str
    settings: tuple[Setting, ...]
    supports: Callable[[Case], bool]
    packages: tuple[str, ...]
    shares_weights: bool = True


def _keras(name: str, module: str, jit_compile: bool, supports: Callable, **facts) -> Contestant:
    compiler = "XLA" if jit_compile else "graph"
    setting = Setting(threads_label(cores()), TENSORFLOW, {"jit_compile": jit_compile})
    facts = {"packages": ("tensorflow", "keras"), **facts}
    return Contestant(f"{name} ({compiler})", module, (setting,), supports, **facts)


def openmp(threads: int, policy: str, bind: bool, **options) -> Setting:
    """How the threads of OpenMP wait for work decides what PyTorch and CTranslate2 reach."""
    label = threads_label(threads)
    if threads > 1:
        label += f", {policy}{', bound' if bind else ''}"
    if options.get("parallel", 1) > 1:
        label = f"{options['parallel']} × {label}"
    environment = {
        "OMP_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": policy,
        "OMP_PROC_BIND": str(bind).lower(),
    }
    return Setting(label, environment, {"threads": threads, **options})


def threads_label(number: int) -> str:
    return f"{number} thread{'s' if number > 1 else ''}"


def _openmp_settings(**options) -> tuple[Setting, ...]:
    settings = [openmp(1, "passive", False, **options)]
    if cores() > 1:
        for policy, bind in (("active", True), ("active", False), ("passive", False)):
            settings.append(openmp(cores(), policy, bind, **options))
    return tuple(settings)


def _ctranslate_settings() -> tuple[Setting, ...]:
    settings = _openmp_settings(parallel=1)
    if cores() > 1:
        settings += (openmp(1, "passive", False, parallel=cores()),)
    return settings


def _trains(case: Case) -> bool:
    return case.task == "train"


def _decodes_greedily(case: Case) -> bool:
    return case.task == "decode" and case.beams == 1


def _all_cases(case: Case) -> bool:  # noqa: ARG001 - it is one of the predicates
    return True


def contestants() -> tuple[Contestant, ...]:
    """All of them. XLA and graph are contestants of their own: both are worth a row."""
    torch = ("torch", "transformers")
    hub = {"packages": ("tensorflow", "keras", "keras-hub"), "shares_weights": False}
    return (
        _keras("ours", "ours", True, _all_cases),
        _keras("ours", "ours", False, _trains),
        _keras("Keras layers", "keras_layers", True, lambda c: _trains(c) or _decodes_greedily(c)),
        _keras("Keras layers", "keras_layers", False, _trains),
        _keras("KerasHub", "kerashub", True, _all_cases, **hub),
        _keras("KerasHub", "kerashub", False, _trains, **hub),
        Contestant("Marian", "marian", _openmp_settings(compile=False), _all_cases, torch),
        Contestant(
            "Marian (torch.compile)", "marian", _openmp_settings(compile=True), _trains, torch
        ),
        Contestant(
            "CTranslate2",
            "ctranslate",
            _ctranslate_settings(),
            lambda case: case.task == "decode" and case.dtype == "float32",
            ("ctranslate2",),
        ),
    )
