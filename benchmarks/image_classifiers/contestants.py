"""Who takes part, and in which settings."""

from benchmarks.contestants import Contestant, keras_contestant, openmp_settings


def contestants() -> tuple[Contestant, ...]:
    """All of them. XLA and graph are contestants of their own: both are worth a row."""
    hub, hugging_face = ("tensorflow", "keras", "keras-hub"), ("torch", "transformers")
    return (
        keras_contestant("ours", "ours", jit_compile=False),
        keras_contestant("ours", "ours", jit_compile=True),
        keras_contestant("Keras layers", "keras_layers", jit_compile=False),
        keras_contestant("Keras layers", "keras_layers", jit_compile=True),
        keras_contestant("KerasHub", "kerashub", jit_compile=False, packages=hub),
        keras_contestant("KerasHub", "kerashub", jit_compile=True, packages=hub),
        Contestant("Hugging Face", "hugging_face", openmp_settings(compile=False), hugging_face),
        Contestant(
            "Hugging Face (torch.compile)",
            "hugging_face",
            openmp_settings(compile=True),
            hugging_face,
        ),
    )
