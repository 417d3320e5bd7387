"""Who takes part, and in which settings."""

from dataclasses import dataclass

from benchmarks.attentions.workload import Case
from benchmarks.contestants import TENSORFLOW, openmp, threads_label
from benchmarks.contestants import Contestant as AnyContestant
from benchmarks.measuring import Setting, cores

# Weights, scores and their gradients that exist at once where all weights exist.
_QUADRATIC_COPIES = {"forward": 2, "forward+backward": 5}


@dataclass(frozen=True)
class Contestant(AnyContestant):
    """Who takes part.

    Attributes:
        quadratic: whether it holds all weights.
        exact: whether it computes what most others do.
    """

    quadratic: bool = False
    exact: bool = True

    def needed_gib(self, case: Case) -> float:
        """About what it needs at most, where that is much."""
        return case.weights_gib * _QUADRATIC_COPIES[case.direction] if self.quadratic else 0.0


def _tensorflow(name: str, mechanism: str, **facts) -> Contestant:
    setting = Setting(threads_label(cores()), TENSORFLOW, {"mechanism": mechanism})
    packages = "tensorflow", "keras"
    return Contestant(name, "tensorflow_attention", (setting,), packages, **facts)


def contestants() -> tuple[Contestant, ...]:
    """All of them. Ratios are to "chunked"."""
    openmp_settings = openmp(cores(), "active", True), openmp(cores(), "passive", False)
    return (
        _tensorflow("chunked", "chunked"),
        _tensorflow("window", "window", exact=False),
        _tensorflow("linear", "linear", exact=False),
        _tensorflow("plain", "plain", quadratic=True),
        _tensorflow("Keras", "keras", quadratic=True),
        Contestant("PyTorch", "torch_attention", openmp_settings, ("torch",)),
    )
