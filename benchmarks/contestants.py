"""Who takes part in a benchmark, in which cases, and in which settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.measuring import Setting, cores
from benchmarks.reporting import installed

TENSORFLOW = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}


def every_case(case: Any) -> bool:  # noqa: ARG001 - it is one of the predicates
    return True


@dataclass(frozen=True)
class Contestant:
    """Who takes part.

    Attributes:
        name: what the report calls it.
        module: the file in the benchmark's folder; a name with a dot is that of a whole module.
        settings: of which each case gets its best.
        packages: the distributions that must be installed.
        supports: whether it takes part in a case.
        shares_weights: whether it works with the weights that all others have.
    """

    name: str
    module: str
    settings: tuple[Setting, ...]
    packages: tuple[str, ...]
    supports: Callable[[Any], bool] = every_case
    shares_weights: bool = True


def threads_label(number: int) -> str:
    return f"{number} thread{'s' if number > 1 else ''}"


PEAK = Contestant(
    "matrix product",
    "benchmarks.peak",
    (Setting(threads_label(cores()), TENSORFLOW),),
    ("tensorflow",),
)


def choose(everyone: Sequence[Any], wanted: Sequence[str], by: str, example: str) -> list[Any]:
    """Those whose `name` or `module` is wanted, or all; an error if one is unknown or needs a
    package that is not installed.

    Args:
        everyone: The contestants.
        wanted: Of which names or modules.
        by: "name" or "module".
        example: What the error suggests instead.
    """
    known = list(dict.fromkeys(getattr(one, by) for one in everyone))
    if unknown := sorted(set(wanted) - set(known)):
        raise SystemExit(f"Unknown contestants: {unknown}. Known: {known}.")
    chosen = [one for one in everyone if not wanted or getattr(one, by) in wanted]
    missing = {package for one in chosen for package in one.packages if not installed(package)}
    if missing:
        raise SystemExit(
            f"Not installed: {sorted(missing)}. Run `pip install -e '.[tasks,bench]'`, or name the "
            f"contestants that shall take part, of {known}: `--contestants {example}`."
        )
    return chosen


def keras_contestant(name: str, module: str, *, jit_compile: bool, **facts) -> Contestant:
    """One that runs on TensorFlow, as a graph or compiled by XLA: both are worth a row."""
    compiler = "XLA" if jit_compile else "graph"
    setting = Setting(threads_label(cores()), TENSORFLOW, {"jit_compile": jit_compile})
    facts = {"packages": ("tensorflow", "keras"), **facts}
    return Contestant(f"{name} ({compiler})", module, (setting,), **facts)


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


def openmp_settings(**options) -> tuple[Setting, ...]:
    """One thread, and all in the ways of waiting that may win."""
    settings = [openmp(1, "passive", False, **options)]
    if cores() > 1:
        for policy, bind in (("active", True), ("active", False), ("passive", False)):
            settings.append(openmp(cores(), policy, bind, **options))
    return tuple(settings)
