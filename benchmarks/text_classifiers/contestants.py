"""Who takes part, in which cases, and in which settings."""

from benchmarks.contestants import Contestant, keras_contestant, openmp_settings
from benchmarks.text_classifiers.workload import Case


def _predicts(case: Case) -> bool:
    return not case.trains


def contestants() -> tuple[Contestant, ...]:
    """All of them. XLA and graph are contestants of their own: both are worth a row."""
    hub, torch = ("tensorflow", "keras", "keras-hub"), ("torch",)
    hugging_face = ("torch", "transformers")
    slow = openmp_settings(compile=False, fast_path=False)
    fast = openmp_settings(compile=False, fast_path=True)
    compiled = openmp_settings(compile=True, fast_path=False)
    return (
        keras_contestant("ours", "ours", jit_compile=False),
        keras_contestant("ours", "ours", jit_compile=True),
        keras_contestant("Keras layers", "keras_layers", jit_compile=False),
        keras_contestant("Keras layers", "keras_layers", jit_compile=True),
        keras_contestant("KerasHub", "kerashub", jit_compile=False, packages=hub),
        keras_contestant("KerasHub", "kerashub", jit_compile=True, packages=hub),
        Contestant("PyTorch", "pytorch", slow, torch),
        Contestant("PyTorch (fast path)", "pytorch", fast, torch, _predicts),
        Contestant("PyTorch (torch.compile)", "pytorch", compiled, torch),
        Contestant("DistilBERT", "distilbert", openmp_settings(compile=False), hugging_face),
        Contestant(
            "DistilBERT (torch.compile)",
            "distilbert",
            openmp_settings(compile=True),
            hugging_face,
        ),
    )
